/**
 * Findings and refused reports that become events, in a minute and cluster: a master that is wrong at every height, or an admitted node that
 * says one wrong thing after another, fills no database. How many were left out is told once their minute is over.
 */
import type { ClusterId, Instant } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'

const MINUTE_MS = 60_000

export interface LeftOut {
  readonly cluster: ClusterId
  readonly events: number
}

export class EventBudget {
  readonly #minutes = new Map<ClusterId, { readonly since: Instant; told: number; leftOut: number }>()

  /** False: this one is only counted. */
  spend(cluster: ClusterId, now: Instant): boolean {
    const minute = this.#minutes.get(cluster) ?? { since: now, told: 0, leftOut: 0 }
    this.#minutes.set(cluster, minute)
    const may = minute.told < LIMITS.findingsPerMinute
    if (may) minute.told += 1
    else minute.leftOut += 1
    return may
  }

  /** Of the minutes that are over. */
  settle(now: Instant): readonly LeftOut[] {
    const left: LeftOut[] = []
    for (const [cluster, { since, leftOut }] of this.#minutes) {
      if (now - since < MINUTE_MS) continue
      this.#minutes.delete(cluster)
      if (leftOut > 0) left.push({ cluster, events: leftOut })
    }
    return left
  }
}
