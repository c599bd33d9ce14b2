/** Negative controls: what the invariants say must be impossible is possible as soon as a promise is really broken. */
import { expect, test } from 'vitest'
import { bundle } from '../../sim/jobs/bundle.ts'
import { Pool } from '../../sim/jobs/pool.ts'
import { GUARD_MUTANTS } from '../../sim/mutants/guard-mutants.ts'
import { planted } from '../../sim/mutants/planting.ts'
import { run } from '../../sim/run/run.ts'
import { drawSpec, type RunSpec } from '../../sim/run/spec.ts'

const SEEDS = 8
/** A double vote needs its crash at the right moment: so many seeds are tried for one. */
const SEEDS_TO_SEARCH = 60

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

test('[GU2] with the guard switched off a cluster votes twice', async () => {
  const off = GUARD_MUTANTS.find(({ name }) => name === 'released-before-held')!
  const { path, remove } = await bundle(planted(off))
  const pool = new Pool(path)
  try {
    let broken: readonly string[] = []
    for (let seed = 1; seed <= SEEDS_TO_SEARCH && !broken.some((each) => each.includes('NW3 no two acts')); seed++) {
      // What is broken first is that something is called held; here the run goes on until that has its consequence.
      const spec = { ...quiet(seed, { nodes: 3 }), faults: { killCommitting: 2, isolate: 1 }, downMax: 4, goesOn: true }
      const answer = await pool.run({ spec, twice: false, failsQuietly: true })
      if (answer.ok) broken = answer.result.violations
    }
    expect(broken.some((each) => each.includes('NW3 no two acts'))).toBe(true)
  } finally {
    pool.stop()
    remove()
  }
}, 120_000)
