/** NW5: one automatic order at a time, and none when more than f clusters are suspect: then nobody knows who is wrong. */
import { formatToken, type Instant } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { faultsTolerated } from '../ledger/types.ts'
import { unchanged } from '../step.ts'
import { describe, scoreOf, withCounter } from './counters.ts'
import type { AuditInput, AuditState, AuditStep, CountedError, Counter } from './types.ts'

/** What follows from the counters, after every input. */
export function order(state: AuditState, now: Instant): AuditStep {
  if (state.passes.size > faultsTolerated(state.clusters.length)) return alert(state)
  const calm = state.alerted ? { ...state, alerted: false } : state
  const suspect = nextSuspect(calm)
  return suspect === null || calm.standing !== null ? unchanged(calm) : orderAgainst(calm, suspect, now)
}

function orderAgainst(state: AuditState, counter: Counter, now: Instant): AuditStep {
  const { by, errors } = counter
  // The same for the same mastership: given again after a restart, it is the same order.
  const id = `${by.cluster}-${formatToken(by)}-threshold`
  const view = { id, node: by.node, cause: 'threshold', why: describe(untilThreshold(state, errors)) } as const
  const bars =
    scoreOf(
      state,
      errors.filter(({ kind }) => kind !== 'missed-votes'),
    ) >= state.policy.threshold
  const standing = { by, order: view, bars }
  return {
    ...unchanged(withCounter({ ...state, standing, sentAt: now }, { ...counter, ordered: true })),
    write: [{ w: 'standing', order: standing }],
    send: [{ s: 'order', cluster: by.cluster, order: view, bars }],
  }
}

/** Those that the order rests on: one report may have brought more. */
function untilThreshold(state: AuditState, errors: readonly CountedError[]): readonly CountedError[] {
  const needed = errors.findIndex((_, last) => scoreOf(state, errors.slice(0, last + 1)) >= state.policy.threshold)
  return errors.slice(0, needed + 1)
}

/** Commands can be lost (DESIGN section 11): until the authority has recorded the order it is sent again. */
export function sayAgain(state: AuditState, now: Instant): AuditStep {
  const { standing, sentAt } = state
  if (standing === null || sentAt === null || now - sentAt < LIMITS.orderAgainMs) return unchanged(state)
  const { by, order, bars } = standing
  return { ...unchanged({ ...state, sentAt: now }), send: [{ s: 'order', cluster: by.cluster, order, bars }] }
}

export function orderTaken(state: AuditState, { id }: Extract<AuditInput, { i: 'orderTaken' }>): AuditStep {
  return unchanged(state.standing?.order.id === id ? { ...state, sentAt: null } : state)
}

export function endOrder(state: AuditState, { id }: Extract<AuditInput, { i: 'orderEnded' }>): AuditStep {
  if (state.standing?.order.id !== id) return unchanged(state)
  return { ...unchanged({ ...state, standing: null }), write: [{ w: 'standing', order: null }] }
}

/** The one that passed first, and is still at the threshold. */
function nextSuspect(state: AuditState): Counter | null {
  const suspects = [...state.passes]
    .sort(([, a], [, b]) => a - b)
    .flatMap(([cluster]) => state.counters.get(cluster) ?? [])
  return suspects.find(({ passed, ordered }) => passed && !ordered) ?? null
}

function alert(state: AuditState): AuditStep {
  if (state.alerted) return unchanged(state)
  const clusters = [...state.passes.keys()].sort()
  return { ...unchanged({ ...state, alerted: true }), events: [{ event: 'too-many-suspects', clusters }] }
}
