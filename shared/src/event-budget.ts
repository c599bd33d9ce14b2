/**
 * How many events of one source are told in a window; the rest is counted. A source that is wrong again and again, or an attacker, fills no log
 * (RG11). How many were left out is told once the window of that source is over.
 */
import type { Instant, Ms } from './ids.ts'

export interface EventBounds {
  /** Of one source, in one window. */
  readonly told: number
  readonly windowMs: Ms
  /** Sources that are kept apart; what comes from others meanwhile is counted together, and none of it is told. */
  readonly sources: number
}

export interface LeftOut<Source extends string> {
  /** Null: of all those for whom there was no room. */
  readonly source: Source | null
  readonly events: number
}

interface Window {
  readonly since: Instant
  told: number
  leftOut: number
}

export class EventBudget<Source extends string> {
  readonly #bounds: EventBounds
  readonly #windows = new Map<Source | null, Window>()

  constructor(bounds: EventBounds) {
    this.#bounds = bounds
  }

  /** False: this one is only counted. */
  spend(source: Source, now: Instant): boolean {
    const { told, sources } = this.#bounds
    const isKept = this.#windows.has(source) || this.#windows.size < sources
    const key = isKept ? source : null
    const window = this.#windows.get(key) ?? { since: now, told: 0, leftOut: 0 }
    this.#windows.set(key, window)
    const may = isKept && window.told < told
    if (may) window.told += 1
    else window.leftOut += 1
    return may
  }

  /** Of the windows that are over. */
  settle(now: Instant): readonly LeftOut<Source>[] {
    const left: LeftOut<Source>[] = []
    for (const [source, { since, leftOut }] of this.#windows) {
      if (now - since < this.#bounds.windowMs) continue
      this.#windows.delete(source)
      if (leftOut > 0) left.push({ source, events: leftOut })
    }
    return left
  }
}
