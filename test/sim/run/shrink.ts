/** Makes a failing seed smaller: the same invariant must still break with fewer kinds of faults and less time. */
import { MAJORITIES, type Overrides, specOf } from './overrides.ts'
import type { RunResult } from './run.ts'
import type { RunSpec } from './spec.ts'

export interface Shrunk {
  readonly overrides: Overrides
  readonly result: RunResult
}

type Attempt = (spec: RunSpec) => Promise<RunResult | null>

/** `attempt` runs a spec; null when it could not be run. */
export async function shrink(seed: number, start: Overrides, failed: RunResult, attempt: Attempt): Promise<Shrunk> {
  let best: Shrunk = { overrides: start, result: failed }
  const tries = async (overrides: Overrides): Promise<boolean> => {
    const result = await attempt(specOf(seed, overrides))
    if (result === null || result.broken !== failed.broken) return false
    best = { overrides, result }
    return true
  }
  if (!failed.broken?.startsWith('does not')) await tries({ ...best.overrides, liveness: false })
  for (const kind of [...Object.keys(specOf(seed, start).faults), MAJORITIES]) {
    await tries({ ...best.overrides, without: [...(best.overrides.without ?? []), kind] })
  }
  for (;;) {
    const { safetyMs } = specOf(seed, best.overrides)
    if (safetyMs <= 500 || !(await tries({ ...best.overrides, safetyMs: Math.floor(safetyMs / 2) }))) return best
  }
}
