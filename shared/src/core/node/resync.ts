/** EL6: a node whose log is missing, damaged or wrong is not electable until it has re-synced. */
import { type LogIndex, sameToken } from '../../ids.ts'
import type { NodeState } from './state.ts'
import type { Turn } from './turn.ts'

/** Not electable until re-synced. */
export function markResync(turn: Turn, why: string): void {
  if (turn.state.resync !== null) return
  turn.state = { ...turn.state, resync: why }
  turn.write.push({ w: 'resync', needed: true, why })
}

/**
 * A node that has lost its log counts as a disk of nobody before the registry has named that master, at that token, to this very process. It may
 * have followed, or been, a later master, and with its memory gone an old one that comes back, also cut off from the registry, would take it for
 * the second disk of its own (RG2, GU1).
 */
export function mayAttach({ resync, election, guard }: NodeState): boolean {
  if (resync === null || guard.role.role !== 'following') return true
  const { view } = election
  return view !== null && view.frozen === null && sameToken(view, guard.token) && view.master === guard.role.master
}

/**
 * A node that follows its master's stream again, has all that the master says it has itself, and has executed every decided block has
 * re-synced. What the master calls held says less: it is no more than its followers have acknowledged. A block that this node cannot execute,
 * or whose certificate it refuses, stays among the decided ones (GU4). Looked at after each heartbeat, message of the stream and block: a master
 * that waits for this node as its second disk (RG5) streams nothing more. `held`: what the master has just called so.
 */
export function noteResynced(turn: Turn, held: LogIndex = turn.state.guard.knownHeld): void {
  const { resync, guard, catchUp, decided, election } = turn.state
  if (resync === null || guard.role.role !== 'following' || !guard.role.attached || guard.role.master === null) return
  const said = election.peers.get(guard.role.master)?.heartbeat
  if (said?.role !== 'master' || !sameToken(said.token, guard.token) || guard.last.index < said.durableIndex) return
  if (catchUp !== null || decided.size > 0 || guard.last.index < held) return
  turn.state = { ...turn.state, resync: null }
  turn.write.push({ w: 'resync', needed: false, why: '' })
}
