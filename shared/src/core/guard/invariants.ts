/** What must hold of the guard after every step: a production assert, and a check of all tests. Costs no allocation. */
import { compareTokens, sameToken } from '../../ids.ts'
import type { GuardSend, GuardStep } from './machine-types.ts'
import type { GuardState, LeadingRole } from './state.ts'
import type { RequiredSet } from './types.ts'

/** The first broken invariant of a step from `before`, as a sentence that names its rule; null when all hold. */
export function brokenGuard(before: GuardState, step: GuardStep): string | null {
  const { state } = step
  return brokenLog(state) ?? brokenRole(state) ?? brokenChange(before, state) ?? brokenOutputs(before, step)
}

function brokenLog({ base, last, spans, knownHeld }: GuardState): string | null {
  if (base.index > last.index) return 'GU3: the log ends below its base'
  if (knownHeld < base.index) return 'GU6: something was compacted that is not held'
  if (knownHeld > last.index) return 'GU3: a held entry is gone'
  const open = spans.at(-1)
  if (open === undefined) return last.index === base.index ? null : 'GU3: entries without a span'
  return open.last.index === last.index && open.last.hash === last.hash
    ? null
    : 'GU3: the spans do not end at the last entry'
}

function brokenRole({ role, token, last, knownHeld, policy }: GuardState): string | null {
  if (role.role !== 'leading') return null
  const { required, reshaping, held, barrier, followers } = role
  if (!sameToken(required.token, token)) return 'RG4: the required set is of another token'
  if (!required.syncSet.includes(policy.self)) return 'RG4: the master is not in its required set'
  if (held > knownHeld || barrier > last.index) return 'GU1: held, or the barrier, is beyond the log'
  for (const { acked } of followers.values()) {
    if (acked.index > last.index) return 'GU1: a follower acknowledges what is not in the log'
  }
  if (required.pending.length > 0 && reshaping?.step !== 'asked') return 'RG4: a pending addition that nobody asks for'
  if (reshaping?.step === 'adding' && required.syncSet.includes(reshaping.node)) return 'RG4: it is in already'
  return null
}

function brokenChange(before: GuardState, { token, knownHeld, role, base }: GuardState): string | null {
  const order = compareTokens(token, before.token)
  if (order < 0) return 'EL5: the promised token fell'
  const forgets = role.role === 'following' && role.master !== null && role.across && knownHeld === base.index
  if (knownHeld < before.knownHeld && !forgets) return 'GU1: what is known to be held fell'
  if (order === 0 && role.role === 'leading' && before.role.role === 'leading' && role.held < before.role.held) {
    return 'GU1: held fell'
  }
  return null
}

function brokenOutputs(before: GuardState, { state, write, send }: GuardStep): string | null {
  const { role } = state
  let required: RequiredSet | null = before.role.role === 'leading' ? before.role.required : null
  for (const one of write) {
    if (one.w === 'required') required = one.required
    if (one.w === 'truncate' && one.after < before.knownHeld) return 'GU3: truncates below a held index'
  }
  if (role.role === 'leading' && required !== role.required) return 'RG4: the required set is not on disk'
  for (const one of send) {
    const broken = role.role === 'leading' ? brokenLeadingSend(role, one) : brokenSend(state, one)
    if (broken !== null) return broken
  }
  return null
}

function brokenLeadingSend(role: LeadingRole, send: GuardSend): string | null {
  if (send.s === 'released' && send.upTo !== role.held) return 'GU2: releases what is not held'
  if (send.s !== 'reshape') return null
  for (const node of send.syncSet) {
    if (!role.required.syncSet.includes(node) && !role.required.pending.includes(node)) {
      return 'RG4: asks for an addition that is not on disk'
    }
  }
  return null
}

function brokenSend({ last }: GuardState, send: GuardSend): string | null {
  if (send.s === 'released') return 'GU2: releases without leading'
  if (send.s === 'reshape') return 'RG4: asks for a sync set without leading'
  if (send.s === 'peer' && send.message.t === 'appendAck' && send.message.durable.index > last.index) {
    return 'GU1: acknowledges what it does not have'
  }
  return null
}
