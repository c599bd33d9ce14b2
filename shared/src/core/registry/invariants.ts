/** What must hold after every step: used by production asserts, unit, property and simulation tests alike. */
import { compareTokens } from '../../ids.ts'
import type { RegistryStep } from './messages.ts'
import { type FoundedRegistry, type Registry, type RegistryState, tokenOf } from './types.ts'

/** Every broken invariant of one step, as `RULE: what is wrong`; empty when all is well. Cheap: no history is kept. */
export function brokenInvariants(before: RegistryState, step: RegistryStep): readonly string[] {
  const broken: string[] = []
  const was = before.registry
  const is = step.state.registry
  const grants = step.write.filter((write) => write.w === 'grant').map((write) => write.grant)
  if (is.status === 'founded') broken.push(...brokenState(is))
  if (was.status !== 'absent' && is.status === 'absent') broken.push('RG8: a registry was forgotten')
  if (was.status === 'founded' && is.status === 'unfounded') broken.push('RG8: a token was forgotten')
  if (was.status !== 'absent' && is.status !== 'absent') {
    if (registryDiffers(was, is) && is.version <= was.version) broken.push('RG1: a change did not raise the version')
    if (!registryDiffers(was, is) && is.version !== was.version) broken.push('RG1: the version rose without a change')
  }
  if (was.status === 'founded' && is.status === 'founded') {
    broken.push(...brokenSuccession(was, is, grants.length))
    if (grants.some((grant) => !grant.recovering && !was.syncSet.includes(grant.node))) {
      broken.push('RG2: a clean grant to a node outside the sync set')
    }
  }
  if (was.status !== 'founded' && grants.some((grant) => grant.epoch !== 1))
    broken.push('RG2: the first epoch is not 1')
  return broken
}

function brokenState(registry: FoundedRegistry): readonly string[] {
  const broken: string[] = []
  const { master, syncSet, members, lastGrant, coming } = registry
  if (!syncSet.includes(master)) broken.push('RG4: the master is not in the sync set')
  if (new Set(syncSet).size !== syncSet.length) broken.push('RG4: a node is twice in the sync set')
  if (syncSet.some((node) => !members.has(node))) broken.push('RG4: the sync set names a node that is no member')
  if (lastGrant.node !== master || compareTokens(lastGrant, tokenOf(registry)) !== 0) {
    broken.push('RG2: the last grant is not that of the recorded master')
  }
  if (coming !== null && syncSet.includes(coming)) broken.push('EL7: the coming standby has arrived already')
  return broken
}

function brokenSuccession(was: FoundedRegistry, is: FoundedRegistry, grants: number): readonly string[] {
  const broken: string[] = []
  const order = compareTokens(tokenOf(is), tokenOf(was))
  if (order < 0) broken.push('RG8: the token fell')
  if (order === 0 && is.master !== was.master) broken.push('RG1: one token, two masters')
  if (order === 0 && grants > 0) broken.push('RG8: a token was granted twice')
  if (order !== 0 && (is.generation !== was.generation || is.epoch !== was.epoch + 1)) {
    broken.push('RG1: a change of master did not raise the epoch by one')
  }
  if (order !== 0 && grants !== 1) broken.push('RG2: the token rose without one grant')
  return broken
}

/** Anything but the version, and what was merely heard. */
function registryDiffers(
  was: Exclude<Registry, { status: 'absent' }>,
  is: Exclude<Registry, { status: 'absent' }>,
): boolean {
  if (was.status !== is.status || was.members !== is.members || was.generation !== is.generation) return true
  if (was.bars !== is.bars || was.policy !== is.policy) return true
  if (was.status !== 'founded' || is.status !== 'founded') return false
  return (
    was.epoch !== is.epoch ||
    was.master !== is.master ||
    was.coming !== is.coming ||
    was.recovering !== is.recovering ||
    was.syncSet !== is.syncSet
  )
}
