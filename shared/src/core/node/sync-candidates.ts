/** Which nodes of the cluster the master may add to its sync set, best first (EL4, EL7). */
import type { Instant, NodeId } from '../../ids.ts'
import { waits } from './back-off.ts'
import { runGuard } from './run-guard.ts'
import { isLeading, type NodeState } from './state.ts'
import type { Turn } from './turn.ts'

/** Tells the guard when the list has changed. */
export function offerCandidates(turn: Turn): void {
  const role = turn.state.guard.role
  if (role.role !== 'leading' || !isLeading(turn.state)) return
  const nodes = additionCandidates(turn.state, turn.context.now)
  if (nodes.length === role.candidates.length && nodes.every((node, place) => node === role.candidates[place])) return
  runGuard(turn, { i: 'candidates', nodes })
}

/**
 * Members the authority knows, linked, not revoked (ID8), and electable by their own word. None while the authority is out of reach: an addition that is
 * asked for and not answered would stall the cluster if the node then died (RG4). Nodes of another site than the master's go first, so
 * that one lost site never takes both; one that has just left waits (EL8). Then the announced coming standby (EL7), priority and name.
 */
export function additionCandidates(state: NodeState, now: Instant): readonly NodeId[] {
  const { election } = state
  const view = election.view
  if (view === null || !election.authority.linkUp) return []
  const members = new Map(view.members.map((member) => [member.node, member]))
  const coming = election.grant?.coming ?? null
  const rank = (node: NodeId): readonly number[] => {
    const member = members.get(node)
    return [member?.site === election.config.site ? 1 : 0, node === coming ? 0 : 1, -(member?.priority ?? 0)]
  }
  return [...election.peers]
    .filter(([node, peer]) => {
      const member = members.get(node)
      if (member === undefined || member.noFailover || view.bars.includes(node)) return false
      if (election.revoked.has(node)) return false
      if (!stallsAlone(state) && waits(state.backOffs, node, now)) return false
      return peer.linkUp && peer.heartbeat?.electable === true
    })
    .map(([node]) => node)
    .sort((a, b) => compareRanks(rank(a), rank(b)) || (a < b ? -1 : 1))
}

/** RG5: a master that completes nothing alone has nothing to spare by waiting. */
function stallsAlone({ guard }: NodeState): boolean {
  const { role, policy } = guard
  return policy.durability === 'required' && role.role === 'leading' && role.required.syncSet.length === 1
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [place, value] of a.entries()) {
    const difference = value - (b[place] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
