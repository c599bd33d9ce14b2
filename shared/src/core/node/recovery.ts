/**
 * Section 6, the recovering master's part: it has not its predecessor's vote records, so it observes until it may vote.
 * SPEC.md says why that is enough.
 */
import {
  type ClusterId,
  compareTokens,
  type Height,
  type Instant,
  type NodeId,
  sameToken,
  type Token,
} from '../../ids.ts'
import type { LastClean } from '../../protocol/control.ts'
import type { EpochAck } from '../../protocol/peer.ts'
import { quorum } from '../ledger/types.ts'
import { acknowledgeEpochs } from './epoch-ack.ts'
import { restOfConsensus, startHeight } from './height.ts'
import type { RecoveredBy } from './io.ts'
import { completeLegacy, type IncomingLegacy, isWhole, type LogOrigin } from './legacy.ts'
import { foreignMasters, wantCurrentHeight } from './mastership.ts'
import { type NodeState, tipHeight } from './state.ts'
import { reject, sendTo, type Turn } from './turn.ts'

export interface Recovery {
  /** The highest height that the master of each other cluster said it works on when it acknowledged this token (RC1). */
  readonly acks: ReadonlyMap<ClusterId, number>
  /** RC1: H; null until it is known. */
  readonly horizon: Height | null
  /** The highest height whose decision the required set holds. */
  readonly heldHeight: number
  /** What this node's own log was before the grant: it may be that of a member of the last clean sync set (RC3). */
  readonly origin: LogOrigin
  readonly incoming: ReadonlyMap<NodeId, IncomingLegacy>
  /** When the authority was last told of the end. */
  readonly saidAt: Instant | null
  /** RC4: when the chain last advanced, or an alert was last raised. */
  readonly quietSince: Instant
}

/** Told again until the registry shows the end. */
const SAY_AGAIN_MS = 1_000

export function blankRecovery(state: NodeState, now: Instant): Recovery {
  const origin = { crossed: state.crossed, lastToken: state.guard.last.token }
  return { acks: new Map(), horizon: null, heldHeight: 0, origin, incoming: new Map(), saidAt: null, quietSince: now }
}

/** RC1: only the master with the highest token of its cluster speaks for it; a later word never lowers an earlier one. */
export function receiveEpochAck(turn: Turn, from: NodeId, { cluster, token, height }: EpochAck): void {
  const { recovery, guard, config, links, masterships } = turn.state
  const sender = links.get(from)
  if (recovery === null || cluster !== config.election.cluster || !sameToken(token, guard.token)) return
  if (sender === undefined || sender === cluster || masterships.get(sender)?.node !== from) {
    reject(turn, { code: 'PEER_UNEXPECTED', why: `${from} acknowledges an epoch and is no other cluster's master` })
    return
  }
  const known = recovery.acks.get(sender) ?? 0
  if (recovery.horizon !== null || height <= known) return
  turn.state = { ...turn.state, recovery: { ...recovery, acks: new Map(recovery.acks).set(sender, height) } }
  settleHorizon(turn)
}

/** A block was executed: more heights count, and the end may have come. */
export function recoveryAdvanced(turn: Turn): void {
  const { recovery } = turn.state
  if (recovery === null) return
  turn.state = { ...turn.state, recovery: { ...recovery, quietSince: turn.context.now } }
  settleHorizon(turn)
}

/** GU1: the decision of this height is held: a successor would have it too. */
export function recoveryHolds(turn: Turn, height: Height): void {
  const { recovery } = turn.state
  if (recovery === null || height <= recovery.heldHeight) return
  turn.state = { ...turn.state, recovery: { ...recovery, heldHeight: height } }
  sayRecovered(turn)
}

/** RC1: H is the highest of the heights that count, once they are of more than two thirds of all clusters. */
function settleHorizon(turn: Turn): void {
  const { recovery, config } = turn.state
  if (recovery === null || recovery.horizon !== null) return
  const heights = countedAcks(turn.state)
  if (heights.length < quorum(config.clusters.length)) return
  const horizon = Math.max(...heights) as Height
  turn.state = { ...turn.state, recovery: { ...recovery, horizon } }
  turn.events.push({ event: 'recovery-horizon', token: turn.state.guard.token, height: horizon })
  sayRecovered(turn)
}

/** A height counts only with the certificate of the height below: nobody can name one that the chain has not reached. */
function countedAcks(state: NodeState): readonly number[] {
  return [...(state.recovery?.acks.values() ?? [])].filter((height) => height - 1 <= tipHeight(state))
}

