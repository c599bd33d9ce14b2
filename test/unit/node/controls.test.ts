/** Negative controls: what the invariants say must be impossible is possible as soon as a promise is really broken. */
import { expect, test } from 'vitest'
import { run } from '../../sim/run/run.ts'
import { drawSpec, type RunSpec } from '../../sim/run/spec.ts'

const SEEDS = 8

function quiet(seed: number, more: Partial<RunSpec>): RunSpec {
  return {
    ...drawSpec(seed),
    clusters: 4,
    nodes: 1,
    faults: {},
    real: false,
    liveness: false,
    safetyMs: 2_500,
    ...more,
  }
}

test('[NW4] f clusters that lie do not break agreement, f + 1 do', () => {
  const forked = (traitors: RunSpec['traitors']): boolean => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      if (run(quiet(seed, { traitors })).broken === 'one block per height') return true
    }
    return false
  }
  expect(forked(['equivocates'])).toBe(false)
  expect(forked(['equivocates', 'equivocates'])).toBe(true)
}, 120_000)
