/** What must hold between the registry before a step and after it, for ever: tokens, grants and the mark of recovery. */
import { compareTokens, sameToken } from '../../ids.ts'
import { type FoundedRegistry, type GrantRecord, tokenOf } from './types.ts'

export function brokenSuccession(
  was: FoundedRegistry,
  is: FoundedRegistry,
  grants: readonly GrantRecord[],
): readonly string[] {
  return [...brokenTokens(was, is, grants), ...brokenGrants(was, is, grants), ...brokenRecovery(was, is, grants)]
}

function brokenTokens(was: FoundedRegistry, is: FoundedRegistry, grants: readonly GrantRecord[]): readonly string[] {
  const broken: string[] = []
  const order = compareTokens(tokenOf(is), tokenOf(was))
  if (order < 0) broken.push('RG8: the token fell')
  if (order === 0 && is.master !== was.master) broken.push('RG1: one token, two masters')
  if (order === 0 && grants.length > 0) broken.push('RG8: a token was granted twice')
  if (order !== 0 && (is.generation !== was.generation || is.epoch !== was.epoch + 1)) {
    broken.push('RG1: a change of master did not raise the epoch by one')
  }
  if (order !== 0 && grants.length !== 1) broken.push('RG2: the token rose without one grant')
  return broken
}

function brokenGrants(was: FoundedRegistry, is: FoundedRegistry, grants: readonly GrantRecord[]): readonly string[] {
  const broken: string[] = []
  for (const grant of grants) {
    if (was.syncSet.includes(grant.node)) continue
    if (!grant.recovering) broken.push('RG2: a clean grant to a node outside the sync set')
    if (is.syncSet.length !== 1) broken.push('RG6: a sync set of nodes that hold nothing of the predecessor')
  }
  return broken
}

function brokenRecovery(was: FoundedRegistry, is: FoundedRegistry, grants: readonly GrantRecord[]): readonly string[] {
  const broken: string[] = []
  if (grants.some((grant) => grant.recovering !== (is.recovery !== null))) {
    broken.push('RG6: a grant does not carry the mark of its cluster')
  }
  if (was.recovery !== null && grants.length > 0 && is.recovery !== was.recovery) {
    broken.push('RG6: a grant changed or ended the mark of recovery')
  }
  if (was.recovery === null && is.recovery !== null) {
    const { token, syncSet } = is.recovery.lastClean
    if (grants.length === 0) broken.push('RG6: recovery began without a grant')
    if (!sameToken(token, tokenOf(was)) || syncSet !== was.syncSet) {
      broken.push('RG6: the last clean epoch is not the one before')
    }
  }
  return broken
}
