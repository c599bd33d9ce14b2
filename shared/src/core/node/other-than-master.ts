/**
 * GU4, inside the cluster: a master says to its followers what result it has of each height. One that has another says so, and stays electable: what the network
 * decides is what counts, and only certificates say that.
 */
import type { Hash, Height, NodeId } from '../../ids.ts'
import { isLeading, tipHeight } from './state.ts'
import { sendTo, type Turn } from './turn.ts'

export function tellResult(turn: Turn, height: Height, result: Hash): void {
  const { links, config } = turn.state
  for (const [peer, cluster] of links) {
    if (cluster === config.election.cluster) sendTo(turn, peer, { t: 'executed', height, result })
  }
}

/** Of this node's own master only: what another one says may be late, or of nobody. */
export function hearResult(
  turn: Turn,
  from: NodeId,
  { height, result }: { readonly height: Height; readonly result: Hash },
): void {
  const { role } = turn.state.guard
  if (role.role !== 'following' || role.master !== from || height < tipHeight(turn.state)) return
  turn.state = { ...turn.state, masterResult: { height, result } }
  compareWithMaster(turn)
}

/** Looked at when the master has said something and when this node has executed a height: whichever comes later. */
export function compareWithMaster(turn: Turn): void {
  const { masterResult, chain } = turn.state
  if (masterResult === null || masterResult.height > tipHeight(turn.state)) return
  turn.state = { ...turn.state, masterResult: null }
  const { height, result } = masterResult
  if (isLeading(turn.state) || height < tipHeight(turn.state) || result === chain.tip.result) return
  turn.events.push({ event: 'differs-from-master', height, own: chain.tip.result, master: result })
}
