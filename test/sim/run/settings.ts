/** Bounds of the core that a run sets for itself, so that what is rare in production is common here. */
import { LIMITS } from '@baton/shared/limits'

interface Bounds {
  logHeightsKept: number
  appendEntries: number
}

/** Runs `work` under these bounds, and puts the usual ones back. */
export function withBounds<Value>({ logHeightsKept, appendEntries }: Bounds, work: () => Value): Value {
  const limits: Bounds = LIMITS
  const before = { logHeightsKept: limits.logHeightsKept, appendEntries: limits.appendEntries }
  Object.assign(limits, { logHeightsKept, appendEntries })
  try {
    return work()
  } finally {
    Object.assign(limits, before)
  }
}
