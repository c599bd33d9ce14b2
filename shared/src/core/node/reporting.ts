/** A master's report to the directory: results gathered for a while (NW4), and when it last heard the other clusters (RG6). */
import type { ResultReport } from '../../crypto/statement-types.ts'
import type { Instant } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { ResultEntry } from '../audit/types.ts'
import { heardOf } from './heard.ts'
import { isLeading, type NodeState } from './state.ts'

export interface Gathered {
  readonly results: readonly ResultEntry[]
  readonly reportedAt: Instant
}

/** While the directory is away the newest are enough: comparison looks at recent heights only. */
export function gather(gathered: Gathered, entry: ResultEntry): Gathered {
  return { ...gathered, results: [...gathered.results, entry].slice(-LIMITS.resultsPerReport) }
}

/** How often `dueReport` is asked. */
export function reportEveryMs(recoverAfterMs: number): number {
  return Math.min(LIMITS.resultGatherMs, recoverAfterMs / 6)
}

/**
 * The report to be signed and sent, if one is due and `connected`. What was heard is fresh for a
 * third of `recoverAfter`; results go as they come.
 */
export function dueReport(
  state: NodeState,
  gathered: Gathered,
  now: Instant,
  connected: boolean,
): { readonly gathered: Gathered; readonly report: ResultReport | null } {
  if (!isLeading(state)) return { gathered: { ...gathered, results: [] }, report: null }
  const { network, cluster, node, recoverAfterMs } = state.config.election
  const { results, reportedAt } = gathered
  const due = connected && (results.length > 0 || now - reportedAt >= recoverAfterMs / 6)
  if (!due) return { gathered, report: null }
  const { generation, epoch } = state.guard.token
  return {
    gathered: { results: [], reportedAt: now },
    report: { network, cluster, generation, epoch, node, results, heard: heardOf(state, now) },
  }
}
