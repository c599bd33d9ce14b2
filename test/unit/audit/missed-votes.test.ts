import { expect, test } from 'vitest'
import { AuditUnderTest, by, CLUSTERS, entry } from './fixture.ts'

interface Seen {
  readonly witnesses?: readonly string[]
  /** Of c4's master that was followed then. */
  readonly epoch?: number
}

/** Heights decided without c4, as the masters of c1 to c3 saw it. */
function decidedWithout(
  audit: AuditUnderTest,
  from: number,
  to: number,
  { witnesses = ['c1', 'c2', 'c3'], epoch = 1 }: Seen = {},
): void {
  for (let height = from; height <= to; height++) {
    for (const cluster of ['c1', 'c2', 'c3']) {
      if (witnesses.includes(cluster)) audit.reportMissed(by(cluster), height, by('c4', epoch))
      else audit.report(by(cluster), [entry(height)])
    }
  }
}

test('[NW5] twenty heights in a row that were decided without a cluster are one error of its master', () => {
  const audit = new AuditUnderTest()
  decidedWithout(audit, 1, 19)
  expect(audit.events).toEqual([])
  decidedWithout(audit, 20, 39)
  expect(audit.events).toEqual([{ event: 'missed-votes', by: by('c4'), upTo: 20, inARow: 20 }])
  decidedWithout(audit, 40, 40)
  expect(audit.events).toHaveLength(2)
})

test('[NW5, NW4] more than f clusters must say so', () => {
  const audit = new AuditUnderTest()
  decidedWithout(audit, 1, 40, { witnesses: ['c1'] })
  expect(audit.events).toEqual([])
  decidedWithout(audit, 41, 60, { witnesses: ['c1', 'c2'] })
  expect(audit.events).toHaveLength(1)
})

test('[NW5] a cluster does not speak of itself, and its silence about a height is none of its votes', () => {
  const audit = new AuditUnderTest()
  for (let height = 1; height <= 40; height++) {
    audit.reportMissed(by('c1'), height, by('c4'))
    audit.reportMissed(by('c4'), height, by('c4'))
    audit.report(by('c2'), [entry(height)])
  }
  expect(audit.events).toEqual([])
})

test('[NW5] a vote, a gap or a switch ends the row', () => {
  const voted = new AuditUnderTest()
  decidedWithout(voted, 1, 19)
  decidedWithout(voted, 20, 20, { witnesses: [] })
  decidedWithout(voted, 21, 39)
  expect(voted.events).toEqual([])
  const gap = new AuditUnderTest()
  decidedWithout(gap, 1, 19)
  decidedWithout(gap, 21, 39)
  expect(gap.events).toEqual([])
  const switched = new AuditUnderTest()
  decidedWithout(switched, 1, 19)
  switched.master('c4', 2)
  decidedWithout(switched, 20, 38, { epoch: 2 })
  expect(switched.events).toEqual([])
})

test("[NW5] what was decided without a master is not its successor's, however late it is reported", () => {
  const audit = new AuditUnderTest()
  audit.master('c4', 2)
  decidedWithout(audit, 1, 90, { epoch: 1 })
  expect(audit.events).toEqual([])
  decidedWithout(audit, 91, 110, { epoch: 2 })
  expect(audit.kinds()).toEqual(['missed-votes'])
})

test('[NW5] never counts in recovery', () => {
  const audit = new AuditUnderTest()
  audit.master('c4', 2, true)
  decidedWithout(audit, 1, 60, { epoch: 2 })
  expect(audit.events).toEqual([])
  audit.master('c4', 2, false)
  decidedWithout(audit, 61, 80, { epoch: 2 })
  expect(audit.events).toMatchObject([{ event: 'missed-votes', upTo: 80 }])
})

test('[NW5] never bars: a switch that it brings about leaves the node electable', () => {
  const audit = new AuditUnderTest()
  decidedWithout(audit, 1, 60)
  expect(audit.orders).toMatchObject([{ cluster: 'c4', order: { why: '3 × missed-votes' }, bars: false }])
  const mixed = new AuditUnderTest(CLUSTERS, { threshold: 2 })
  decidedWithout(mixed, 1, 20)
  mixed.equivocates('c4', 90)
  expect(mixed.orders).toMatchObject([{ bars: false }])
})

test('[NW5] a height is judged once, by the first reports of more than two thirds', () => {
  const audit = new AuditUnderTest()
  decidedWithout(audit, 1, 20)
  for (let height = 1; height <= 20; height++) audit.reportMissed(by('c4'), height, by('c4'))
  audit.report(by('c1', 2), [entry(20, 'other')])
  expect(audit.kinds().filter((kind) => kind === 'missed-votes')).toHaveLength(1)
})
