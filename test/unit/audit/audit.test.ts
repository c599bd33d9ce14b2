import { createAudit, report } from '@baton/shared/core/audit/audit'
import type { AuditEvent, AuditState, Reporter, ResultEntry } from '@baton/shared/core/audit/types'
import type { ClusterId, Epoch, Generation, Hash, Height, NodeId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const CLUSTERS = ['c1', 'c2', 'c3', 'c4'] as ClusterId[]
const by = (cluster: string, epoch = 1): Reporter => ({
  cluster: cluster as ClusterId,
  generation: 0 as Generation,
  epoch: epoch as Epoch,
  node: `${cluster}-${epoch}` as NodeId,
})
const entry = (height: number, result = 'good', block = 'block'): ResultEntry => ({
  height: height as Height,
  block: `${block}@${height}` as Hash,
  result: `${result}@${height}` as Hash,
})

/** Runs reports in order; returns the last state and all events. */
function run(...reports: [Reporter, ...ResultEntry[]][]): { state: AuditState; events: readonly AuditEvent[] } {
  let state = createAudit(CLUSTERS)
  const events: AuditEvent[] = []
  for (const [reporter, ...results] of reports) {
    const step = report(state, reporter, results)
    state = step.state
    events.push(...step.events)
  }
  return { state, events }
}

test('[NW4] a result that differs from the one of more than two thirds is found, with who agreed', () => {
  const { events } = run([by('c1'), entry(5)], [by('c2'), entry(5, 'bad')], [by('c3'), entry(5)], [by('c4'), entry(5)])
  expect(events).toEqual([
    {
      event: 'result-mismatch',
      by: by('c2'),
      height: 5,
      block: 'block@5',
      result: 'bad@5',
      agreed: { block: 'block@5', result: 'good@5' },
      agreeing: ['c1', 'c3', 'c4'],
    },
  ])
})

test('[NW4] two thirds or less prove nothing', () => {
  const tied = run([by('c1'), entry(5)], [by('c2'), entry(5)], [by('c3'), entry(5, 'bad')], [by('c4'), entry(5, 'bad')])
  expect(tied.events).toEqual([])
  expect(run([by('c1'), entry(5)], [by('c2'), entry(5)], [by('c3'), entry(5, 'bad')]).events).toEqual([])
})

test('[NW4] a late report is judged like an early one, and silence is no disagreement', () => {
  const agreed: [Reporter, ...ResultEntry[]][] = [
    [by('c1'), entry(5)],
    [by('c2'), entry(5)],
    [by('c3'), entry(5)],
  ]
  expect(run(...agreed).events).toEqual([])
  expect(run(...agreed, [by('c4'), entry(5, 'bad')]).events).toMatchObject([{ by: { cluster: 'c4' } }])
})

test('[NW4] another block with the same result is a mismatch too', () => {
  const { events } = run(
    [by('c1'), entry(5)],
    [by('c2'), entry(5)],
    [by('c3'), entry(5)],
    [by('c4'), entry(5, 'good', 'fork')],
  )
  expect(events).toMatchObject([{ by: { cluster: 'c4' }, block: 'fork@5' }])
})

test('[NW4] one event for each wrong result: repeating it adds none, a new master with the same one neither', () => {
  const base: [Reporter, ...ResultEntry[]][] = CLUSTERS.slice(0, 3).map((cluster) => [by(cluster), entry(5)])
  const bad = entry(5, 'bad')
  expect(run(...base, [by('c4'), bad], [by('c4'), bad], [by('c4', 2), bad]).events).toHaveLength(1)
  expect(run(...base, [by('c4'), bad], [by('c4', 2), entry(5)], [by('c4', 3), bad]).events).toHaveLength(2)
})

test('[NW4] under one token the first report stays; a lower token changes nothing', () => {
  const state = run([by('c1', 2), entry(5)]).state
  expect(report(state, by('c1', 2), [entry(5, 'other')]).state).toBe(state)
  expect(report(state, by('c1', 1), [entry(5, 'other')]).state).toBe(state)
  const higher = report(state, by('c1', 3), [entry(5, 'other')]).state
  expect(higher.reports.get('c1' as ClusterId)?.get(5 as Height)?.result).toBe('other@5')
})

test('[NW4] reports of foreign clusters and of too many heights are rejected', () => {
  const state = createAudit(CLUSTERS)
  const many = Array.from({ length: LIMITS.resultsPerReport + 1 }, (_, i) => entry(i + 1))
  expect(report(state, by('c9'), [entry(1)])).toMatchObject({ state, rejected: { code: 'UNKNOWN_CLUSTER' } })
  expect(report(state, by('c1'), many)).toMatchObject({ state, rejected: { code: 'BAD_REQUEST' } })
})

test('[NW4] memory is bounded per cluster: absurd heights push out only their own', () => {
  let state = createAudit(CLUSTERS)
  for (let from = 1; from <= LIMITS.auditHeights + 300; from += 100) {
    state = report(
      state,
      by('c1'),
      Array.from({ length: 100 }, (_, i) => entry(from + i)),
    ).state
    state = report(
      state,
      by('c2'),
      Array.from({ length: 100 }, (_, i) => entry(10 ** 12 + from + i)),
    ).state
  }
  const kept = [...state.reports.get('c1' as ClusterId)!.keys()]
  expect(kept).toHaveLength(LIMITS.auditHeights)
  expect(Math.min(...kept)).toBe(Math.max(...kept) - LIMITS.auditHeights + 1)
})

test('[NW4] whatever the order of reports, the same ones are found, and never one that agrees', () => {
  const results = fc.array(fc.constantFrom('good', 'good', 'good', 'bad', 'worse', null), {
    minLength: 4,
    maxLength: 4,
  })
  fc.assert(
    fc.property(results, fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (said, order) => {
      const reports = order.flatMap((i): [Reporter, ...ResultEntry[]][] => {
        const result = said[i]
        return typeof result === 'string' ? [[by(CLUSTERS[i]!), entry(1, result)]] : []
      })
      const agreed = ['good', 'bad', 'worse'].find((result) => said.filter((other) => other === result).length >= 3)
      const wrong = CLUSTERS.filter((_, i) => agreed !== undefined && said[i] !== null && said[i] !== agreed)
      expect(
        run(...reports)
          .events.map((event) => event.by.cluster)
          .sort(),
      ).toEqual(wrong)
    }),
  )
})
