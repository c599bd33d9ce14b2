/** What a fault cost, from the timeline and from the certificates of decided blocks. */
import type { Acknowledged } from './load.ts'
import type { PlannedFigures } from './planned-figures.ts'
import type { Timeline } from './timeline.ts'

export interface ClusterEpoch {
  readonly cluster: string
  readonly epoch: number
}

/** A fault, or a change that somebody has asked for, as the case that caused it saw it. */
export interface Fault {
  readonly case: string
  /** When it struck and when the network was whole again. */
  readonly atMs: number
  readonly healedAtMs: number
  /** The clusters whose master it took, with the epoch each had: no other may switch meanwhile. */
  readonly lostMasters: readonly ClusterEpoch[]
  /** An operator asked for it: nothing may fail. */
  readonly planned?: true
  readonly joined?: JoinedNode
}

/** A node that has joined. Both times since it was handed its token. */
export interface JoinedNode {
  readonly node: string
  readonly cluster: string
  /** Until it was admitted, ran and answered. */
  readonly joinMs: number
  /** Until it had caught up and could be elected. */
  readonly eligibleMs: number
}

/** `PlannedFigures` of a planned switch only. */
export interface SwitchFigures extends Partial<PlannedFigures> {
  readonly case: string
  readonly cluster: string
  readonly fromEpoch: number
  readonly toEpoch: number
  /** Fault → first suspicion or claim in the cluster. Null: not seen. */
  readonly detectMs: number | null
  /** Fault → the grant reached its node. */
  readonly grantMs: number | null
  /** Fault → the first decided block with a vote of the cluster under its new epoch. */
  readonly outageMs: number | null
}

/** Height → votes in the certificates that nodes keep of it. */
export type Commits = ReadonlyMap<number, readonly ClusterEpoch[]>

export function switchFigures(fault: Fault, timeline: Timeline, commits: Commits): SwitchFigures[] {
  return fault.lostMasters.map(({ cluster, epoch }) => {
    const toEpoch = timeline.epochAfter(cluster, fault.atMs, fault.healedAtMs) ?? epoch
    const since = (atMs: number | undefined) => (atMs === undefined ? null : round(atMs - fault.atMs))
    return {
      case: fault.case,
      cluster,
      fromEpoch: epoch,
      toEpoch,
      detectMs: since(timeline.detectedAtMs(cluster, fault.atMs)),
      grantMs: since(timeline.grantedAtMs(cluster, toEpoch, fault.atMs)),
      outageMs: since(firstVoteAtMs(cluster, toEpoch, timeline, commits)),
    }
  })
}

export interface JoinFigures extends JoinedNode {
  readonly case: string
}

export function joinFigures(faults: readonly Fault[]): JoinFigures[] {
  return faults.flatMap((fault) => {
    const { joined } = fault
    if (joined === undefined) return []
    return [{ case: fault.case, ...joined, joinMs: round(joined.joinMs), eligibleMs: round(joined.eligibleMs) }]
  })
}

function firstVoteAtMs(cluster: string, epoch: number, timeline: Timeline, commits: Commits): number | undefined {
  const heights = [...commits]
    .filter(([, votes]) => votes.some((vote) => vote.cluster === cluster && vote.epoch === epoch))
    .map(([height]) => timeline.decidedAtMs(height))
    .filter((atMs) => atMs !== undefined)
  return heights.length === 0 ? undefined : Math.min(...heights)
}

/**
 * Fault → the next decided block. A block whose votes were already under way may still be decided right after the fault, so this
 * is the longest time without a decided block from the fault until every cluster votes again: never less than the first wait.
 */
export function networkStallMs(fault: Fault, timeline: Timeline, switches: readonly SwitchFigures[]): number {
  const until = fault.atMs + lastedMs(fault, switches)
  return round(timeline.longestGapMs(fault.atMs, until))
}

/** Acknowledgements before the fault, from it until every cluster that lost its master votes again, and from then on. */
export function acknowledgedDuring(
  fault: Fault,
  switches: readonly SwitchFigures[],
  acknowledged: readonly Acknowledged[],
) {
  const outageMs = lastedMs(fault, switches)
  const before = acknowledged.filter(({ atMs }) => atMs < fault.atMs).length
  const during = acknowledged.filter(({ atMs }) => atMs >= fault.atMs && atMs < fault.atMs + outageMs).length
  return { before, during, after: acknowledged.length - before - during }
}

/** Until every cluster that lost its master votes again; when none did, until the network was whole. */
function lastedMs({ atMs, healedAtMs }: Fault, switches: readonly SwitchFigures[]): number {
  if (switches.length === 0) return healedAtMs - atMs
  return Math.max(...switches.map(({ outageMs }) => outageMs ?? healedAtMs - atMs))
}

/** How much was under way when the fault struck: `unsubmitted` lines were still to come, `inFlight` were sent and not yet answered. */
export function loadAt(fault: Fault, count: number, acknowledged: readonly Acknowledged[]) {
  const sent = acknowledged.filter(({ atMs, latencyMs }) => atMs - latencyMs < fault.atMs)
  return { unsubmitted: count - sent.length, inFlight: sent.filter(({ atMs }) => atMs >= fault.atMs).length }
}

/** Switches that no fault explains: each is a finding. */
export function unexplainedSwitches(faults: readonly Fault[], timeline: Timeline, sinceMs: number): string[] {
  const explained = new Set(
    faults.flatMap(({ lostMasters }) => lostMasters.map(({ cluster, epoch }) => `${cluster} ${epoch + 1}`)),
  )
  return timeline
    .promotions(sinceMs)
    .filter(({ cluster, epoch }) => !explained.has(`${cluster} ${epoch}`))
    .map(({ cluster, epoch, node }) => `${cluster} switched to ${node} under epoch ${epoch} without a fault`)
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}
