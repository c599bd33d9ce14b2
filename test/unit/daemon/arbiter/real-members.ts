/** Three members of a majority as their daemons run them: real keys, real signatures, real disks; the links between them are calls. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ArbiterEvent } from '@baton/shared/core/arbiter/messages'
import type { NodeInput } from '@baton/shared/core/node/io'
import type { Member } from '@baton/shared/core/registry/types'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { MemberKey } from '@baton/shared/crypto/member-keys'
import { NoticeBook } from '@baton/shared/crypto/notice-book'
import { Revocations } from '@baton/shared/crypto/notices'
import type { Claim, NodeCertificate, OperatorRole, Reshape } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ErrorCode } from '@baton/shared/errors'
import type { Epoch, Jws, LogIndex, NodeId, SiteId, Token, UnixMs } from '@baton/shared/ids'
import type { ControlNotice } from '@baton/shared/ports/control-link'
import type { Log } from '@baton/shared/ports/log'
import type { RegistryView } from '@baton/shared/protocol/control'
import { PEER_PROTOCOL, type PeerMessage } from '@baton/shared/protocol/peer'
import { systemClock } from '../../../../node-runtime/src/adapters/clock.ts'
import { openSeatStore } from '../../../../node-runtime/src/adapters/seat-store.ts'
import { EdgeMirror } from '../../../../node-runtime/src/daemon/arbiter/edge-mirror.ts'
import { MemberBridge } from '../../../../node-runtime/src/daemon/arbiter/member-bridge.ts'
import { RegistryViews } from '../../../../node-runtime/src/daemon/arbiter/registry-views.ts'
import { Credentials } from '../../../../node-runtime/src/daemon/credentials.ts'
import { C1, C1A, C1B, LAN, NETWORK, OWNER_C1 } from '../../../support/fixed-network.ts'
import { C1C, MEMBER_KEYS, trustWith } from '../../../support/majority-members.ts'
import { untilTrue } from '../../../support/until-true.ts'

export const NAMES = [C1A, C1B, C1C] as const
export const TRUST = trustWith(NAMES)
const POLICY = { ...LAN, startupGraceMs: 1 }
const EXPIRES = 4_000_000_000_000 as UnixMs
const BOUND_MS = 20_000

export interface Refused {
  readonly from: NodeId
  readonly code: ErrorCode
  readonly why: string
}

/** One member, and everything that its node, its log and its edge were told. */
export interface RealMember {
  readonly bridge: MemberBridge
  readonly folder: string
  readonly certificate: NodeCertificate
  readonly certificateJws: Jws
  /** What owners have said, as far as it knows. */
  readonly book: NoticeBook
  readonly inputs: NodeInput[]
  readonly events: ArbiterEvent[]
  readonly refused: Refused[]
  readonly toEdge: ControlNotice[]
  readonly failures: unknown[]
}

export class RealMembers {
  readonly #members = new Map<NodeId, RealMember>()
  readonly #folders: string[] = []
  /** What is said between two members passes through here; null: it is lost. */
  tamper: (from: NodeId, to: NodeId, text: string) => string | null = (_from, _to, text) => text

  readonly revocations = new Revocations()

  static async start(): Promise<RealMembers> {
    const members = new RealMembers()
    for (const node of NAMES) await members.begin(node)
    members.#linkAll()
    return members
  }

  /** Founded by C1A, with C1B in its sync set, and heard by everybody. */
  async found(): Promise<void> {
    await this.known((view) => view.epoch === 1 && view.members.length === NAMES.length)
    const { generation, epoch, version, network, cluster } = this.view(C1A)!
    const reshape: Reshape = { network, cluster, generation, epoch, version, node: C1A, syncSet: [C1A, C1B] }
    await this.of(C1A).bridge.reshape(reshape)
    await this.known((view) => view.syncSet.length === 2)
    this.report(1)
  }

