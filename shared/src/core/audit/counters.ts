/** NW5: errors of one master at its token; they begin at zero with its grant and decay over a window. */
import { type ClusterId, compareTokens, type Instant, sameToken } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { unchanged } from '../step.ts'
import type {
  AuditEvent,
  AuditInput,
  AuditState,
  AuditStep,
  CountedError,
  Counter,
  ErrorKind,
  Reporter,
} from './types.ts'

/** A higher token begins anew, and ends the order against the one before; the end of a recovery is told under the same. */
export function beginCounter(state: AuditState, input: Extract<AuditInput, { i: 'master' }>): AuditStep {
  const { by, recovering } = input
  if (!state.clusters.includes(by.cluster)) return unchanged(state, unknown(by.cluster))
  const known = state.counters.get(by.cluster)
  const order = known === undefined ? 1 : compareTokens(by, known.by)
  if (order < 0 || (order === 0 && known?.recovering === recovering)) return unchanged(state)
  if (order === 0) return unchanged(withCounter(state, { ...known!, recovering }))
  const fresh: Counter = {
    by,
    recovering,
    errors: [],
    passed: false,
    ordered: false,
    // What was decided under the master before is not this one's.
    missed: { height: known?.missed.height ?? 0, inARow: 0 },
    counted: [],
    accused: new Map(),
  }
  const ended = state.standing !== null && isAfter(by, state.standing.by)
  const next = withCounter({ ...state, standing: ended ? null : state.standing }, fresh)
  return { ...unchanged(next), write: ended ? [{ w: 'standing', order: null }] : [] }
}

/** The counter of this master, if it is the one in office: the errors of a predecessor are nobody's any more. */
export function counterOf(state: AuditState, by: Reporter): Counter | null {
  const counter = state.counters.get(by.cluster)
  return counter !== undefined && sameToken(counter.by, by) && counter.by.node === by.node ? counter : null
}

/** One more error; passing the threshold is told once, exactly when it happens. */
export function count(
  state: AuditState,
  by: Reporter,
  kind: ErrorKind,
  now: Instant,
): { readonly state: AuditState; readonly events: readonly AuditEvent[] } {
  const counter = counterOf(state, by)
  if (counter === null) return { state, events: [] }
  const errors = [...counter.errors, { at: now, kind }].slice(-LIMITS.auditErrors)
  const passed = scoreOf(state, errors) >= state.policy.threshold
  const next = withCounter(state, { ...counter, errors, passed })
  if (!passed || counter.passed) return { state: next, events: [] }
  const passes = new Map(state.passes).set(by.cluster, now)
  return { state: { ...next, passes }, events: [{ event: 'threshold-passed', by, why: describe(errors) }] }
}

export function scoreOf(state: AuditState, errors: readonly CountedError[]): number {
  return errors.reduce((sum, { kind }) => sum + state.policy.weights[kind], 0)
}

/** `2 × equivocation, 1 × result-mismatch`. */
export function describe(errors: readonly CountedError[]): string {
  const kinds = [...new Set(errors.map(({ kind }) => kind))].sort()
  return kinds.map((kind) => `${errors.filter((error) => error.kind === kind).length} × ${kind}`).join(', ')
}

/** What is older than the window has not happened. */
export function forgetOld(state: AuditState, now: Instant): AuditState {
  const { windowMs, threshold } = state.policy
  const recent = (at: Instant) => now - at < windowMs
  let next = state
  for (const counter of state.counters.values()) {
    if (counter.errors.every(({ at }) => recent(at))) continue
    const errors = counter.errors.filter(({ at }) => recent(at))
    const passed = counter.passed && scoreOf(state, errors) >= threshold
    next = withCounter(next, { ...counter, errors, passed })
  }
  if ([...state.passes.values()].every(recent)) return next
  return { ...next, passes: new Map([...state.passes].filter(([, at]) => recent(at))) }
}

export function withCounter(state: AuditState, counter: Counter): AuditState {
  return { ...state, counters: new Map(state.counters).set(counter.by.cluster, counter) }
}

export function unknown(cluster: ClusterId) {
  return { code: 'UNKNOWN_CLUSTER', why: `${cluster} is no cluster of this network` } as const
}

function isAfter(by: Reporter, before: Reporter): boolean {
  return by.cluster === before.cluster && compareTokens(by, before) > 0
}
