import type { Instant, UnixMs } from '../ids.ts'

export interface Clock {
  /** Monotonic: for everything that decides. Measure a timeout from when the request was *sent*. */
  now(): Instant
  /** Wall-clock time: for expiry at joining and for people, never for mastership. */
  wallNow(): UnixMs
}
