import { createAudit } from '@baton/shared/core/audit/machine'
import { LIMITS } from '@baton/shared/limits'
import { describe, expect, test } from 'vitest'
import { AuditUnderTest, by, CLUSTERS, entry, SEVEN } from './fixture.ts'

const WINDOW = 600_000

function errors(audit: AuditUnderTest, cluster: string, times: number, epoch = 1): void {
  const from = audit.events.length + 1
  for (let i = 0; i < times; i++) audit.equivocates(cluster, 100 * from + i, epoch)
}

describe('the threshold', () => {
  test('[NW5] is exact: the switch is ordered by the error that reaches it, and not again', () => {
    const audit = new AuditUnderTest()
    errors(audit, 'c2', 2)
    expect(audit.orders).toEqual([])
    errors(audit, 'c2', 1)
    expect(audit.kinds().at(-1)).toBe('threshold-passed')
    expect(audit.orders).toEqual([
      {
        s: 'order',
        cluster: 'c2',
        order: { id: 'c2-1-threshold', node: 'c2-1', cause: 'threshold', why: '3 × equivocation' },
        bars: true,
      },
    ])
    errors(audit, 'c2', 5)
    expect(audit.orders).toHaveLength(1)
    expect(audit.kinds().filter((kind) => kind === 'threshold-passed')).toHaveLength(1)
  })

  test('[NW5] an order rests on the errors that reached it, though one report has brought more', () => {
    const audit = new AuditUnderTest()
    const heights = [1, 2, 3, 4, 5, 6]
    for (const cluster of ['c1', 'c3', 'c4'])
      audit.report(
        by(cluster),
        heights.map((height) => entry(height)),
      )
    audit.report(
      by('c2'),
      heights.map((height) => entry(height, 'bad')),
    )
    expect(audit.orders).toMatchObject([{ cluster: 'c2', order: { why: '3 × result-mismatch' } }])
  })

  test('[NW5, NW4] wrong results count, each height once, and kinds add up by their weights', () => {
    const audit = new AuditUnderTest(CLUSTERS, {
      weights: { 'result-mismatch': 1, equivocation: 2, 'invalid-proposal': 1, 'missed-votes': 1 },
    })
    for (const cluster of ['c1', 'c3', 'c4']) audit.report(by(cluster), [entry(5), entry(6)])
    audit.report(by('c2'), [entry(5, 'bad')])
    audit.report(by('c2'), [entry(5, 'bad')])
    expect(audit.orders).toEqual([])
    audit.equivocates('c2', 9)
    expect(audit.orders).toMatchObject([{ cluster: 'c2', order: { why: '1 × equivocation, 1 × result-mismatch' } }])
  })

  test('[NW5] errors decay: what is older than the window has not happened', () => {
    const audit = new AuditUnderTest()
    errors(audit, 'c2', 2)
    audit.now += WINDOW
    errors(audit, 'c2', 2)
    expect(audit.orders).toEqual([])
    audit.now += WINDOW - 1
    errors(audit, 'c2', 1)
    expect(audit.orders).toHaveLength(1)
  })

  test('[NW5] counters belong to a master at its token: they start at zero with a grant', () => {
    const audit = new AuditUnderTest()
    errors(audit, 'c2', 2)
    audit.master('c2', 2)
    errors(audit, 'c2', 2, 2)
    expect(audit.orders).toEqual([])
    errors(audit, 'c2', 1, 1)
    expect(audit.orders).toEqual([])
    errors(audit, 'c2', 1, 2)
    expect(audit.orders).toMatchObject([{ order: { id: 'c2-2-threshold', node: 'c2-2' } }])
    audit.master('c2', 1)
    expect(audit.state.counters.get('c2' as never)?.by).toEqual(by('c2', 2))
  })

  test('[NW5] a flood of errors is bounded', () => {
    const audit = new AuditUnderTest()
    errors(audit, 'c2', LIMITS.auditErrors + 20)
    expect(audit.state.counters.get('c2' as never)?.errors).toHaveLength(LIMITS.auditErrors)
  })
})