/** RC3: how recovery has ended; null while it has not. What it rests on is held, so that it is true of a successor as well. */
export function recoveredBy(state: NodeState): RecoveredBy | null {
  const { recovery, guard, config } = state
  if (recovery === null || guard.role.role !== 'leading') return null
  const clean = lastClean(state)
  const tip = tipHeight(state)
  if (clean !== null) {
    const legacy = completeLegacy(state)
    const ofThisRecovery = legacy !== null && compareTokens(legacy.token, clean.token) > 0
    if (
      ofThisRecovery &&
      clean.syncSet.includes(legacy.from) &&
      legacy.index <= guard.role.held &&
      legacy.height <= tip
    ) {
      return { kind: 'log', from: legacy.from }
    }
    const { node } = config.election
    if (clean.syncSet.includes(node) && isWhole(recovery.origin, clean) && guard.role.barrier <= guard.role.held) {
      return { kind: 'log', from: node }
    }
  }
  const { horizon, heldHeight } = recovery
  if (horizon === null || tip <= horizon || heldHeight <= horizon) return null
  return { kind: 'height', height: tip }
}

/** The sync set whose logs count, as the authority tells it at this master's token. */
export function lastClean({ election, guard }: NodeState): LastClean | null {
  const { view } = election
  return view !== null && sameToken(view, guard.token) ? view.lastClean : null
}

export function sayRecovered(turn: Turn): void {
  const { recovery, election, guard } = turn.state
  const by = recoveredBy(turn.state)
  if (recovery === null || by === null || !election.authority.linkUp) return
  if (recovery.saidAt !== null && turn.context.now - recovery.saidAt < SAY_AGAIN_MS) return
  turn.state = { ...turn.state, recovery: { ...recovery, saidAt: turn.context.now } }
  turn.send.push({ s: 'recovered', token: guard.token, by })
}

/** RC3: the authority has recorded the end. From the height after the tip on this cluster votes again, from the records it has. */
export function endRecovery(turn: Turn, view: { readonly recovering: boolean } & Token): void {
  const { recovery, guard } = turn.state
  if (recovery === null || view.recovering || !sameToken(view, guard.token)) return
  const token = { generation: guard.token.generation, epoch: guard.token.epoch }
  turn.state = { ...turn.state, recovery: null, recovered: token }
  turn.write.push({ w: 'recovered', token })
  turn.events.push({ event: 'recovery-ended', token, height: tipHeight(turn.state) })
  const { kind } = turn.state.consensus
  if (kind === 'running' || kind === 'waiting') restOfConsensus(turn)
  startHeight(turn)
  wantCurrentHeight(turn)
  acknowledgeEpochs(turn)
}

/** Now and then: asks for what is missing, and raises the alert of RC4. */
export function tendRecovery(turn: Turn): void {
  const { recovery, masterships, config, links, consensus } = turn.state
  if (recovery === null) return
  sayRecovered(turn)
  const tip = tipHeight(turn.state)
  const own = masterships.get(config.election.cluster)
  if (recovery.horizon === null && own !== undefined) {
    // The greeting of a master: who has its record held answers with an acknowledgement.
    for (const node of foreignMasters(turn)) {
      const cluster = links.get(node)
      if (cluster === undefined || recovery.acks.has(cluster)) continue
      sendTo(turn, node, { t: 'inform', credentials: [own.credential] })
    }
  }
  const wanted = recovery.horizon === null ? Math.max(0, ...recovery.acks.values()) - 1 : recovery.horizon + 1
  if (tip < wanted && consensus.kind === 'waiting') {
    for (const node of foreignMasters(turn)) sendTo(turn, node, { t: 'wantBlock', height: tip + 1 })
  }
  raiseAlert(turn)
}

/** RC4: nothing but an operator's override ends such a wait. */
function raiseAlert(turn: Turn): void {
  const { recovery, config, guard } = turn.state
  if (recovery === null || turn.context.now - recovery.quietSince < config.election.recoverAfterMs) return
  turn.state = { ...turn.state, recovery: { ...recovery, quietSince: turn.context.now } }
  const missing = config.clusters.filter(
    (cluster) => cluster !== config.election.cluster && !recovery.acks.has(cluster),
  )
  turn.events.push({ event: 'recovery-stuck', token: guard.token, height: tipHeight(turn.state), missing })
}
