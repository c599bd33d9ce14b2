/** What must hold after every step: used by production asserts, unit and property tests and the simulator alike. */
import { compareTokens } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { faultsTolerated } from '../ledger/types.ts'
import { scoreOf } from './counters.ts'
import type { AuditState, AuditStep } from './types.ts'

/** Every broken invariant of one step, as `RULE: what is wrong`; empty when all is well. */
export function brokenInvariants(before: AuditState, step: AuditStep): readonly string[] {
  return [...brokenState(step.state), ...brokenOrders(before, step), ...brokenEvents(before, step)]
}

function brokenState(state: AuditState): readonly string[] {
  const broken: string[] = []
  for (const [cluster, counter] of state.counters) {
    if (counter.by.cluster !== cluster) broken.push('NW5: errors of another cluster')
    if (counter.errors.length > LIMITS.auditErrors) broken.push('NW5: more errors than the bound')
    if (counter.passed !== scoreOf(state, counter.errors) >= state.policy.threshold) {
      broken.push('NW5: the mark of the threshold is not what the errors say')
    }
  }
  for (const reports of state.reports.values()) {
    if (reports.size > LIMITS.auditHeights) broken.push('NW4: more heights than the bound')
  }
  return broken
}

function brokenOrders(before: AuditState, step: AuditStep): readonly string[] {
  const { state, send } = step
  // One that stands is said again until it has been recorded.
  const orders = send.flatMap((each) =>
    each.s === 'order' && each.order.id !== before.standing?.order.id ? [each] : [],
  )
  if (orders.length === 0) return []
  const broken: string[] = []
  const ended = before.standing !== null && step.write.some(({ order }) => order === null)
  if (orders.length > 1 || (before.standing !== null && !ended))
    broken.push('NW5: a second order beside a standing one')
  if (state.passes.size > faultsTolerated(state.clusters.length)) broken.push('NW5: an order among too many suspects')
  for (const { cluster, order } of orders) {
    const counter = state.counters.get(cluster)
    if (counter?.by.node !== order.node || !counter.passed) broken.push('NW5: an order below the threshold')
    if (state.standing?.order.id !== order.id) broken.push('NW5: an order that does not stand')
  }
  return broken
}

function brokenEvents(before: AuditState, { state, events }: AuditStep): readonly string[] {
  const broken: string[] = []
  for (const event of events) {
    if (event.event === 'result-mismatch' && event.agreeing.includes(event.by.cluster)) {
      broken.push('NW4: a mismatch of one that agrees')
    }
    if (event.event === 'threshold-passed') {
      const { errors = [] } = state.counters.get(event.by.cluster) ?? {}
      const known = before.counters.get(event.by.cluster)?.errors.filter((error) => errors.includes(error)) ?? []
      if (scoreOf(state, errors) < state.policy.threshold) broken.push('NW5: passed below the threshold')
      if (scoreOf(state, known) >= state.policy.threshold) broken.push('NW5: the threshold was passed twice')
    }
  }
  for (const [cluster, counter] of before.counters) {
    const now = state.counters.get(cluster)
    if (now === undefined || compareTokens(now.by, counter.by) < 0) broken.push('NW5: a counter went back')
  }
  return broken
}
