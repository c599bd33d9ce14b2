/**
 * Events of the registry, into the log (RG11). What changes it is recorded always. What nodes ask for in vain, or again, and what a member of
 * a majority tells of, is recorded as long as there is not too much of it: a node that has gone wrong, or whoever sends its words once more, fills no
 * log. The rest is counted, and the count recorded when the window is over.
 */
import type { RegistryEvent, RegistryEventKind } from '@baton/shared/core/registry/messages'
import { EventBudget } from '@baton/shared/event-budget'
import { LIMITS } from '@baton/shared/limits'
import type { Clock } from '@baton/shared/ports/clock'
import type { IdentityEvent } from './identity-events.ts'

/** Whatever a node asks for without bringing about a change. An operator's calls have a bound of their own (ID7). */
const IN_VAIN: ReadonlySet<RegistryEventKind> = new Set([
  'claim-refused',
  'grant-repeated',
  'reshape-refused',
  'reshape-repeated',
  'confirmed',
  'confirm-refused',
  'recovery-end-refused',
  'recovery-end-repeated',
  'verified-refused',
  'verified-repeated',
  'report-conflict',
] as const satisfies readonly RegistryEventKind[])

export interface RegistryLogParts {
  readonly clock: Clock
  /** Inside the transaction that the event is about. */
  readonly append: (event: RegistryEvent) => void
  readonly note: (event: IdentityEvent) => void
}

export class RegistryLog {
  readonly #parts: RegistryLogParts
  readonly #budget = new EventBudget<string>({
    told: LIMITS.eventsInVain,
    windowMs: LIMITS.attemptWindowMs,
    sources: LIMITS.nodesPerCluster,
  })

  constructor(parts: RegistryLogParts) {
    this.#parts = parts
  }

  record(event: RegistryEvent): void {
    if (!IN_VAIN.has(event.event) || this.#may(event.who)) this.#parts.append(event)
  }

  /** As `teller` tells it: nothing of it is signed (MJ1). */
  told(event: RegistryEvent, teller: string): void {
    if (this.#may(`what ${teller} tells`)) this.#parts.append(event)
  }

  #may(source: string): boolean {
    const { clock, note } = this.#parts
    const now = clock.now()
    for (const { source: over, events } of this.#budget.settle(now)) {
      const who = over ?? 'others'
      const why = `${events} more within ten minutes were not recorded`
      note({ event: 'attempts-limited', who, why, code: 'TOO_MANY_ATTEMPTS', evidence: null })
    }
    return this.#budget.spend(source, now)
  }
}
