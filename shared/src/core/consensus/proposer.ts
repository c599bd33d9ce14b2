import { assert } from '../../assert.ts'
import type { ClusterId, Height, Round } from '../../ids.ts'

/** The cluster that proposes in a round: plain rotation over the sorted clusters (paper: `proposer(h, round)`). */
export function proposer(clusters: readonly ClusterId[], height: Height, round: Round): ClusterId {
  const cluster = clusters[(height + round) % clusters.length]
  assert(cluster !== undefined, 'a network has at least one cluster')
  return cluster
}
