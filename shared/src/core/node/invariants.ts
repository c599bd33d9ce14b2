/** What must hold of a node after every step, across its machines: a production assert, and a check of all tests. */
import { compareTokens, sameToken } from '../../ids.ts'
import type { NodeStep } from './io.ts'
import type { NodeState } from './state.ts'

/** The first broken invariant of a step from `before`, as a sentence that names its rule; null when all hold. */
export function brokenNode(before: NodeState, { state, send }: NodeStep): string | null {
  for (const one of send) {
    if (one.s === 'sign' && !leadsUnder(state, one.token)) return 'GU2: an act is released by a node that does not lead'
  }
  for (const one of send) {
    if (one.s === 'sign' && state.recovery !== null) return 'RC2: an act is released by a recovering master'
  }
  return (
    brokenRecovery(state) ??
    brokenRoles(state) ??
    brokenReleases(state) ??
    brokenChain(before, state) ??
    brokenTokens(before, state)
  )
}

function leadsUnder({ guard }: NodeState, token: NodeState['guard']['token']): boolean {
  return guard.role.role === 'leading' && sameToken(guard.token, token)
}

function brokenRoles({ guard, election, consensus, config }: NodeState): string | null {
  const { own, role } = election
  if (own !== null && compareTokens(guard.token, own.token) > 0) return 'EL5: the guard promises more than is on disk'
  if (guard.role.role !== 'leading') {
    return consensus.kind === 'idle' ? null : 'GU2: consensus runs on a node that does not lead'
  }
  if (role.r !== 'master' || own?.node !== config.election.node)
    return 'EL5: the guard leads, and the node is no master'
  return sameToken(guard.token, own.token) ? null : 'EL5: the guard leads under a token that is not the highest known'
}

function brokenRecovery({ recovery, handOver, consensus, guard }: NodeState): string | null {
  if (handOver !== null && (guard.role.role !== 'following' || guard.role.master !== null)) {
    return 'RC3: a log follows its new master before it was handed over'
  }
  if (recovery === null) return null
  if (guard.role.role !== 'leading') return 'RC2: a node recovers that does not lead'
  if ((consensus.kind === 'waiting' || consensus.kind === 'running') && consensus.setting.mayVote) {
    return 'RC2: a recovering master votes'
  }
  return null
}

function brokenReleases({ releases, guard }: NodeState): string | null {
  if (releases.length === 0) return null
  if (guard.role.role !== 'leading') return 'GU2: something waits to be released by a node that does not lead'
  let previous = 0
  for (const { index } of releases) {
    if (index < previous) return 'GU2: releases are out of order'
    previous = index
  }
  if (previous > guard.last.index) return 'GU2: a release waits for an entry that is not in the log'
  return releases[0]!.index > guard.role.held ? null : 'GU2: a release of a held record was forgotten'
}

function brokenChain(before: NodeState, { chain, decided }: NodeState): string | null {
  if (chain.tip.height < before.chain.tip.height) return 'GU4: the chain became shorter'
  if (decided === before.decided) return null
  for (const height of decided.keys())
    if (height <= chain.tip.height) return 'GU4: an executed height is still to be done'
  return null
}

function brokenTokens(before: NodeState, { masterships }: NodeState): string | null {
  if (masterships === before.masterships) return null
  for (const [cluster, known] of before.masterships) {
    const now = masterships.get(cluster)
    if (now === undefined || compareTokens(now, known) < 0) return 'NW1: a known token fell'
  }
  return null
}
