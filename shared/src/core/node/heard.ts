/** RG6: how long ago this master heard a vote or proposal of each other cluster: what its result reports say. */
import type { ClusterId, NodeId } from '../../ids.ts'
import type { NodeState } from './state.ts'
import type { Turn } from './turn.ts'

/** Silence is counted in seconds; votes come by the thousand. */
const RESOLUTION_MS = 100

/**
 * From its master itself, or new: the others repeat old votes for as long as a height takes, and that says nothing about the cluster.
 */
export function noteHeard(turn: Turn, cluster: ClusterId, from: NodeId, fresh: boolean): void {
  const { heardAt, masterships } = turn.state
  if (turn.context.now - (heardAt.get(cluster) ?? Number.NEGATIVE_INFINITY) < RESOLUTION_MS) return
  if (!fresh && masterships.get(cluster)?.node !== from) return
  turn.state = { ...turn.state, heardAt: new Map(heardAt).set(cluster, turn.context.now) }
}

/** In ms. A cluster never heard has been silent for as long as this node leads, not longer. */
export function heardOf(
  { config, heardAt, leadingSince }: NodeState,
  now: number,
): readonly { readonly cluster: ClusterId; readonly forMs: number }[] {
  return config.clusters
    .filter((cluster) => cluster !== config.election.cluster)
    .map((cluster) => ({ cluster, forMs: Math.max(0, Math.floor(now - (heardAt.get(cluster) ?? leadingSince))) }))
}
