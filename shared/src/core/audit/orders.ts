/** NW5: one automatic order at a time, and none when more than f clusters are suspect: then nobody knows who is wrong. */
import { formatToken } from '../../ids.ts'
import { faultsTolerated } from '../ledger/types.ts'
import { unchanged } from '../step.ts'
import { describe, scoreOf, withCounter } from './counters.ts'
import type { AuditInput, AuditState, AuditStep, Counter } from './types.ts'

/** What follows from the counters, after every input. */
export function order(state: AuditState): AuditStep {
  if (state.passes.size > faultsTolerated(state.clusters.length)) return alert(state)
  const calm = state.alerted ? { ...state, alerted: false } : state
  const suspect = nextSuspect(calm)
  return suspect === null || calm.standing !== null ? unchanged(calm) : orderAgainst(calm, suspect)
}

function orderAgainst(state: AuditState, counter: Counter): AuditStep {
  const { by, errors } = counter
  // The same for the same mastership: given again after a restart, it is the same order.
  const id = `${by.cluster}-${formatToken(by)}-threshold`
  const standing = { id, by }
  const view = { id, node: by.node, cause: 'threshold', why: describe(errors) } as const
  const bars =
    scoreOf(
      state,
      errors.filter(({ kind }) => kind !== 'missed-votes'),
    ) >= state.policy.threshold
  return {
    ...unchanged(withCounter({ ...state, standing }, { ...counter, ordered: true })),
    write: [{ w: 'standing', order: standing }],
    send: [{ s: 'order', cluster: by.cluster, order: view, bars }],
  }
}

export function endOrder(state: AuditState, { id }: Extract<AuditInput, { i: 'orderEnded' }>): AuditStep {
  if (state.standing?.id !== id) return unchanged(state)
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
