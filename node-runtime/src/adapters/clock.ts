import type { Instant, UnixMs } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'

export const systemClock: Clock = {
  now: () => performance.now() as Instant,
  wallNow: () => Date.now() as UnixMs,
}
