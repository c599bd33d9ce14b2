/** Which of two registries that members have decided is the newer one (MJ1): by what a majority has signed first. */
import { compareTokens } from '../../ids.ts'
import type { FoundedRegistry } from '../registry/types.ts'

export function isNewer(registry: FoundedRegistry, known: FoundedRegistry): boolean {
  const order = compareTokens(registry.lastGrant, known.lastGrant)
  return order > 0 || (order === 0 && registry.version > known.version)
}
