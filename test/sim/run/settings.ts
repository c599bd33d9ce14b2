/** Bounds of the core that a run sets for itself, so that what is rare in production is common here. */
import { LIMITS } from '@baton/shared/limits'

/** Runs `work` with short logs, and puts the bound back. */
export function withLogHeightsKept<Value>(heights: number, work: () => Value): Value {
  const limits: { logHeightsKept: number } = LIMITS
  const before = limits.logHeightsKept
  limits.logHeightsKept = heights
  try {
    return work()
  } finally {
    limits.logHeightsKept = before
  }
}
