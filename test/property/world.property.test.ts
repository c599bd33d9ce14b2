import { describe, expect, test } from 'vitest'
import { run } from '../sim/run/run.ts'
import { drawSpec } from '../sim/run/spec.ts'
import { times } from '../support/long.ts'

/** `npm run sim` runs as many as are asked for. */
const SEEDS = times(40, 8)

describe('any schedule of faults on a whole network', () => {
  test('[GU1 GU2 GU7 RG2 RG4 EL5 NW3] breaks no promise, and the network goes on when its core is healed', () => {
    let switches = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const result = run(drawSpec(seed))
      expect(result.violations, `npm run sim -- --seed ${seed}\n${result.story.join('\n')}\n${result.world}`).toEqual(
        [],
      )
      switches += result.switches
    }
    expect(switches).toBeGreaterThan(0)
  }, 3_600_000)

  test('the same seed gives the same run', () => {
    const spec = { ...drawSpec(9), safetyMs: 2_000 }
    const [first, second] = [run(spec), run(spec)]
    expect(second).toEqual(first)
  }, 60_000)
})
