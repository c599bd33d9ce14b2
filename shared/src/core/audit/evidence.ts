/** NW4: evidence that proves itself, and accusations that need witnesses. */
import { compareTokens, type Instant } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { faultsTolerated } from '../ledger/types.ts'
import { unchanged } from '../step.ts'
import { count, counterOf, unknown, withCounter } from './counters.ts'
import type { AuditEvent, AuditInput, AuditState, AuditStep, Counter, ErrorKind } from './types.ts'

type Input<Name extends AuditInput['i']> = Extract<AuditInput, { readonly i: Name }>

/** Two different messages for one act. Under two tokens it is the later master that contradicted. */
export function prove(state: AuditState, { act, first, second }: Input<'evidence'>, now: Instant): AuditStep {
  const { cluster } = first.by
  if (!state.clusters.includes(cluster)) return unchanged(state, unknown(cluster))
  if (second.by.cluster !== cluster || first.value === second.value) {
    return unchanged(state, { code: 'BAD_REQUEST', why: 'the two messages do not contradict each other' })
  }
  const { by } = compareTokens(first.by, second.by) > 0 ? first : second
  const counter = counterOf(state, by)
  if (counter === null) return unchanged(state)
  const key = `${act.type} ${act.height}/${act.round}`
  return countOnce(state, counter, key, 'equivocation', { event: 'equivocation', by, ...act }, now)
}

/** Counts when masters of more than f other clusters say the same of this master: a correct one is among them. */
export function accuse(state: AuditState, input: Input<'accusation'>, now: Instant): AuditStep {
  const { by, against, height, round } = input
  for (const { cluster } of [by, against]) {
    if (!state.clusters.includes(cluster)) return unchanged(state, unknown(cluster))
  }
  if (by.cluster === against.cluster) return unchanged(state, { code: 'BAD_REQUEST', why: 'nobody accuses itself' })
  const counter = counterOf(state, against)
  if (counter === null) return unchanged(state)
  const key = `invalid ${height}/${round}`
  const said = counter.accused.get(by.cluster) ?? []
  if (said.includes(key)) return unchanged(state)
  // Bounded for each accuser: one that accuses of everything pushes out only what it said itself.
  const accused = new Map(counter.accused).set(by.cluster, [...said, key].slice(-LIMITS.auditAccusations))
  const next = { ...counter, accused }
  const accusers = state.clusters.filter((cluster) => accused.get(cluster)?.includes(key))
  if (accusers.length <= faultsTolerated(state.clusters.length)) return unchanged(withCounter(state, next))
  const event = { event: 'invalid-proposal', by: against, height, round, accusers } as const
  return countOnce(withCounter(state, next), next, key, 'invalid-proposal', event, now)
}

function countOnce(
  state: AuditState,
  counter: Counter,
  key: string,
  kind: ErrorKind,
  event: AuditEvent,
  now: Instant,
): AuditStep {
  if (counter.counted.includes(key)) return unchanged(state)
  const counted = [...counter.counted, key].slice(-LIMITS.auditErrors)
  const done = count(withCounter(state, { ...counter, counted }), counter.by, kind, now)
  return { ...unchanged(done.state), events: [event, ...done.events] }
}
