/** A deterministic scheduler: actions run in the order of their time, equal times in the order they were asked for. */
import type { Instant } from '@baton/shared/ids'

interface Action {
  readonly at: number
  readonly order: number
  readonly run: () => void
  cancelled: boolean
}

export class VirtualTime {
  now = 1_000 as Instant
  #order = 0
  readonly #queue: Action[] = []

  /** Runs `run` after `ms`; returns how to cancel it. */
  after(ms: number, run: () => void): () => void {
    const action: Action = { at: this.now + ms, order: this.#order++, run, cancelled: false }
    let at = this.#queue.length
    while (at > 0 && this.#queue[at - 1]!.at > action.at) at -= 1
    this.#queue.splice(at, 0, action)
    return () => {
      action.cancelled = true
    }
  }

  advance(ms: number): void {
    this.advanceUntil(() => false, ms)
  }

  /** Advances until `done`, at most `limitMs`; true when it became true. */
  advanceUntil(done: () => boolean, limitMs: number): boolean {
    const end = this.now + limitMs
    if (done()) return true
    for (let next = this.#queue[0]; next !== undefined && next.at <= end; next = this.#queue[0]) {
      this.#queue.shift()
      this.now = next.at as Instant
      if (next.cancelled) continue
      next.run()
      if (done()) return true
    }
    this.now = end as Instant
    return done()
  }
}
