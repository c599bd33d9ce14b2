/** RG9: a barred node shows that what it computes is what the network agreed on; then the bar may end. */
import { type Height, type Instant, sameToken } from '../../ids.ts'
import type { RegistryView } from '../../protocol/control.ts'
import { isLeading, type NodeState, tipHeight } from './state.ts'
import type { Turn } from './turn.ts'

export interface Verifying {
  /** The tip when the bar became known. */
  readonly since: Height
  readonly saidAt: Instant | null
}

const SAY_AGAIN_MS = 1_000

/** Noted once where an operator has the last word (RG9): from then on there is nothing to say. */
export function noteBar(turn: Turn, { bars, quarantine = [] }: RegistryView): void {
  const { node } = turn.state.config.election
  const known = quarantine.some((barred) => barred.node === node && barred.verified !== null)
  const barred = bars.includes(node) && !known
  if (barred === (turn.state.verifying !== null)) return
  turn.state = { ...turn.state, verifying: barred ? { since: tipHeight(turn.state), saidAt: null } : null }
}

/** Said again, once a second at most, until the registry shows the bar lifted. */
export function sayVerified(turn: Turn): void {
  const { verifying, election } = turn.state
  const { own } = election
  if (verifying === null || own === null || !isVerified(turn.state) || !election.authority.linkUp) return
  if (verifying.saidAt !== null && turn.context.now - verifying.saidAt < SAY_AGAIN_MS) return
  turn.state = { ...turn.state, verifying: { ...verifying, saidAt: turn.context.now } }
  turn.send.push({ s: 'verified', token: own.token, height: tipHeight(turn.state) })
}

/**
 * It follows the stream with a whole log, has executed all of it, and a certified block above the height of the bar, whose header names
 * the result of the one before: every result up to there was the network's (GU4).
 */
function isVerified(state: NodeState): boolean {
  const { verifying, election, guard, resync, catchUp, decided, config } = state
  const { view, own } = election
  if (verifying === null || view === null || own === null || isLeading(state) || !sameToken(view, own.token))
    return false
  if (view.orders.some(({ node }) => node === config.election.node)) return false
  if (guard.role.role !== 'following' || !guard.role.attached || resync !== null || catchUp !== null) return false
  return decided.size === 0 && tipHeight(state) > verifying.since
}
