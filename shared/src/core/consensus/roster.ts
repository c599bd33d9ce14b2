/** Who votes at a height, and how many votes decide. */
import { assert } from '../../assert.ts'
import type { ClusterId } from '../../ids.ts'
import { faultsTolerated, quorum } from '../ledger/types.ts'

export interface Roster {
  /** Sorted, without duplicates. */
  readonly clusters: readonly ClusterId[]
  /** Place of each cluster in `clusters`. */
  readonly positions: ReadonlyMap<ClusterId, number>
  /** The paper's 2f + 1: more than two thirds. */
  readonly quorum: number
  /** The paper's f + 1: at least one of them is correct. */
  readonly oneCorrect: number
}

/** Stops on an empty or unsorted list: the list comes from genesis, never from a peer. */
export function rosterOf(clusters: readonly ClusterId[]): Roster {
  assert(clusters.length > 0, 'a network has at least one cluster')
  const positions = new Map<ClusterId, number>()
  for (const [position, cluster] of clusters.entries()) {
    assert(position === 0 || clusters[position - 1]! < cluster, 'clusters are sorted and distinct')
    positions.set(cluster, position)
  }
  return {
    clusters,
    positions,
    quorum: quorum(clusters.length),
    oneCorrect: faultsTolerated(clusters.length) + 1,
  }
}
