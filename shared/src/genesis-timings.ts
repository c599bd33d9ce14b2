/** How the timings of a cluster must stand to each other (DESIGN of the detector: one lost heartbeat is no suspicion). */
import type { ClusterPolicy } from './genesis.ts'

export type Timings = Pick<ClusterPolicy, 'heartbeatMs' | 'suspectAfterMs' | 'masterTtlMs' | 'startupGraceMs'>

/** One line naming both values of a broken relation, or null. */
export function timingProblem(timings: Timings): string | null {
  const { heartbeatMs, suspectAfterMs, masterTtlMs, startupGraceMs } = timings
  if (suspectAfterMs <= 3 * heartbeatMs) {
    return `suspectAfterMs (${suspectAfterMs}) must be more than 3 × heartbeatMs (${heartbeatMs})`
  }
  if (masterTtlMs < 2 * suspectAfterMs) {
    return `masterTtlMs (${masterTtlMs}) must be at least 2 × suspectAfterMs (${suspectAfterMs})`
  }
  if (startupGraceMs < masterTtlMs) {
    return `startupGraceMs (${startupGraceMs}) must be at least masterTtlMs (${masterTtlMs})`
  }
  return null
}
