/** One election machine, fed by hand: node `b`, standby of master `a`, with ordinary node `c`. */
import { electionStep, initialElection } from '@baton/shared/core/election/machine'
import type {
  ElectionConfig,
  ElectionInput,
  ElectionSend,
  ElectionState,
  ElectionStep,
  KnownGrant,
} from '@baton/shared/core/election/types'
import type {
  ClusterId,
  Epoch,
  Generation,
  Instant,
  Jws,
  LogIndex,
  Ms,
  NetworkId,
  NodeId,
  PublicKey,
  SiteId,
  Token,
  Version,
} from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { Heartbeat } from '@baton/shared/protocol/peer'

export const A = 'a' as NodeId
export const B = 'b' as NodeId
export const C = 'c' as NodeId
export const HEARTBEAT = 50
export const SUSPECT_AFTER = 500
export const MASTER_TTL = 1_000

export const token = (epoch: number, generation = 0): Token => ({
  generation: generation as Generation,
  epoch: epoch as Epoch,
})

export function grantOf(node: NodeId, epoch: number, more: Partial<KnownGrant> = {}): KnownGrant {
  return {
    mastership: {
      cluster: 'c1' as ClusterId,
      ...token(epoch),
      node,
      key: node as string as PublicKey,
      recovering: false,
      credential: { grant: `grant:${epoch}:${node}` as Jws, certificate: `certificate:${node}` as Jws },
    },
    nonce: 'of another process',
    syncSet: [A, B],
    version: (10 * epoch) as Version,
    coming: null,
    ...more,
  }
}

export function viewOf(grant: KnownGrant, more: Partial<RegistryView> = {}): RegistryView {
  const { mastership, syncSet, version, coming } = grant
  const { generation, epoch, node, recovering, credential } = mastership
  const network = 'testnet' as NetworkId
  const members = [A, B, C].map((member) => ({
    node: member,
    site: (member === B ? 'y' : 'x') as SiteId,
    certificate: `certificate:${member}` as Jws,
    peerAddress: '',
    apiAddress: '',
    priority: 1,
    noFailover: false,
  }))
  const cluster = mastership.cluster
  const standing = { generation, epoch, version, master: node, syncSet, coming, recovering }
  return {
    network,
    cluster,
    ...standing,
    members,
    lastClean: null,
    bars: [],
    orders: [],
    pause: null,
    frozen: null,
    credential,
    ...more,
  }
}

export function heartbeatOf(more: Partial<Heartbeat> = {}): Heartbeat {
  return {
    t: 'heartbeat',
    token: token(1),
    role: 'follower',
    stalled: false,
    durableIndex: 100 as LogIndex,
    height: 10,
    heardMasterMs: 10,
    priority: 1,
    electable: true,
    ...more,
  }
}

export class LoneNode {
  now = 10_000
  state: ElectionState
  last: ElectionStep | null = null
  /** Everything said since `clear`. */
  sent: ElectionSend[] = []

  constructor(config: Partial<ElectionConfig> = {}) {
    this.state = initialElection({
      network: 'testnet' as NetworkId,
      cluster: 'c1' as ClusterId,
      node: B,
      site: 'y' as SiteId,
      priority: 1,
      noFailover: false,
      heartbeatMs: HEARTBEAT as Ms,
      suspectAfterMs: SUSPECT_AFTER as Ms,
      masterTtlMs: MASTER_TTL as Ms,
      recoverAfterMs: 30_000 as Ms,
      ...config,
    })
  }

  feed(input: ElectionInput): ElectionStep {
    const step = electionStep(this.state, input, { now: this.now as Instant })
    this.state = step.state
    this.sent.push(...step.send)
    this.last = step
    return step
  }

  started(more: Partial<Extract<ElectionInput, { i: 'started' }>> = {}): this {
    const log = { durableIndex: 100 as LogIndex, height: 10, complete: true, cannotHoldSince: null }
    this.feed({ i: 'started', own: null, resume: false, nonceSeed: 'seed', log, ...more })
    return this
  }

  /** A follower of `a` at epoch 1 with everybody linked, the edge too. */
  following(more: Partial<RegistryView> = {}): this {
    this.started()
    this.feed({ i: 'linkUp', peer: A })
    this.feed({ i: 'linkUp', peer: C })
    this.feed({ i: 'authorityUp', challenge: 'challenge' })
    this.feed({ i: 'grantSeen', ...grantOf(A, 1) })
    this.feed({ i: 'view', view: viewOf(grantOf(A, 1), more) })
    this.hear(A, { role: 'master' })
    this.hear(C)
    return this.clear()
  }

  /** The master at epoch 2 by a grant for its own claim, with `a` and `c` linked. */
  leading(syncSet: readonly NodeId[] = [B, C]): this {
    this.following()
    this.killMaster()
    this.feed({ i: 'preVoteAnswer', from: C, message: this.answer(true) })
    const grant = grantOf(B, 2, { nonce: this.claims()[0]!.claim.nonce, syncSet })
    this.feed({ i: 'grantSeen', ...grant })
    this.feed({ i: 'view', view: viewOf(grant) })
    this.feed({ i: 'linkUp', peer: A })
    this.hear(A, { token: token(2) })
    this.hear(C, { token: token(2) })
    return this.clear()
  }

  hear(from: NodeId, more: Partial<Heartbeat> = {}): ElectionStep {
    return this.feed({ i: 'heartbeat', from, message: heartbeatOf(more) })
  }

  killMaster(): void {
    this.feed({ i: 'linkDown', peer: A })
    this.feed({ i: 'probeResult', peer: A, result: 'refused' })
  }

  answer(granted: boolean, why = '') {
    const attempt = this.state.counters.attempt - 1
    return { t: 'preVoteAnswer', token: this.state.own?.token ?? token(0), attempt, granted, why } as const
  }

  /** Lets time pass with a tick every heartbeat; `each` runs before every tick. */
  pass(ms: number, each: () => void = () => {}): this {
    for (const end = this.now + ms; this.now < end; ) {
      this.now = Math.min(end, this.now + HEARTBEAT)
      each()
      this.feed({ i: 'timer', name: 'tick' })
    }
    return this
  }

  clear(): this {
    this.sent = []
    return this
  }

  role(): string {
    return this.state.role.r
  }

  of<Kind extends ElectionSend['s']>(kind: Kind): Extract<ElectionSend, { s: Kind }>[] {
    return this.sent.filter((send): send is Extract<ElectionSend, { s: Kind }> => send.s === kind)
  }

  claims() {
    return this.of('claim')
  }

  messages<Type extends string>(type: Type) {
    return this.of('peer').filter((send) => send.message.t === type)
  }
}
