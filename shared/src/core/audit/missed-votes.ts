/** NW5: heights decided without a cluster. A slow cluster is no liar: only many in a row count, and they never bar. */
import { type Height, type Instant, sameToken } from '../../ids.ts'
import { faultsTolerated, quorum } from '../ledger/types.ts'
import { count, withCounter } from './counters.ts'
import { reportsAt } from './results.ts'
import type { AuditEvent, AuditState, Counter, Report, Reporter } from './types.ts'

/**
 * Judges a height once more than two thirds of the clusters have reported it. A master missed it when more than f others
 * say so of its token; heights come in order, and a gap, a vote or a recovery ends the row.
 */
export function judgeMissed(
  state: AuditState,
  height: Height,
  now: Instant,
): { readonly state: AuditState; readonly events: readonly AuditEvent[] } {
  const reports = reportsAt(state, height)
  if (reports.length < quorum(state.clusters.length)) return { state, events: [] }
  const needed = faultsTolerated(state.clusters.length) + 1
  let next = state
  const events: AuditEvent[] = []
  for (const { by } of state.counters.values()) {
    const counter = next.counters.get(by.cluster)!
    if (height <= counter.missed.height) continue
    const missed = reports.filter((report) => missedVoteOf(report, by)).length >= needed && !counter.recovering
    const inARow = missed ? rowBefore(counter, height) + 1 : 0
    next = withCounter(next, { ...counter, missed: { height, inARow } })
    if (inARow === 0 || inARow % state.policy.missedInARow !== 0) continue
    const counted = count(next, by, 'missed-votes', now)
    next = counted.state
    events.push({ event: 'missed-votes', by, upTo: height, inARow }, ...counted.events)
  }
  return { state: next, events }
}

function missedVoteOf({ by, missed }: Report, master: Reporter): boolean {
  return by.cluster !== master.cluster && missed.some((run) => run.cluster === master.cluster && sameToken(run, master))
}

function rowBefore({ missed }: Counter, height: Height): number {
  return missed.height === height - 1 ? missed.inARow : 0
}
