/**
 * Who belongs to the network, as this node sees it while it runs: nodes that joined later, owners' revocations, and its own certificate
 * (ID3, ID8).
 */

import type { NodeInput } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import { peekCertificate, replacedBy } from '@baton/shared/crypto/certificate-chain'
import type { NodeCertificate, Revocation } from '@baton/shared/crypto/statement-types'
import type { ClusterId, Jws, NodeId, UnixMs } from '@baton/shared/ids'
import type { Log } from '@baton/shared/ports/log'
import type { LinkedPeer } from '@baton/shared/ports/peer-links'
import type { MemberView } from '@baton/shared/protocol/control'
import type { Roster } from '@baton/shared/protocol/peer'
import type { Result } from '@baton/shared/result'
import type { Objection } from '../adapters/peer-links/admission.ts'
import type { TlsLinks } from '../adapters/peer-links.ts'
import type { NodeConfig } from '../config/types.ts'
import { replaceFile } from '../identity/durable-file.ts'
import { IdentityClient } from '../identity/identity-client.ts'
import { makeTlsIdentity, type NodeIdentity } from '../identity/load-identity.ts'
import { AddressBook } from './address-book.ts'
import { CertificateWatch } from './certificate-watch.ts'
import type { NodeNotices } from './node-notices.ts'
import type { PeerWire } from './peer-wire.ts'
import type { RefusalLog } from './refusal-log.ts'

export interface MembershipPorts {
  readonly config: NodeConfig
  readonly identity: NodeIdentity
  readonly notices: NodeNotices
  readonly state: () => NodeState
  readonly links: () => TlsLinks
  readonly wire: () => Pick<PeerWire, 'send'>
  readonly wallNow: () => UnixMs
  /** A certificate that leads to its owner; remembers what it has verified. */
  readonly verify: (certificate: Jws) => Promise<Result<NodeCertificate>>
  readonly enqueue: (input: NodeInput) => void
  readonly authority: () => {
    /** Notices that it may not have. Lost while there is no session: each begins with all of them. */
    readonly tellNotices: (notices: readonly Jws[]) => void
    /** Other keys may count from now on. */
    readonly learnAgain: () => void
  }
  readonly log: Log
  readonly refusals: Pick<RefusalLog, 'refused'>
}

/** A revoked master is let go when it has been switched away from, and the authority told of it until it orders that: looked at this often. */
const SWEEP_MS = 2_000

export class Membership {
  readonly book: AddressBook
  readonly #ports: MembershipPorts
  readonly #notices: NodeNotices
  readonly #watch: CertificateWatch
  /** What the registry shows of the nodes of this cluster, verified to the owner. */
  readonly #members = new Map<NodeId, NodeCertificate>()
  #certificate: Jws
  /** What the node was told last (ID8). */
  #revoked: ReadonlySet<NodeId> = new Set()
  #sweep: NodeJS.Timeout | undefined

  /** @throws BatonError STORAGE_FAILED, IDENTITY_INVALID */
  static async open(ports: MembershipPorts): Promise<Membership> {
    const { config, identity, wallNow, log } = ports
    const client = new IdentityClient(config.authorityUrl, config.genesis.network)
    let membership: Membership | undefined
    const watch = await CertificateWatch.of(
      {
        genesis: ports.notices.trust,
        keys: identity.keys,
        wallNow,
        renew: (cluster, renewal) => client.renew(cluster, renewal),
        install: (certificate) => membership?.install(certificate) ?? Promise.resolve(),
        log,
      },
      identity.certificateJws,
    )
    membership = new Membership(ports, watch)
    return membership
  }

  private constructor(ports: MembershipPorts, watch: CertificateWatch) {
    const { config, identity } = ports
    this.#ports = ports
    this.#watch = watch
    this.#certificate = identity.certificateJws
    const { node: self, cluster, peers: configured, advertise } = config
    this.book = new AddressBook({ self, cluster, configured, advertised: advertise.peer })
    this.#notices = ports.notices
  }

  /** The newest: renewed while the node runs. */
  get certificate(): Jws {
    return this.#certificate
  }

  get expiresAt(): UnixMs {
    return this.#watch.expiresAt
  }

  /** Why an alert stands, or null (ID8). */
  alert(): string | null {
    return this.#watch.alert()
  }

  start(): void {
    this.#watch.start()
    this.#learnRevoked()
    this.#sweep = setInterval(() => this.#look(), SWEEP_MS)
    this.#sweep.unref()
  }

