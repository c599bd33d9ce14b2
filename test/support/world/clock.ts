/** The clocks of one machine: a monotonic one that runs a little fast or slow, and a wall clock that may also be stepped. */
import type { Instant } from '@baton/shared/ids'

export class Clock {
  /** Seconds of this clock per true second: 1 ± 500 ppm. */
  rate = 1
  /** What the wall clock has been stepped by, in ms. */
  offsetMs = 0
  readonly #trueNow: () => Instant

  constructor(trueNow: () => Instant) {
    this.#trueNow = trueNow
  }

  now(): Instant {
    return (this.#trueNow() * this.rate) as Instant
  }

  wall(): number {
    return Math.floor(this.now() + this.offsetMs)
  }

  /** True time until this clock has gone on by `ms`. */
  inTrueMs(ms: number): number {
    return ms / this.rate
  }
}
