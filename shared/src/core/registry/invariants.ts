/** What must hold after every step: used by production asserts, unit, property and simulation tests alike. */
import { compareTokens } from '../../ids.ts'
import type { RegistryStep } from './messages.ts'
import { brokenOrders, brokenStandingOrders } from './order-invariants.ts'
import { brokenStandstill, brokenSuccession } from './succession-invariants.ts'
import { type Created, type FoundedRegistry, type RegistryState, tokenOf } from './types.ts'

/** Every broken invariant of one step, as `RULE: what is wrong`; empty when all is well. Cheap: no history is kept. */
export function brokenInvariants(before: RegistryState, step: RegistryStep): readonly string[] {
  const broken: string[] = []
  const was = before.registry
  const is = step.state.registry
  const grants = step.write.flatMap((write) => (write.w === 'grant' ? [write.grant] : []))
  if (is.status !== 'absent') broken.push(...brokenRegistry(is))
  if (was.status !== 'absent' && is.status === 'absent') broken.push('RG8: a registry was forgotten')
  if (was.status === 'founded' && is.status === 'unfounded') broken.push('RG8: a token was forgotten')
  if (was.status !== 'absent' && is.status !== 'absent') {
    if (registryDiffers(was, is) && is.version <= was.version) broken.push('RG1: a change did not raise the version')
    if (!registryDiffers(was, is) && is.version !== was.version) broken.push('RG1: the version rose without a change')
    broken.push(...brokenStandstill(was, is, grants))
  }
  if (was.status === 'founded' && is.status === 'founded') {
    broken.push(...brokenSuccession(was, is, grants), ...brokenOrders(was, is, grants))
  }
  if (was.status !== 'founded' && grants.some((grant) => grant.epoch !== 1))
    broken.push('RG2: the first epoch is not 1')
  return broken
}

/** What must hold of a registry by itself, whoever brings it. */
export function brokenRegistry(registry: Created): readonly string[] {
  return registry.status === 'founded' ? [...brokenState(registry), ...brokenStandingOrders(registry)] : []
}

function brokenState(registry: FoundedRegistry): readonly string[] {
  const broken: string[] = []
  const { master, syncSet, members, lastGrant, coming, recovery } = registry
  if (!syncSet.includes(master)) broken.push('RG4: the master is not in the sync set')
  if (new Set(syncSet).size !== syncSet.length) broken.push('RG4: a node is twice in the sync set')
  if (syncSet.some((node) => !members.has(node))) broken.push('RG4: the sync set names a node that is no member')
  if (lastGrant.node !== master) broken.push('RG2: the last grant is not that of the recorded master')
  const order = compareTokens(lastGrant, tokenOf(registry))
  // After a restore the last grant is one of a generation before.
  if (lastGrant.generation === registry.generation ? order !== 0 : order > 0 || lastGrant.epoch > registry.epoch) {
    broken.push('RG2: the last grant is not of the recorded token')
  }
  if (recovery === null && lastGrant.version === registry.version && lastGrant.recovering) {
    broken.push('RG6: a recovering grant left no mark')
  }
  if (coming !== null && syncSet.includes(coming)) broken.push('EL7: the coming standby has arrived already')
  return broken
}

/** What is written on the way without being a change: the version itself, and how long logs were heard to be. */
const NO_CHANGE: ReadonlySet<string> = new Set(['version', 'acknowledged'])

/** A part of the registry is replaced only by a change of it. */
function registryDiffers(was: Created, is: Created): boolean {
  if (was.status !== is.status) return true
  const parts = Object.keys(is) as (keyof Created)[]
  return parts.some((part) => !NO_CHANGE.has(part) && was[part] !== is[part])
}
