/** What must hold between the registry before a step and after it, for ever: tokens, grants and the mark of recovery. */
import { compareTokens, sameToken } from '../../ids.ts'
import { type Created, type FoundedRegistry, type GrantRecord, tokenOf } from './types.ts'

type Grants = readonly GrantRecord[]

/** RG8: a registry that is frozen, or being restored, decides nothing about the mastership. */
export function brokenStandstill(was: Created, is: Created, grants: Grants): readonly string[] {
  const broken: string[] = []
  if (is.frozen !== null && is.restore !== null) broken.push('RG8: frozen, and being restored')
  if (is.generation < was.generation) broken.push('RG8: the generation fell')
  if (is.generation > was.generation && is.restore === null) broken.push('RG8: a new generation that trusts the old')
  if (was.frozen !== null && is.frozen === null && is.generation === was.generation) {
    broken.push('RG8: a freeze ended without a new generation')
  }
  if (was.frozen === null && was.restore === null) return broken
  if (grants.length > 0) broken.push('RG8: a grant while the registry stands still')
  if (was.status === 'founded' && is.status === 'founded' && !restored(was, is) && was.syncSet !== is.syncSet) {
    broken.push('RG8: another sync set while the registry stands still')
  }
  return broken
}

export function brokenSuccession(was: FoundedRegistry, is: FoundedRegistry, grants: Grants): readonly string[] {
  return [...brokenTokens(was, is, grants), ...brokenGrants(was, is, grants), ...brokenRecovery(was, is, grants)]
}

/** The step in which the members' word became the registry's; a late one may come while nothing is granted in the new generation. */
export function restored(was: Created, is: Created): boolean {
  if (is.restore !== null || is.frozen !== null) return false
  return was.restore !== null || tookUpLate(was, is)
}

function tookUpLate(was: Created, is: Created): boolean {
  if (was.status !== 'founded' || is.status !== 'founded' || was.frozen !== null) return false
  const recovers = [was, is].every(({ recovery }) => recovery?.lastClean.syncSet.length === 0)
  const isOld = is.lastGrant.generation < is.generation && is.generation === was.generation
  return recovers && isOld && compareTokens(is.lastGrant, was.lastGrant) > 0
}

function brokenTokens(was: FoundedRegistry, is: FoundedRegistry, grants: Grants): readonly string[] {
  const broken: string[] = []
  const order = compareTokens(tokenOf(is), tokenOf(was))
  if (order < 0) broken.push('RG8: the token fell')
  if (restored(was, is) || is.generation > was.generation) return broken
  if (order === 0 && is.master !== was.master) broken.push('RG1: one token, two masters')
  if (order === 0 && grants.length > 0) broken.push('RG8: a token was granted twice')
  if (order === 0 && is.lastGrant !== was.lastGrant) broken.push('RG8: another grant under the same token')
  if (order !== 0 && is.epoch !== was.epoch + 1) broken.push('RG1: a change of master did not raise the epoch by one')
  if (order !== 0 && grants.length !== 1) broken.push('RG2: the token rose without one grant')
  return broken
}

function brokenGrants(was: FoundedRegistry, is: FoundedRegistry, grants: Grants): readonly string[] {
  const broken: string[] = []
  for (const grant of grants) {
    if (was.members.get(grant.node)?.revoked === true) broken.push('ID8: a grant to a revoked key')
    if (was.syncSet.includes(grant.node)) continue
    if (!grant.recovering) broken.push('RG2: a clean grant to a node outside the sync set')
    if (is.syncSet.length !== 1) broken.push('RG6: a sync set of nodes that hold nothing of the predecessor')
  }
  return broken
}

function brokenRecovery(was: FoundedRegistry, is: FoundedRegistry, grants: Grants): readonly string[] {
  const broken: string[] = []
  if (grants.some((grant) => grant.recovering !== (is.recovery !== null))) {
    broken.push('RG6: a grant does not carry the mark of its cluster')
  }
  if (was.recovery !== null && grants.length > 0 && is.recovery !== was.recovery) {
    broken.push('RG6: a grant changed or ended the mark of recovery')
  }
  if (was.recovery === null && is.recovery !== null && !restored(was, is)) {
    const { token, syncSet } = is.recovery.lastClean
    if (grants.length === 0) broken.push('RG6: recovery began without a grant')
    if (!sameToken(token, was.lastGrant) || syncSet !== was.syncSet) {
      broken.push('RG6: the last clean epoch is not the one before')
    }
  }
  return broken
}
