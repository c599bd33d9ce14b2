/** EL8: a node that left the sync set is not offered again at once: one that comes and goes would cost a change of it each time. */
import type { Instant, NodeId } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { GuardState } from '../guard/state.ts'
import type { Turn } from './turn.ts'

export interface BackOff {
  readonly leftAt: Instant
  readonly waitMs: number
}

/** Called after each step of the guard: who has left the sync set in it, under the same token. */
export function noteRemovals(turn: Turn, before: GuardState): void {
  const after = turn.state.guard
  if (before.role.role !== 'leading' || after.role.role !== 'leading' || before.role.required === after.role.required)
    return
  const { syncSet } = after.role.required
  for (const node of before.role.required.syncSet) if (!syncSet.includes(node)) backOff(turn, node)
}

function backOff(turn: Turn, node: NodeId): void {
  const { now } = turn.context
  const known = turn.state.backOffs.get(node)
  const again = known !== undefined && now - known.leftAt < LIMITS.readdForgetMs
  const waitMs = again ? Math.min(known.waitMs * 2, LIMITS.readdMaxMs) : LIMITS.readdMinMs
  turn.state = { ...turn.state, backOffs: new Map(turn.state.backOffs).set(node, { leftAt: now, waitMs }) }
}

export function waits(backOffs: ReadonlyMap<NodeId, BackOff>, node: NodeId, now: Instant): boolean {
  const known = backOffs.get(node)
  return known !== undefined && now - known.leftAt < known.waitMs
}