describe('an automatic order', () => {
  test('[NW5] stands alone in the network: the next one waits until it has ended by a grant', () => {
    const audit = new AuditUnderTest(SEVEN)
    errors(audit, 'c2', 3)
    errors(audit, 'c5', 3)
    expect(audit.orders.map(({ cluster }) => cluster)).toEqual(['c2'])
    audit.master('c3', 2)
    expect(audit.orders).toHaveLength(1)
    const step = audit.master('c2', 2)
    expect(audit.orders.map(({ cluster }) => cluster)).toEqual(['c2', 'c5'])
    expect(step.write).toMatchObject([
      { w: 'standing', order: null },
      { w: 'standing', order: { order: { id: 'c5-1-threshold' } } },
    ])
  })

  test('[NW5] that waited is not given when its reason has decayed', () => {
    const audit = new AuditUnderTest(SEVEN)
    errors(audit, 'c2', 3)
    errors(audit, 'c5', 3)
    audit.now += WINDOW
    audit.master('c2', 2)
    expect(audit.orders).toHaveLength(1)
  })

  test('[NW5] ends when the registry has refused it', () => {
    const audit = new AuditUnderTest(SEVEN)
    errors(audit, 'c2', 3)
    errors(audit, 'c5', 3)
    audit.send({ i: 'orderEnded', id: 'another' })
    expect(audit.orders).toHaveLength(1)
    audit.send({ i: 'orderEnded', id: 'c2-1-threshold' })
    expect(audit.orders.map(({ cluster }) => cluster)).toEqual(['c2', 'c5'])
  })

  test('[NW5] is kept: an audit that starts over one that stands gives no second', () => {
    const audit = new AuditUnderTest(SEVEN)
    const order = { id: 'c7-4-threshold', node: by('c7', 4).node, cause: 'threshold', why: '3 × equivocation' } as const
    audit.state = createAudit(SEVEN, {}, { by: by('c7', 4), order, bars: true })
    audit.sends.length = 0
    for (const cluster of SEVEN.slice(0, 6)) audit.master(cluster)
    errors(audit, 'c2', 3)
    audit.master('c7', 4)
    // The one that stands may never have arrived.
    expect(audit.orders).toEqual([{ s: 'order', cluster: 'c7', order, bars: true }])
    audit.master('c7', 5)
    expect(audit.orders.map(({ cluster }) => cluster)).toEqual(['c7', 'c2'])
  })

  test('[NW5, RG9] is sent again until the authority has recorded it', () => {
    const audit = new AuditUnderTest()
    errors(audit, 'c2', 3)
    audit.now += LIMITS.orderAgainMs - 1
    audit.send({ i: 'tick' })
    expect(audit.orders).toHaveLength(1)
    audit.now += 1
    audit.send({ i: 'tick' })
    expect(audit.orders[1]).toEqual(audit.orders[0])
    audit.send({ i: 'orderTaken', id: 'another' })
    audit.now += LIMITS.orderAgainMs
    audit.send({ i: 'tick' })
    expect(audit.orders).toHaveLength(3)
    audit.send({ i: 'orderTaken', id: 'c2-1-threshold' })
    audit.now += LIMITS.orderAgainMs
    expect(audit.send({ i: 'tick' }).send).toEqual([])
  })
})

describe('too many suspects', () => {
  test('[NW5] when more than f clusters pass the threshold in one window, none is ordered: one alert', () => {
    const audit = new AuditUnderTest()
    errors(audit, 'c2', 3)
    audit.master('c2', 2)
    errors(audit, 'c3', 3)
    errors(audit, 'c4', 3)
    expect(audit.orders.map(({ cluster }) => cluster)).toEqual(['c2'])
    expect(audit.events.filter(({ event }) => event === 'too-many-suspects')).toEqual([
      { event: 'too-many-suspects', clusters: ['c2', 'c3'] },
    ])
  })

  test('[NW5] the window passes: a cluster that is still at the threshold is ordered then', () => {
    const audit = new AuditUnderTest()
    errors(audit, 'c2', 3)
    audit.master('c2', 2)
    audit.now += WINDOW / 2
    errors(audit, 'c3', 3)
    expect(audit.orders).toHaveLength(1)
    audit.now += WINDOW / 2 - 1
    audit.send({ i: 'tick' })
    expect(audit.orders).toHaveLength(1)
    audit.now += 1
    audit.send({ i: 'tick' })
    expect(audit.orders.map(({ cluster }) => cluster)).toEqual(['c2', 'c3'])
  })

  test('[NW5] in a network without any f nobody is ever ordered automatically', () => {
    const audit = new AuditUnderTest(CLUSTERS.slice(0, 3))
    errors(audit, 'c2', 3)
    expect(audit.orders).toEqual([])
    expect(audit.kinds()).toContain('too-many-suspects')
  })
})
