/** RG9: who could take over from a master that is ordered away, now and not some day. */
import type { NodeId } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { electableStandbys, saysItMustResync } from './electable.ts'
import type { RegistryContext } from './messages.ts'
import { pauseAt } from './pause.ts'
import type { FoundedRegistry, Hearing } from './types.ts'

/**
 * Electable standbys that are there: one that this life of the authority has not heard of yet may be; one that has died would keep a barred master
 * from going on for as long as it is dead, and one that must re-sync waits for a master itself. In a pause nobody takes over (RG10).
 */
export function heirs(
  registry: FoundedRegistry,
  hearing: Hearing,
  { now, wallClock }: RegistryContext,
): readonly NodeId[] {
  if (pauseAt(registry, wallClock) !== null) return []
  return electableStandbys(registry, hearing, wallClock).filter((node) => {
    if (saysItMustResync(hearing, node)) return false
    const heardAt = hearing.reports.get(node)?.at ?? hearing.startedAt
    return now - heardAt < LIMITS.standbySilentMs
  })
}
