/** Which events and which states of a registry an operator must be woken for. */

import type { Explanation } from './explain.ts'
import { standstill } from './freeze.ts'
import { heirs } from './heirs.ts'
import type { RegistryContext, RegistryEvent } from './messages.ts'
import type { RegistryState } from './types.ts'

export type AuthorityAlert =
  | 'cluster-frozen'
  | 'token-conflict'
  | 'switch-ordered'
  | 'order-waits'
  | 'switchover-dropped'
  | 'recovering'
  | 'data-loss-allowed'
  | 'no-failover'
  /** Of the directory (NW5): nobody knows who is wrong. */
  | 'too-many-suspects'

/** The alert that an event is; null: none. */
export function alertOf({ event, evidence }: RegistryEvent): AuthorityAlert | null {
  switch (event) {
    case 'frozen':
      return 'cluster-frozen'
    case 'report-conflict':
      return 'token-conflict'
    case 'ordered':
    case 'evicted':
      return 'switch-ordered'
    case 'order-waits':
      return 'order-waits'
    case 'switchover-dropped':
      return 'switchover-dropped'
    case 'data-loss-allowed':
      return 'data-loss-allowed'
    case 'granted':
      return evidence?.kind === 'claim' && evidence.given.kind === 'lost' ? 'recovering' : null
    default:
      return null
  }
}

export interface StandingAlert {
  readonly code: AuthorityAlert
  readonly why: string
}

/** What stands now: the gauge `baton_alert`. */
export function standingAlerts(
  { registry, hearing }: RegistryState,
  { couldFailOver, lines }: Explanation,
  context: RegistryContext,
): readonly StandingAlert[] {
  if (registry.status === 'absent') return []
  const standing: StandingAlert[] = []
  const still = standstill(registry)
  if (still !== null) standing.push({ code: 'cluster-frozen', why: still })
  if (registry.status !== 'founded') return standing
  if (registry.orders.length > 0 && heirs(registry, hearing, context).length === 0) {
    standing.push({ code: 'order-waits', why: `${registry.master} goes on: nobody can take over` })
  }
  if (registry.recovery !== null) standing.push({ code: 'recovering', why: `${registry.master} does not vote yet` })
  if (!couldFailOver) standing.push({ code: 'no-failover', why: lines[0] ?? '' })
  return standing
}
