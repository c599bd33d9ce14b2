/** Compares the results that the clusters' masters report for each height (NW4). */
import { type ClusterId, compareTokens, type Hash, type Height } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { quorum } from '../ledger/types.ts'
import { type Step, unchanged } from '../step.ts'
import type { AuditEvent, AuditState, Report, Reporter, ResultEntry } from './types.ts'

export type AuditStep = Step<AuditState, never, never, never, AuditEvent>

export function createAudit(clusters: readonly ClusterId[]): AuditState {
  return { clusters: [...clusters].sort(), reports: new Map() }
}

/** Takes one verified report of up to `LIMITS.resultsPerReport` heights. A repeated report changes nothing. */
export function report(state: AuditState, by: Reporter, results: readonly ResultEntry[]): AuditStep {
  if (!state.clusters.includes(by.cluster)) {
    return unchanged(state, { code: 'UNKNOWN_CLUSTER', why: `${by.cluster} is no cluster of this network` })
  }
  if (results.length > LIMITS.resultsPerReport) {
    return unchanged(state, { code: 'BAD_REQUEST', why: `more than ${LIMITS.resultsPerReport} results in one report` })
  }
  const own = new Map(state.reports.get(by.cluster))
  const heights = results.filter((entry) => take(own, by, entry)).map(({ height }) => height)
  if (heights.length === 0) return unchanged(state)
  forgetOldest(own)
  const reports = new Map(state.reports).set(by.cluster, own)
  const events = heights.flatMap((height) => compare(state.clusters, reports, height))
  return { state: { ...state, reports }, write: [], send: [], timers: [], events }
}

/** A report of a higher token replaces one of a lower; under one token the first stays. True when it is new. */
function take(own: Map<Height, Report>, by: Reporter, { height, block, result }: ResultEntry): boolean {
  const known = own.get(height)
  if (known !== undefined && compareTokens(by, known.by) <= 0) return false
  const same = known?.block === block && known.result === result
  own.set(height, { height, block, result, by, found: same && known.found })
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
): AuditEvent[] {
  const all = clusters.flatMap((cluster) => reports.get(cluster)?.get(height) ?? [])
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

interface Agreement {
  readonly report: Report
  readonly agreeing: readonly ClusterId[]
}

function agreement(reports: readonly Report[], needed: number): Agreement | null {
  const groups = new Map<string, Report[]>()
  for (const entry of reports) {
    const key = outcome(entry.block, entry.result)
    groups.set(key, [...(groups.get(key) ?? []), entry])
  }
  for (const group of groups.values()) {
    if (group.length >= needed) return { report: group[0]!, agreeing: group.map(({ by }) => by.cluster) }
  }
  return null
}

function outcome(block: Hash, result: Hash): string {
  return block + result
}
