/** Time in a Durable Object: only a wall clock, and it stands still while code runs (it moves with each event). */
import type { Instant, UnixMs } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'

/** `now` never goes back within one life of the object; what it measures does not outlive that life either. */
export function authorityClock(read: () => number = Date.now): Clock {
  let latest = 0
  return {
    now: () => {
      latest = Math.max(latest, read())
      return latest as Instant
    },
    wallNow: () => read() as UnixMs,
  }
}
