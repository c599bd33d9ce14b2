/** Virtual time: what is due, by time and then in the order in which it was asked for. */
import type { Instant } from '@baton/shared/ids'

interface Due {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

export class Schedule {
  now = 1_000 as Instant
  /** A binary heap by (time, order). */
  readonly #queue: Due[] = []
  #order = 0

  after(ms: number, run: () => void): void {
    const due: Due = { at: this.now + ms, order: this.#order++, run }
    const queue = this.#queue
    let at = queue.push(due) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(due, queue[parent]!)) break
      queue[at] = queue[parent]!
      at = parent
    }
    queue[at] = due
  }

  /** Runs until nothing is due within the time, or `done` holds; false when time ran out first. */
  run(durationMs: number, done: () => boolean): boolean {
    const until = this.now + durationMs
    while (!done()) {
      const next = this.#queue[0]
      if (next === undefined || next.at > until) {
        this.now = until as Instant
        return done()
      }
      this.#pop()
      this.now = Math.max(this.now, next.at) as Instant
      next.run()
    }
    return true
  }

  #pop(): void {
    const queue = this.#queue
    const last = queue.pop()!
    if (queue.length === 0) return
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= queue.length) break
      const child = left + 1 < queue.length && before(queue[left + 1]!, queue[left]!) ? left + 1 : left
      if (!before(queue[child]!, last)) break
      queue[at] = queue[child]!
      at = child
    }
    queue[at] = last
  }
}

function before(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
