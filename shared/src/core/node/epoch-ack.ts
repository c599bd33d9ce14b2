/** RC1, RC2: what a master does for another cluster's recovering one. */

import type { Mastership } from '../../crypto/statement-types.ts'
import { type ClusterId, type Height, type NodeId, sameToken } from '../../ids.ts'
import { runConsensus } from './run-consensus.ts'
import { writeRecord } from './run-guard.ts'
import { isLeading, type NodeState, tipHeight } from './state.ts'
import { sendTo, type Turn } from './turn.ts'

/** NW1: a token this cluster knows of another is a record. A recovering one is acknowledged when it is held: also a successor refuses the old. */
export function logToken(turn: Turn, { cluster, generation, epoch, recovering, credential }: Mastership): void {
  const release = recovering ? ({ r: 'token', cluster, token: { generation, epoch } } as const) : null
  writeRecord(turn, { kind: 'token', credential, height: workingHeight(turn.state) }, release)
}

/**
 * Tells the recovering master, if its token is held here. Not while this cluster is recovering itself: its master does not know how
 * far its predecessor had voted.
 */
export function acknowledgeEpoch(turn: Turn, cluster: ClusterId): void {
  const { masterships, heldTokens, recovery, links } = turn.state
  const mastership = masterships.get(cluster)
  const held = heldTokens.get(cluster)
  if (!isLeading(turn.state) || recovery !== null || mastership === undefined || held === undefined) return
  if (!mastership.recovering || !sameToken(mastership, held) || !links.has(mastership.node)) return
  sendTo(turn, mastership.node, { t: 'epochAck', cluster, token: held, height: workingHeight(turn.state) })
}

export function acknowledgeEpochs(turn: Turn): void {
  for (const cluster of turn.state.heldTokens.keys()) acknowledgeEpoch(turn, cluster)
}

/** The highest height at which this cluster may have voted. */
function workingHeight(state: NodeState): Height {
  let height = tipHeight(state) + 1
  for (const decided of state.decided.keys()) height = Math.max(height, decided + 1)
  for (const { record } of state.acts) height = Math.max(height, record.height)
  return height as Height
}

/** RC2: only a recovering master may ask for blocks that nobody else needs. */
export function receiveWantBlock(turn: Turn, from: NodeId, height: number): void {
  const { links, masterships, consensus } = turn.state
  const cluster = links.get(from)
  const mastership = cluster === undefined ? undefined : masterships.get(cluster)
  if (mastership?.node !== from || !mastership.recovering) return
  if (!isLeading(turn.state) || height !== tipHeight(turn.state) + 1 || consensus.kind !== 'waiting') return
  runConsensus(turn, { kind: 'work' })
}
