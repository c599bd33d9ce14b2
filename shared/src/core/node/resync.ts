/** EL6: a node whose log is missing, damaged or wrong is not electable until it has re-synced. */
import { type LogIndex, type NodeId, sameToken } from '../../ids.ts'
import type { Turn } from './turn.ts'

/** Not electable until re-synced. */
export function markResync(turn: Turn, why: string): void {
  if (turn.state.resync !== null) return
  turn.state = { ...turn.state, resync: why, heldByMaster: null }
  turn.write.push({ w: 'resync', needed: true, why })
}

/** The master's stream says what is held: what this node must have before it may stand again. */
export function toldHeld(turn: Turn, from: NodeId, held: LogIndex): void {
  const { resync, guard } = turn.state
  if (resync === null || guard.role.role !== 'following' || guard.role.master !== from) return
  turn.state = { ...turn.state, heldByMaster: held }
  noteResynced(turn)
}

/**
 * A node that follows its master's stream again, has all that the master says it has itself, and has executed every decided block has
 * re-synced. What the master calls held says less: it is no more than its followers have acknowledged. A block that this node cannot execute,
 * or whose certificate it refuses, stays among the decided ones (GU4). Looked at after each message of the stream, each heartbeat and each
 * block: a master that waits for this node as its second disk (RG5) streams nothing more.
 */
export function noteResynced(turn: Turn): void {
  const { resync, guard, catchUp, decided, heldByMaster, election } = turn.state
  if (resync === null || heldByMaster === null || guard.role.role !== 'following' || guard.role.master === null) return
  const said = election.peers.get(guard.role.master)?.heartbeat
  if (said?.role !== 'master' || !sameToken(said.token, guard.token) || guard.last.index < said.durableIndex) return
  if (!guard.role.attached || catchUp !== null || decided.size > 0 || guard.last.index < heldByMaster) return
  turn.state = { ...turn.state, resync: null, heldByMaster: null }
  turn.write.push({ w: 'resync', needed: false, why: '' })
}
