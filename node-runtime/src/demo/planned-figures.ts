/** What a change of master cost those who use the network, and what a planned one may not cost. */
import type { LoggedVote } from './checker/evidence.ts'
import type { EndedRequest } from './client-requests.ts'
import type { ClusterEpoch, Fault, SwitchFigures } from './figures.ts'

export interface PlannedFigures {
  /** Requests of clients that failed between the order and the end of the case, whatever became of them when they were tried again. */
  readonly failedRequests: number
  /** Heights between the last vote of the old master and the first of the new one. Null: one of them was not seen. */
  readonly missedBlocks: number | null
}

export interface RequestCount {
  readonly ended: number
  readonly failed: number
}

/**
 * In virtual time none is missed; where fourteen processes share two cores, the others go on while the new master waits for its turn. A switch
 * that waited for silence would miss dozens.
 */
const MISSED_BLOCKS_MAX = 5

export function requestsDuring(fault: Fault, requests: readonly EndedRequest[]): RequestCount {
  const ended = endedDuring(fault, requests)
  return { ended: ended.length, failed: ended.filter(({ failure }) => failure !== null).length }
}

/** @param votes as other clusters' masters have received them */
export function plannedFigures(
  fault: Fault,
  ending: ClusterEpoch,
  requests: readonly EndedRequest[],
  votes: readonly LoggedVote[],
): PlannedFigures {
  return { failedRequests: requestsDuring(fault, requests).failed, missedBlocks: missedBlocks(ending, votes) }
}

export interface PlannedProblems {
  readonly wrong: readonly string[]
  /** What the figures cannot show. */
  readonly unknown: readonly string[]
}

/** What speaks against a switch that is to hurt nobody. Nothing for one that nobody has planned. */
export function plannedProblems(
  fault: Fault,
  { cluster, failedRequests = 0, missedBlocks = 0 }: SwitchFigures,
  requests: readonly EndedRequest[],
): PlannedProblems {
  const wrong: string[] = []
  const unknown: string[] = []
  if (fault.planned !== true) return { wrong, unknown }
  const ended = endedDuring(fault, requests)
  const first = ended.find(({ failure }) => failure !== null)
  if (first !== undefined)
    wrong.push(`${fault.case}: requests of clients failed: ${failedRequests}, first ${first.failure}`)
  if (ended.length === 0)
    unknown.push(`${fault.case}: no client asked for anything, so nothing shows that none would fail`)
  if (missedBlocks === null)
    unknown.push(`${fault.case}: votes of ${cluster} before and after the switch were not seen`)
  else if (missedBlocks > MISSED_BLOCKS_MAX) {
    wrong.push(`${fault.case}: ${cluster} missed ${missedBlocks} blocks, more than ${MISSED_BLOCKS_MAX}`)
  }
  return { wrong, unknown }
}

function endedDuring({ atMs, healedAtMs }: Fault, requests: readonly EndedRequest[]): readonly EndedRequest[] {
  return requests.filter((request) => request.atMs >= atMs && request.atMs <= healedAtMs)
}

/** A height counts as voted for when the cluster has precommitted at it, for a block or for nil. */
function missedBlocks({ cluster, epoch }: ClusterEpoch, votes: readonly LoggedVote[]): number | null {
  const heightsUnder = (token: number) =>
    votes
      .filter((vote) => vote.cluster === cluster && vote.epoch === token && vote.type === 'precommit')
      .map(({ height }) => height)
  const before = heightsUnder(epoch)
  const after = heightsUnder(epoch + 1)
  if (before.length === 0 || after.length === 0) return null
  const last = before.reduce((a, b) => Math.max(a, b))
  const first = after.reduce((a, b) => Math.min(a, b))
  return Math.max(0, first - last - 1)
}
