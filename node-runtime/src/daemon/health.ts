/** Everything that is wrong with a node now, as codes and sentences: `/health`, and the alerts that follow from it. */
import { unheldFor } from '@baton/shared/core/guard/held'
import { isLeading, type NodeState } from '@baton/shared/core/node/state'
import type { Revocation } from '@baton/shared/crypto/statement-types'
import type { Instant, NodeId } from '@baton/shared/ids'
import type { QuarantineView } from '@baton/shared/protocol/control'

export interface Reason {
  readonly code: ReasonCode
  readonly why: string
}

export type ReasonCode =
  | 'no-master'
  | 'authority-down'
  | 'no-majority'
  | 'resync'
  | 'stalled'
  | 'not-following'
  | 'token-conflict'
  | 'quarantined'
  | 'order-waits'
  | 'no-standby'
  | 'recovering'
  | 'cluster-frozen'
  | 'certificate-expires'
  | 'revoked-master'
  // From events: they stand for a while after each.
  | 'recovery-stuck'
  | 'differs-from-network'
  | 'differs-from-master'
  | 'log-damaged'

export interface HealthPorts {
  readonly state: NodeState
  readonly authorityConnected: boolean
  /** MJ1: whether a majority of the members, which keep the registry, is in reach, and why not; null: the authority keeps it. */
  readonly majority: { readonly up: boolean; readonly why: string } | null
  readonly now: Instant
  readonly suspectAfterMs: number
  /** ID8: why the certificate of this node needs somebody, or null. */
  readonly certificateAlert: string | null
  /** ID8: the master of this cluster holds its office under a key that its owner has revoked. */
  readonly revokedMaster: { readonly node: NodeId; readonly revocation: Revocation } | null
}

/** What can be seen in the state of this moment. */
export function reasonsOf(ports: HealthPorts): readonly Reason[] {
  const { state, authorityConnected, majority, now, suspectAfterMs, certificateAlert, revokedMaster } = ports
  const reasons: Reason[] = []
  const { election, resync, guard, recovery, config } = state
  const { view } = election
  const self = config.election.node
  const say = (code: ReasonCode, why: string) => reasons.push({ code, why })
  if (majority?.up === false) say('no-majority', `${majority.why}; the chain goes on, a failover waits`)
  if (election.own === null) say('no-master', 'no master of this cluster is known yet')
  if (!authorityConnected) {
    const meanwhile =
      majority === null ? 'the chain goes on, a failover waits' : 'the members of this cluster go on without it'
    say('authority-down', `the authentication node is out of reach; ${meanwhile}`)
  }
  if (resync !== null) say('resync', resync)
  if (unheldFor(guard, now) >= suspectAfterMs) say('stalled', 'the sync set does not acknowledge')
  if (guard.role.role === 'following' && !guard.role.attached) {
    say('not-following', 'this node does not receive its master’s log')
  }
  if (election.role.r === 'frozen') {
    const [known, other] = election.role.nodes
    const doubted = 'this node was granted what no master of its cluster has signed'
    say('token-conflict', known === other ? doubted : 'two grants of one token were seen')
  }
  const barred = quarantineOf(state)
  if (barred !== null) say('quarantined', explainBar(barred))
  const order = view?.orders.find(({ node }) => node === self)
  if (order !== undefined && isLeading(state)) {
    say('order-waits', `this master is ordered away (${order.why}) and goes on until another node can take over`)
  }
  if (guard.role.role === 'leading' && guard.policy.syncReplicas > 0 && guard.role.required.syncSet.length === 1) {
    say('no-standby', 'this master is alone in its sync set: nobody can take over without loss')
  }
  if (recovery !== null) say('recovering', 'this master has not its predecessor’s vote records and does not vote yet')
  if (view !== null && view.frozen !== null) say('cluster-frozen', view.frozen)
  if (certificateAlert !== null) say('certificate-expires', certificateAlert)
  if (revokedMaster !== null) {
    const { node, revocation } = revokedMaster
    const until = 'its votes count until another node has taken over'
    say('revoked-master', `the key of ${node}, master of this cluster, is revoked (${revocation.reason}): ${until}`)
  }
  return reasons
}

/** Why this node may not be elected (RG9); null when it is not barred. */
export function quarantineOf({ election, config }: NodeState): QuarantineView | null {
  const { view } = election
  const { node } = config.election
  if (view === null || !view.bars.includes(node)) return null
  return view.quarantine?.find((barred) => barred.node === node) ?? unnamed(node)
}

export function explainBar({ cause, why, order, evicted, verified }: QuarantineView): string {
  const what = evicted ? 'evicted' : 'barred from election'
  const end = evicted
    ? 'an operator must clear it'
    : verified === null
      ? 'it is verifying itself'
      : `it has verified itself up to height ${verified}, an operator must clear it`
  return `${what} by order ${order} (${cause}: ${why}); ${end}`
}

/** An older authority tells no reasons, and a restored one has none. */
function unnamed(node: NodeId): QuarantineView {
  const why = 'the registry does not say why'
  return { node, order: 'unknown', cause: 'operator', why, at: 0 as never, evicted: false, verified: null }
}