  /** All that run know of such a registry. */
  async known(fits: (view: RegistryView) => boolean, names: readonly NodeId[] = NAMES): Promise<void> {
    await untilTrue(() => {
      const views = names.map((node) => this.view(node))
      if (views.every((view) => view !== null && fits(view))) return true
      // What an authority hears is what makes it act: reports come all the time.
      this.report(100)
      return false
    }, BOUND_MS)
  }

  /** Of the next epoch, as this node would make it. */
  claimOf(node: NodeId): Claim {
    const { network, cluster, generation, epoch, version } = this.view(node)!
    return {
      network,
      cluster,
      generation,
      epoch: (epoch + 1) as Epoch,
      version,
      node,
      nonce: `nonce-of-${node}`,
      evidence: { kind: 'refused' },
      durableIndex: 10 as LogIndex,
      coming: null,
    }
  }

  /** What this node was answered to its claims. */
  replies(node: NodeId): readonly Extract<NodeInput, { i: 'claimReply' }>[] {
    return this.of(node).inputs.flatMap((input) => (input.i === 'claimReply' ? [input] : []))
  }

  of(node: NodeId): RealMember {
    const member = this.#members.get(node)
    if (member === undefined) throw new Error(`${node} does not run`)
    return member
  }

  /** A process begins, over the disk it had before or an empty one, and with what it knows of owners' words. */
  async begin(
    node: NodeId,
    folder = this.#emptyDisk(),
    keys: KeyPair = MEMBER_KEYS.get(node)!,
    said: readonly MemberKey[] = [],
  ): Promise<void> {
    const book = new NoticeBook(
      TRUST,
      said.map((payload) => ({ kind: 'memberKey' as const, payload })),
    )
    const place = { network: NETWORK, cluster: C1, node, key: keys.publicKey, site: 'x' as SiteId }
    const certificate: NodeCertificate = { ...place, issuedAt: 1 as UnixMs, expiresAt: EXPIRES }
    const jws = await signStatement('certificate', certificate, OWNER_C1.privateKey)
    const told: Omit<RealMember, 'bridge'> = {
      folder,
      certificate,
      certificateJws: jws,
      book,
      inputs: [],
      events: [],
      refused: [],
      toEdge: [],
      failures: [],
    }
    const enqueue = (input: NodeInput) => void told.inputs.push(input)
    const credentials = new Credentials(book.trust)
    const self: Member = {
      node,
      site: certificate.site,
      certificate: jws,
      key: keys.publicKey,
      expiresAt: EXPIRES,
      peerAddress: `${node}:1`,
      apiAddress: `${node}:2`,
      priority: 0,
      noFailover: false,
    }
    const shown = { genesis: book.trust, credentials, enqueue, onMembers: async () => {}, log: SILENT }
    const bridge = new MemberBridge({
      config: { member: self, network: NETWORK, cluster: C1, founder: C1A, policy: POLICY, members: NAMES },
      life: `${node}/${Math.random()}`,
      trust: book.trust,
      privateKey: keys.privateKey,
      clock: systemClock,
      store: openSeatStore({ folder, injectFsyncMs: 0, onCommit: () => {} }),
      self: () => self,
      revocations: this.revocations,
      enqueue,
      send: (to, message) => this.#carry(node, to, message),
      credentials,
      views: new RegistryViews({ ...shown, shownBy: 'the members' }),
      mirror: new EdgeMirror({ send: (notice) => told.toEdge.push(notice) > 0, log: SILENT }),
      observe: (event) => told.events.push(event),
      refused: (from, code, why) => told.refused.push({ from, code, why }),
      fail: (error) => told.failures.push(error),
      log: SILENT,
    })
    this.#members.set(node, { ...told, bridge })
  }

  /** One side learns of the link. */
  link(node: NodeId, peer: NodeId, change: Partial<NodeCertificate> = {}, protocol: number = PEER_PROTOCOL.max): void {
    const certificate = { ...this.of(peer).certificate, ...change }
    this.of(node).bridge.linkOpened({ node: peer, cluster: certificate.cluster, certificate, protocol })
  }

