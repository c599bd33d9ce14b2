import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AuditUnderTest, by, entry, heard, SEVEN } from './fixture.ts'

const cluster = fc.constantFrom(...SEVEN)
const epoch = fc.constantFrom(1, 1, 1, 2)
/** Few clusters are at fault, so that the network is sometimes below, and sometimes above f. */
const suspect = fc.constantFrom('c6', 'c6', 'c6', 'c7', 'c7', 'c5')

const action = fc.oneof(
  fc.record({ do: fc.constant('master' as const), cluster, epoch: fc.nat(3), recovering: fc.boolean() }),
  { weight: 4, arbitrary: fc.record({ do: fc.constant('equivocates' as const), suspect, height: fc.nat(30), epoch }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('accuses' as const), cluster, suspect, height: fc.nat(3), epoch }),
  },
  fc.record({
    do: fc.constant('report' as const),
    cluster,
    height: fc.nat(20),
    bad: fc.boolean(),
    forMs: fc.nat(40_000),
  }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(200_000) }),
)

test('[NW4, NW5] in any order: one order stands at a time, for one that is at the threshold, and none among too many', () => {
  let orders = 0
  let alerts = 0
  fc.assert(
    fc.property(fc.array(action, { minLength: 20, maxLength: 80 }), (actions) => {
      const audit = new AuditUnderTest(SEVEN)
      const given = new Set<string>()
      let seen = 0
      for (const each of actions) {
        if (each.do === 'wait') audit.now += each.ms
        else if (each.do === 'master') audit.master(each.cluster, each.epoch, each.recovering)
        else if (each.do === 'equivocates') audit.equivocates(each.suspect, each.height, each.epoch)
        else if (each.do === 'accuses') audit.accuses(each.cluster, each.suspect, each.height, each.epoch)
        else {
          const words = SEVEN.map((other) => heard(other, each.forMs))
          audit.report(by(each.cluster), [entry(each.height, each.bad ? 'bad' : 'good')], words)
        }
        for (const { order } of audit.orders.slice(seen)) {
          seen += 1
          // Nobody has recorded it yet: only the one that stands is sent again.
          const again = given.has(order.id)
          if (again) expect(audit.state.standing?.order, `${order.id} was given twice`).toEqual(order)
          given.add(order.id)
        }
      }
      orders += given.size
      if (audit.kinds().includes('too-many-suspects')) alerts += 1
    }),
    { numRuns: 300, seed: 20261026 },
  )
  expect(orders).toBeGreaterThan(50)
  expect(alerts).toBeGreaterThan(10)
})
