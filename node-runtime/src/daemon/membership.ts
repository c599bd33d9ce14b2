/**
 * Who belongs to the network, as this node sees it while it runs: nodes that joined later, owners' revocations, and its own certificate
 * (ID3, ID8).
 */

import type { NodeState } from '@baton/shared/core/node/state'
import { replacedBy } from '@baton/shared/crypto/certificate-chain'
import type { NodeCertificate } from '@baton/shared/crypto/statement-types'
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
  readonly log: Log
}

/** A revoked master is let go when it has been switched away from: looked at this often. */
const SWEEP_MS = 2_000

export class Membership {
  readonly book: AddressBook
  readonly #ports: MembershipPorts
  readonly #notices: NodeNotices
  readonly #watch: CertificateWatch
  /** What the registry shows of the nodes of this cluster, verified to the owner. */
  readonly #members = new Map<NodeId, NodeCertificate>()
  #certificate: Jws
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
    this.#sweep = setInterval(() => this.#closeRevoked(), SWEEP_MS)
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

  /** From the authority, or from a peer. */
  async takeNotices(notices: readonly Jws[]): Promise<void> {
    const fresh = await this.#notices.take(notices)
    if (fresh.length === 0) return
    this.#closeRevoked()
    for (const { node } of this.#ports.links().open()) this.#send(node, { t: 'roster', nodes: [], notices: fresh })
  }

  linkOpened(peer: LinkedPeer): void {
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
    await this.takeNotices(notices)
  }

  /** The registry's members: those that joined since the configuration was written. */
  async onMembers(members: readonly MemberView[]): Promise<void> {
    for (const { node, certificate } of members) {
      const verified = await this.#ports.verify(certificate)
      if (verified.ok && verified.value.node === node) this.#members.set(node, verified.value)
    }
    if (!this.book.learnMembers(members)) return
    this.#ports.links().setPeers(this.book.peers())
    const { cluster } = this.#ports.config
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
    if (this.book.learn(cluster, nodes)) this.#ports.links().setPeers(this.book.peers())
  }

  #closeRevoked(): void {
    const links = this.#ports.links()
    for (const { node, certificate } of links.open()) if (this.objection(certificate) !== null) links.terminate(node)
  }

  #send(to: NodeId, roster: Roster): void {
    this.#ports.wire().send(to, roster)
  }
}
