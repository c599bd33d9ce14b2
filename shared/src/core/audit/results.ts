/** Compares the results that the clusters' masters report for each height (NW4). */
import { type ClusterId, compareTokens, type Hash, type Height, type Instant } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { quorum } from '../ledger/types.ts'
import { unchanged } from '../step.ts'
import { count, unknown } from './counters.ts'
import { judgeMissed } from './missed-votes.ts'
import { hear } from './silence.ts'
import type {
  AuditEvent,
  AuditInput,
  AuditState,
  AuditStep,
  MissedRun,
  Report,
  Reporter,
  ResultEntry,
  ResultMismatch,
} from './types.ts'

/** Takes one verified report of up to `LIMITS.resultsPerReport` heights. A repeated report changes nothing. */
export function takeReport(state: AuditState, input: Extract<AuditInput, { i: 'report' }>, now: Instant): AuditStep {
  const { by, results, missed, heard } = input
  if (!state.clusters.includes(by.cluster)) return unchanged(state, unknown(by.cluster))
  const { resultsPerReport, missedRuns, clusters } = LIMITS
  if (results.length > resultsPerReport || missed.length > missedRuns || heard.length > clusters) {
    return unchanged(state, { code: 'BAD_REQUEST', why: `more than ${resultsPerReport} results in one report` })
  }
  let next = hear(state, by, heard, now)
  const own = new Map(state.reports.get(by.cluster))
  const heights = results.filter((entry) => take(own, by, entry, missed)).map(({ height }) => height)
  if (heights.length === 0) return unchanged(next)
  forgetOldest(own)
  const reports = new Map(state.reports).set(by.cluster, own)
  const found = heights.flatMap((height) => compare(state.clusters, reports, height))
  next = { ...next, reports }
  const events: AuditEvent[] = []
  for (const mismatch of found) {
    const counted = count(next, mismatch.by, 'result-mismatch', now)
    next = counted.state
    events.push(mismatch, ...counted.events)
  }
  for (const height of heights) {
    const judged = judgeMissed(next, height, now)
    next = judged.state
    events.push(...judged.events)
  }
  return { ...unchanged(next), events }
}

/** The reports of all clusters about a height. */
export function reportsAt(state: Pick<AuditState, 'clusters' | 'reports'>, height: Height): readonly Report[] {
  return state.clusters.flatMap((cluster) => state.reports.get(cluster)?.get(height) ?? [])
}

/** A report of a higher token replaces one of a lower; under one token the first stays. True when it is new. */
function take(own: Map<Height, Report>, by: Reporter, entry: ResultEntry, runs: readonly MissedRun[]): boolean {
  const { height, block, result } = entry
  const known = own.get(height)
  if (known !== undefined && compareTokens(by, known.by) <= 0) return false
  const same = known?.block === block && known.result === result
  const missed = runs.filter(({ from, to }) => from <= height && height <= to)
  own.set(height, { height, block, result, missed, by, found: same && known.found })
  return !same
}

function forgetOldest(own: Map<Height, Report>): void {
  const excess = own.size - LIMITS.auditHeights
  if (excess <= 0) return
  for (const height of [...own.keys()].sort((a, b) => a - b).slice(0, excess)) own.delete(height)
}

/** Marks and returns the reports of `height` that differ from the agreed one; replaces altered maps in `reports`. */
function compare(
  clusters: readonly ClusterId[],
  reports: Map<ClusterId, ReadonlyMap<Height, Report>>,
  height: Height,
): ResultMismatch[] {
  const all = reportsAt({ clusters, reports }, height)
  const agreed = agreement(all, quorum(clusters.length))
  if (agreed === null) return []
  const { block, result } = agreed.report
  const wrong = all.filter((other) => !(other.block === block && other.result === result) && !other.found)
  for (const other of wrong) {
    const marked = new Map(reports.get(other.by.cluster)).set(height, { ...other, found: true })
    reports.set(other.by.cluster, marked)
  }
  return wrong.map((other) => ({
    event: 'result-mismatch',
    by: other.by,
    height,
    block: other.block,
    result: other.result,
    agreed: { block, result },
    agreeing: agreed.agreeing,
  }))
}

/** Of a cluster that has executed the height. */
type Executed = Report & { readonly block: Hash; readonly result: Hash }

interface Agreement {
  readonly report: Executed
  readonly agreeing: readonly ClusterId[]
}

function agreement(reports: readonly Report[], needed: number): Agreement | null {
  const groups = new Map<string, Executed[]>()
  // To have no result is nothing to agree on.
  for (const entry of reports.filter(isExecuted)) {
    const key = entry.block + entry.result
    groups.set(key, [...(groups.get(key) ?? []), entry])
  }
  for (const group of groups.values()) {
    if (group.length >= needed) return { report: group[0]!, agreeing: group.map(({ by }) => by.cluster) }
  }
  return null
}

function isExecuted(report: Report): report is Executed {
  return report.block !== null && report.result !== null
}
