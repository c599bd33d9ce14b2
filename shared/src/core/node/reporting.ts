/** A master's report to the directory: results gathered for a while (NW4), and when it last heard the other clusters (RG6). */
import type { ResultReport } from '../../crypto/statement-types.ts'
import { type Height, type Instant, sameToken } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { MissedRun, ResultEntry } from '../audit/types.ts'
import { heardOf } from './heard.ts'
import { isLeading, type NodeState } from './state.ts'

export interface Gathered {
  readonly results: readonly ResultEntry[]
  /** Of these heights, the newest runs last. */
  readonly missed: readonly MissedRun[]
  readonly reportedAt: Instant
}

/** While the directory is away the newest are enough: comparison looks at recent heights only. */
export function gather(gathered: Gathered, entry: ResultEntry, missed: readonly MissedRun[]): Gathered {
  const results = [...gathered.results, entry].slice(-LIMITS.resultsPerReport)
  const oldest = Math.min(...results.map(({ height }) => height))
  const kept = missed.reduce(joined, gathered.missed).filter(({ to }) => to >= oldest)
  return { ...gathered, results, missed: kept.slice(-LIMITS.missedRuns) }
}

/** A run that goes on where one of the same token ends is one with it. */
function joined(runs: readonly MissedRun[], next: MissedRun): readonly MissedRun[] {
  const before = runs.find((run) => run.cluster === next.cluster && sameToken(run, next) && run.to + 1 === next.from)
  if (before === undefined) return [...runs, next]
  return [...runs.filter((run) => run !== before), { ...before, to: next.to as Height }]
}

/** How often `dueReport` is asked. */
export function reportEveryMs(recoverAfterMs: number): number {
  return Math.min(LIMITS.resultLookMs, recoverAfterMs / 6)
}

/** How long a master gathers what is as it should be: what was heard is fresh for a third of `recoverAfter`, and a report may be late. */
export function gatherForMs(recoverAfterMs: number): number {
  return Math.min(LIMITS.resultGatherMs, recoverAfterMs / 4)
}

/**
 * The report to be signed and sent, if one is due and `connected`. Each report is a billed call of the directory, so results that all
 * clusters had a part in wait; those of heights that somebody missed, or that this node cannot have (GU4), go at once: a mismatch is not
 * far (NW4).
 */
export function dueReport(
  state: NodeState,
  gathered: Gathered,
  now: Instant,
  connected: boolean,
): { readonly gathered: Gathered; readonly report: ResultReport | null } {
  if (!isLeading(state)) return { gathered: { ...gathered, results: [], missed: [] }, report: null }
  const { network, cluster, node, recoverAfterMs } = state.config.election
  const { results, missed, reportedAt } = gathered
  const due = connected && (isTelling(gathered) || now - reportedAt >= gatherForMs(recoverAfterMs))
  if (!due) return { gathered, report: null }
  const { generation, epoch } = state.guard.token
  return {
    gathered: { results: [], missed: [], reportedAt: now },
    report: { network, cluster, generation, epoch, node, results, missed, heard: heardOf(state, now) },
  }
}

/** On a fast chain what is gathered must leave before there is more than one report holds. */
function isTelling({ results, missed }: Gathered): boolean {
  if (results.length >= LIMITS.resultsPerReport / 2) return true
  return missed.length > 0 || results.some(({ result }) => result === null)
}