  stop(): void {
    this.#watch.stop()
    clearInterval(this.#sweep)
  }

  /**
   * Whose links end, though its certificate verifies. Never those of a master in office: revoking one is an order (RG9), and its votes count
   * until it is carried out (ID8). A join token, once it has expired, must not give anybody the name of a node that is known (ID3).
   */
  objection(certificate: NodeCertificate): Objection | null {
    const { cluster, node, key, token } = certificate
    const master = this.#ports.state().masterships.get(cluster)
    if (master?.node === node && master.key === key) return null
    const revocation = this.#notices.revocations.of(certificate)
    if (revocation !== null) return { reason: 'revoked', why: `its owner revoked it: ${revocation.reason}` }
    const known = this.#members.get(node)
    if (known !== undefined && replacedBy(known, certificate)) {
      return { reason: 'replaced', why: `the owner has signed a later certificate for ${node}` }
    }
    const knownKey = known?.key ?? (master?.node === node ? master.key : key)
    if (knownKey === key || token === undefined) return null
    return { reason: 'replaced', why: `${node} is known with another key, and a join token replaces no node` }
  }

  /** All that this node knows. */
  notices(): readonly Jws[] {
    return this.#notices.all()
  }

  /** ID8: whether this node of the cluster is refused what comes before a grant: pre-votes, a way to the authority, the sync set. */
  isRevoked(node: NodeId): boolean {
    return this.#revoked.has(node)
  }

  /** Why the master in office of this cluster is to be switched away from, though its votes count (ID8); null: nothing is wrong with its key. */
  revokedMaster(): { readonly node: NodeId; readonly revocation: Revocation } | null {
    const master = this.#ports.state().masterships.get(this.#ports.config.cluster)
    const certificate = master === undefined ? undefined : peekCertificate(master.credential.certificate)
    const revocation = certificate?.ok === true ? this.#notices.revocations.of(certificate.value) : null
    return master === undefined || revocation === null ? null : { node: master.node, revocation }
  }

  /** From the authority (null), or from a peer: then the authority may not know it yet. What does not verify is an event (RG11). */
  async takeNotices(notices: readonly Jws[], from: NodeId | null): Promise<void> {
    const { fresh, refused } = await this.#notices.take(notices, from === null ? null : this.#ports.wallNow())
    const source = from ?? 'the authentication node'
    for (const { refusal } of refused) {
      this.#ports.refusals.refused({ event: 'notice-refused', kind: 'forged', source, ...refusal })
    }
    if (fresh.length === 0) return
    this.#learnRevoked()
    this.#closeRevoked()
    this.#ports.authority().learnAgain()
    void this.#watch.look()
    if (from !== null) this.#ports.authority().tellNotices(fresh)
    for (const { node } of this.#ports.links().open()) this.#send(node, { t: 'roster', nodes: [], notices: fresh })
  }

  linkOpened(peer: LinkedPeer): void {
    if (this.book.prove(peer.node, peer.cluster)) this.#dialBook()
    this.#learnRevoked()
    const nodes = peer.cluster === this.#ports.config.cluster ? [] : this.book.own()
    const notices = this.#notices.all()
    if (nodes.length > 0 || notices.length > 0) this.#send(peer.node, { t: 'roster', nodes, notices })
  }

  async onRoster(from: NodeId, { nodes, notices }: Roster): Promise<void> {
    const sender = this.#ports
      .links()
      .open()
      .find(({ node }) => node === from)
    if (sender !== undefined) this.#learn(sender.cluster, nodes)
    await this.takeNotices(notices, from)
  }

  /** The registry's members: those that joined since the configuration was written. */
  async onMembers(members: readonly MemberView[]): Promise<void> {
    const { cluster } = this.#ports.config
    let proven = false
    for (const { node, certificate } of members) {
      const verified = await this.#ports.verify(certificate)
      if (!verified.ok || verified.value.node !== node || verified.value.cluster !== cluster) continue
      this.#members.set(node, verified.value)
      proven = this.book.prove(node, cluster) || proven
    }
    this.#learnRevoked()
    const learned = this.book.learnMembers(members)
    if (learned || proven) this.#dialBook()
    if (!learned) return
    const roster: Roster = { t: 'roster', nodes: this.book.own(), notices: [] }
    for (const peer of this.#ports.links().open()) if (peer.cluster !== cluster) this.#send(peer.node, roster)
  }

  async install(certificate: Jws): Promise<void> {
    const { config, identity } = this.#ports
    replaceFile(config.certificateFile, certificate)
    this.#certificate = certificate
    this.#ports.links().show(await makeTlsIdentity(identity.keys, certificate, config.certificateFile))
  }

  #learn(cluster: ClusterId, nodes: Roster['nodes']): void {
    if (this.book.learn(cluster, nodes)) this.#dialBook()
  }

  #dialBook(): void {
    this.#ports.links().setPeers(this.book.peers())
  }

  /** ID8: says it when it has changed. What is revoked is a key: a node whose owner has certified another one is not. */
  #learnRevoked(): void {
    const revoked = [...this.#newestCertificates()].flatMap(([node, certificate]) =>
      this.#notices.revocations.of(certificate) === null ? [] : [node],
    )
    if (revoked.length === this.#revoked.size && revoked.every((node) => this.#revoked.has(node))) return
    this.#revoked = new Set(revoked)
    this.#ports.enqueue({ i: 'revoked', nodes: revoked })
  }

  /** Of each node of this cluster, by what the registry, links and the last grant have shown. */
  #newestCertificates(): ReadonlyMap<NodeId, NodeCertificate> {
    const { config, links, state } = this.#ports
    const newest = new Map(this.#members)
    const learn = (certificate: NodeCertificate) => {
      const known = newest.get(certificate.node)
      const own = certificate.cluster === config.cluster
      if (own && (known === undefined || known.issuedAt < certificate.issuedAt))
        newest.set(certificate.node, certificate)
    }
    for (const { certificate } of links().open()) learn(certificate)
    for (const jws of [this.#certificate, state().masterships.get(config.cluster)?.credential.certificate]) {
      const read = jws === undefined ? null : peekCertificate(jws)
      if (read?.ok) learn(read.value)
    }
    return newest
  }

  #look(): void {
    if (this.book.tryNextClaims()) this.#dialBook()
    this.#learnRevoked()
    this.#closeRevoked()
    const master = this.revokedMaster()
    if (master === null) return
    const orders = this.#ports.state().election.view?.orders ?? []
    if (orders.every(({ node }) => node !== master.node)) this.#ports.authority().tellNotices(this.#notices.all())
  }

  #closeRevoked(): void {
    const links = this.#ports.links()
    for (const { node, certificate } of links.open()) if (this.objection(certificate) !== null) links.terminate(node)
  }

  #send(to: NodeId, roster: Roster): void {
    this.#ports.wire().send(to, roster)
  }
}
