import { expect, test } from 'vitest'
import { timingsOf } from '../../sim/report/timings.ts'
import { DAMAGES, goesOnWithinMs } from '../../sim/run/damage.ts'
import { World } from '../../support/world/world.ts'

const { policy } = new World({ clusters: 1, nodes: 1, policy: { recoverAfterMs: 5_000 } }).genesis.clusters[0]!

test('each kind of damage has a bound of its own, far below a minute, and worse damage a longer one', () => {
  const bounds = [...DAMAGES].reverse().map((damage) => goesOnWithinMs(damage, { policy, round: 0, stallMs: 0 }))
  expect(bounds).toEqual([4_550, 9_050, 19_050, 39_050])
  expect(goesOnWithinMs('none', { policy, round: 8, stallMs: 0 })).toBeGreaterThan(bounds[0]!)
})

test('the report tells how long it took, by damage', () => {
  const timing = (goesOnMs: number) => ({ damage: 'failover', goesOnMs, wholeMs: null }) as const
  expect(timingsOf([300, 100, 200].map(timing))).toEqual({
    failover: { goesOn: { runs: 3, p50: 200, p90: 300, p99: 300, max: 300 }, whole: null },
  })
})
