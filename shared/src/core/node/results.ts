/** What a master says of the result of each height (NW4, NW5), and that it has none where its chain is not the network's (GU4). */
import type { Hash, Height } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { MissedRun } from '../audit/types.ts'
import { silentClusters } from '../consensus/vote-keeper.ts'
import { faultsTolerated } from '../ledger/types.ts'
import { tellResult } from './other-than-master.ts'
import { isLeading, type NodeState } from './state.ts'
import type { Turn } from './turn.ts'

/** The block was executed here. Whose votes came in is known of a height that this master decided itself, not of a fetched one. */
export function sayResult(turn: Turn, height: Height, block: Hash, result: Hash): void {
  if (!isLeading(turn.state)) return
  tellResult(turn, height, result)
  turn.send.push({ s: 'result', entry: { height, block, result }, missed: missedAt(turn.state, height) })
}

function missedAt({ consensus, masterships }: NodeState, height: Height): readonly MissedRun[] {
  if (consensus.kind !== 'decided' || consensus.height !== height) return []
  return silentClusters(consensus.votes).flatMap((cluster) => {
    const mastership = masterships.get(cluster)
    if (mastership === undefined) return []
    const { generation, epoch } = mastership
    return { cluster, generation, epoch, from: height, to: height }
  })
}

/**
 * The certified block of `height` does not continue this node's chain: from there on it can compute no result. False when that is known:
 * peers that want to help send the block again and again.
 */
export function noteDiffering(turn: Turn, height: Height): boolean {
  if (turn.state.differing?.at === height) return false
  turn.state = { ...turn.state, differing: { at: height, told: (height - 1) as Height } }
  if (isLeading(turn.state)) sayNone(turn, height)
  return true
}

/** Every height that is decided without it: each is one more result that the network has and this master has not. */
export function sayDiffering(turn: Turn): void {
  if (turn.state.differing !== null && isLeading(turn.state)) sayNone(turn, decidedElsewhere(turn.state))
}

function sayNone(turn: Turn, upTo: Height): void {
  const { differing } = turn.state
  if (differing === null || upTo <= differing.told) return
  const { told } = differing
  turn.state = { ...turn.state, differing: { ...differing, told: upTo } }
  for (let height = Math.max(told + 1, upTo - LIMITS.resultsPerReport + 1); height <= upTo; height++) {
    turn.send.push({ s: 'result', entry: { height: height as Height, block: null, result: null }, missed: [] })
  }
}

/** What masters of more than f other clusters have decided: f of them cannot make it speak of heights that are not there. */
function decidedElsewhere({ masterships, heights, config }: NodeState): Height {
  const { cluster: own } = config.election
  const known = [...masterships.values()].flatMap(({ cluster, node }) =>
    cluster === own ? [] : [heights.get(node) ?? 0],
  )
  known.sort((a, b) => b - a)
  return (known[faultsTolerated(config.clusters.length)] ?? 0) as Height
}
