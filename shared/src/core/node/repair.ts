/** What a master does about messages that never came: links drop, and nobody sends twice unasked. */
import type { Height, Ms } from '../../ids.ts'
import { startCatchUp } from './catch-up.ts'
import { REPAIR_MS } from './height.ts'
import { wantCurrentHeight } from './mastership.ts'
import { tendRecovery } from './recovery.ts'
import { isLeading, tipHeight } from './state.ts'
import { offerCandidates } from './sync-candidates.ts'
import type { Turn } from './turn.ts'

const IDLE_REPAIR_MS = 1_000 as Ms
/** What peers say that they have decided is not waited for longer: one that lies would keep this master from asking the others. */
const FETCH_MS = 1_000 as Ms
export const TEND_MS = 250 as Ms

/** A height that takes long is asked after. Each height that starts begins this wait anew. */
export function repairHeight(turn: Turn): void {
  const { consensus, heightSince } = turn.state
  if (!isLeading(turn.state)) return
  // An idle master asks too, now and then: a decision it missed would otherwise show only with the next block.
  turn.timers.push({ name: 'repair', after: consensus.kind === 'waiting' ? IDLE_REPAIR_MS : REPAIR_MS })
  const patience = fetchIfBehind(turn) ? FETCH_MS : REPAIR_MS
  if (turn.context.now - heightSince >= patience) wantCurrentHeight(turn)
}

/** All that comes due with time alone, on a chain that stands as on one that decides a block each 50 ms. */
export function tend(turn: Turn): void {
  if (!isLeading(turn.state)) return
  turn.timers.push({ name: 'tend', after: TEND_MS })
  tendRecovery(turn)
  // EL8: those that had to wait may be offered by now.
  offerCandidates(turn)
}

/** GU5: true when a peer is known to have decided more, and its blocks are on their way. */
export function fetchIfBehind(turn: Turn): boolean {
  const ahead = Math.max(0, ...turn.state.heights.values())
  if (ahead <= tipHeight(turn.state) || turn.state.decided.has(tipHeight(turn.state) + 1)) return false
  if (turn.state.catchUp === null) startCatchUp(turn, ahead as Height, null, null)
  return true
}
