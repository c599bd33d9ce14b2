import { expect, test } from 'vitest'
import type { Pool } from '../../sim/jobs/pool.ts'
import type { Answer, Task } from '../../sim/jobs/task.ts'
import { Baseline } from '../../sim/mutants/baseline.ts'
import { specOf } from '../../sim/run/overrides.ts'

function task(seed: number, liveness = false): Task {
  return { spec: specOf(seed, { liveness }), twice: false, failsQuietly: true }
}

/** Seed 2 breaks, seed 3 cannot be run. */
function poolThat(counts: { runs: number }): Pool {
  const run = ({ spec: { seed } }: Task): Promise<Answer> => {
    counts.runs += 1
    if (seed === 3) return Promise.resolve({ ok: false, seed, why: 'the process died', cpuMs: 0 })
    const result = { seed, broken: seed === 2 ? 'RG1 one holder per token' : null }
    return Promise.resolve({ ok: true, result, cpuMs: 0, differs: false, assertion: null } as unknown as Answer)
  }
  return { run } as unknown as Pool
}

test('the core without a defect runs each seed once, for all defects', async () => {
  const counts = { runs: 0 }
  const baseline = new Baseline(poolThat(counts))
  expect(await Promise.all([baseline.breaks(task(1)), baseline.breaks(task(1))])).toEqual([null, null])
  expect(counts.runs).toBe(1)
  await baseline.breaks(task(1, true))
  expect(counts.runs).toBe(2)
})

test('a seed that breaks without a defect is reported, and says nothing about one', async () => {
  const baseline = new Baseline(poolThat({ runs: 0 }))
  expect(await baseline.breaks(task(3))).toBe('the process died')
  expect(await baseline.breaks(task(2))).toBe('RG1 one holder per token')
  expect(await baseline.breaks(task(1))).toBe(null)
  const broken = [
    { seed: 2, by: 'RG1 one holder per token' },
    { seed: 3, by: 'the process died' },
  ]
  expect(baseline.report()).toEqual({ seeds: 3, broken })
})