  /** A node learns what its owner has said. */
  tell(node: NodeId, payload: MemberKey): void {
    const { book, bridge } = this.of(node)
    book.add({ kind: 'memberKey', payload })
    bridge.keysChanged()
  }

  /** The process is gone: the others lose their links to it. */
  end(node: NodeId): void {
    const { bridge } = this.of(node)
    this.#members.delete(node)
    bridge.stop()
    for (const { bridge: other } of this.#members.values()) other.linkClosed(node)
  }

  /** Nothing is left of them, on disk neither. */
  stop(): void {
    for (const { bridge } of this.#members.values()) bridge.stop()
    this.#members.clear()
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  }

  /** Every process ends, and begins again over the disk that it had. @throws BatonError STORAGE_DAMAGED */
  async restart(): Promise<void> {
    const folders = [...this.#members].map(([node, { folder }]) => [node, folder] as const)
    for (const [node] of folders) this.end(node)
    for (const [node, folder] of folders) await this.begin(node, folder)
    this.#linkAll()
  }

  /** The newest registry that this member has told its node. */
  view(node: NodeId): RegistryView | null {
    const views = this.of(node).inputs.flatMap((input) => (input.i === 'view' ? [input.view] : []))
    return views.at(-1) ?? null
  }

  /** Everybody says what it is: of the follower whose log is as long as any. */
  report(number: number): void {
    for (const [node, { bridge }] of this.#members) {
      const view = this.view(node)
      const token = { generation: view?.generation ?? 0, epoch: view?.epoch ?? 0 } as Token
      const role = view?.master === node ? 'master' : 'follower'
      const log = { durableIndex: 10 as never, height: 1, heardMasterMs: null, heardSyncSetMs: null }
      bridge.report({ t: 'report', report: number, token, role, stalled: false, ...log })
    }
  }

  #carry(from: NodeId, to: NodeId, message: PeerMessage): boolean {
    if (message.t !== 'arbiter') throw new Error(`a member says ${message.t}`)
    const text = this.tamper(from, to, message.message)
    if (text !== null) setImmediate(() => void this.hear(to, from, text))
    return true
  }

  /** A text of a link, as the inbox of a node hands it on: what rejects is refused as nobody has foreseen it. */
  async hear(node: NodeId, from: NodeId, text: string): Promise<void> {
    const member = this.#members.get(node)
    try {
      await member?.bridge.onPeer(from, text)
    } catch (error) {
      member?.refused.push({ from, code: 'INTERNAL', why: String(error) })
    }
  }

  #emptyDisk(): string {
    const folder = mkdtempSync(join(tmpdir(), 'baton-test-'))
    this.#folders.push(folder)
    return folder
  }

  #linkAll(): void {
    for (const node of NAMES) for (const peer of NAMES) if (node !== peer) this.link(node, peer)
  }
}

const HOUR_MS = 3_600_000

/** An operator's, as the owner of the cluster signs it. */
export async function tokenOf(role: OperatorRole, change: object = {}, by = OWNER_C1): Promise<Jws> {
  const now = Date.now()
  const said = { network: NETWORK, cluster: C1, name: 'Ann at night', id: `token-of-${role}`, role }
  const times = { issuedAt: now as UnixMs, expiresAt: (now + HOUR_MS) as UnixMs }
  return signStatement('operatorToken', { ...said, ...times, ...change }, by.privateKey)
}

/** Where an answer to the operator or the directory went. */
export function asked(member: RealMember): readonly Extract<ControlNotice, { t: 'asked' }>[] {
  return member.toEdge.flatMap((notice) => (notice.t === 'asked' ? [notice] : []))
}

const SILENT: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  fatal: () => {},
  with: () => SILENT,
}
