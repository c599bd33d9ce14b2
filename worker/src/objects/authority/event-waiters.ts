/** Requests that wait for the next event (long poll): bounded in number and time. */
import { LIMITS } from '@baton/shared/limits'

export class EventWaiters {
  readonly #waiting = new Set<() => void>()

  /** Resolves with the next event, or after `ms`; at once when too many wait already. */
  wait(ms: number): Promise<void> {
    if (ms <= 0 || this.#waiting.size >= LIMITS.eventWaiters) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, Math.min(ms, LIMITS.eventWaitMs))
      this.#waiting.add(done)
    })
  }

  wake(): void {
    for (const done of [...this.#waiting]) done()
  }
}
