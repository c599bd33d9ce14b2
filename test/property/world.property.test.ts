import { describe, expect, test } from 'vitest'
import { runSeed } from '../support/world/seed-run.ts'

/** Seconds of seeds in `npm test`; more with `WORLD_SEEDS=from-to vitest run --project unit test/property`. */
const BUDGET_MS = 20_000
const SEEDS = [1, 40] as const

function seeds(): readonly [from: number, to: number] {
  const given = /^(\d+)-(\d+)$/.exec(process.env.WORLD_SEEDS ?? '')
  return given === null ? SEEDS : [Number(given[1]), Number(given[2])]
}

describe('any schedule of faults on a whole network', () => {
  test('[GU1 GU2 GU7 RG2 RG4 EL5 NW3] breaks no promise, and loses nothing when all is mended', () => {
    const [from, to] = seeds()
    const until = process.env.WORLD_SEEDS === undefined ? performance.now() + BUDGET_MS : Number.POSITIVE_INFINITY
    let switches = 0
    for (let seed = from; seed <= to && performance.now() < until; seed++) {
      const { found, story, world, switches: more } = runSeed(seed)
      expect(found, `seed ${seed}\n${story.join('\n')}\n${world}`).toEqual([])
      switches += more
    }
    expect(switches).toBeGreaterThan(0)
  }, 3_600_000)

  test('the same seed gives the same run', () => {
    const [first, second] = [runSeed(9, 8), runSeed(9, 8)]
    expect(second).toEqual(first)
  }, 60_000)
})
