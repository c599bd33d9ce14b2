import type { AuditState, Reporter, ResultEntry } from '@baton/shared/core/audit/types'
import type { ClusterId, Height } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AuditUnderTest, by, CLUSTERS, entry, heard } from './fixture.ts'

/** Runs reports in order; returns the last state and the mismatches found. */
function run(...reports: [Reporter, ...ResultEntry[]][]) {
  const audit = new AuditUnderTest()
  for (const [reporter, ...results] of reports) audit.report(reporter, results)
  const events = audit.events.flatMap((event) => (event.event === 'result-mismatch' ? [event] : []))
  return { audit, events }
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
  const { audit } = run([by('c1', 2), entry(5)])
  const { reports } = audit.state
  audit.report(by('c1', 2), [entry(5, 'other')])
  audit.report(by('c1', 1), [entry(5, 'other')])
  expect(audit.state.reports).toBe(reports)
  audit.report(by('c1', 3), [entry(5, 'other')])
  expect(audit.state.reports.get('c1' as ClusterId)?.get(5 as Height)?.result).toBe('other@5')
})

test('[NW4] reports of foreign clusters and of too many heights are rejected', () => {
  const audit = new AuditUnderTest()
  const before: AuditState = audit.state
  const many = Array.from({ length: LIMITS.resultsPerReport + 1 }, (_, i) => entry(i + 1))
  const words = Array.from({ length: LIMITS.clusters + 1 }, () => heard('c2', 1))
  expect(audit.report(by('c9'), [entry(1)]).rejected?.code).toBe('UNKNOWN_CLUSTER')
  expect(audit.report(by('c1'), many).rejected?.code).toBe('BAD_REQUEST')
  expect(audit.report(by('c1'), [], words).rejected?.code).toBe('BAD_REQUEST')
  expect(audit.state).toEqual(before)
})

test('[NW4] memory is bounded per cluster: absurd heights push out only their own', () => {
  const audit = new AuditUnderTest()
  const length = LIMITS.resultsPerReport
  const full = (from: number) => Array.from({ length }, (_, i) => entry(from + i))
  for (let from = 1; from <= LIMITS.auditHeights + 3 * length; from += length) {
    audit.report(by('c1'), full(from))
    audit.report(by('c2'), full(10 ** 12 + from))
  }
  const kept = [...audit.state.reports.get('c1' as ClusterId)!.keys()]
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

test('[NW4, GU4] a height without a result differs from any agreed one, and nobody agrees on having none', () => {
  const none = { height: 5 as Height, block: null, result: null }
  const { audit, events } = run([by('c1'), none], [by('c2'), none], [by('c3'), none])
  expect(events).toEqual([])
  audit.report(by('c2', 2), [entry(5)])
  audit.report(by('c3', 2), [entry(5)])
  audit.report(by('c4'), [entry(5)])
  expect(audit.events).toMatchObject([
    { event: 'result-mismatch', by: by('c1'), height: 5, result: null, agreeing: ['c2', 'c3', 'c4'] },
  ])
})
