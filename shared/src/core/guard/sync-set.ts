/** RG4: which change of the sync set the master asks for next, and what must be on disk before it asks. */
import type { Instant, NodeId } from '../../ids.ts'
import type { GuardEvent, GuardSend, GuardWrite } from './machine-types.ts'
import type { GuardState, LeadingRole } from './state.ts'
import type { RequiredSet } from './types.ts'

export interface SyncSetChange {
  readonly role: LeadingRole
  readonly write: readonly GuardWrite[]
  readonly send: readonly GuardSend[]
  readonly events: readonly GuardEvent[]
}

/** An unanswered request is repeated after this long; repeating changes nothing if the first one arrived. */
const ASK_AGAIN_MS = 500
/** Entries that a node may lag behind when it is added. */
const LAG_MAX = 16

/**
 * One change at a time. A removal is asked for at once, and counts only when the registry shows it. An addition goes on
 * disk as pending, so that nothing counts without the new node; when it has acknowledged all that came before, it is asked for.
 */
export function nextSyncSetChange(
  state: GuardState,
  role: LeadingRole,
  now: Instant,
  askAgain: boolean,
): SyncSetChange {
  const { reshaping, required } = role
  if (reshaping?.step === 'asked') {
    if (!askAgain && now - reshaping.at < ASK_AGAIN_MS) return nothing(role)
    return ask(state, role, reshaping.syncSet, now)
  }
  const leaving = required.syncSet.filter((node) => role.suspects.has(node) && node !== state.policy.self)
  if (leaving.length > 0) {
    const change = dropPending(role)
    const asked = ask(
      state,
      change.role,
      required.syncSet.filter((node) => !leaving.includes(node)),
      now,
    )
    return { ...asked, write: [...change.write, ...asked.write] }
  }
  if (reshaping?.step === 'adding') {
    const follower = role.followers.get(reshaping.node)
    if (follower === undefined || role.suspects.has(reshaping.node)) return dropPending(role)
    if (follower.acked.index < reshaping.from) return nothing(role)
    return ask(state, role, [...required.syncSet, reshaping.node], now)
  }
  const wanted = wantedStandbys(state, role)
  const joining = wanted.find((node) => !required.syncSet.includes(node))
  if (joining === undefined) {
    const standbys = required.syncSet.filter((node) => node !== state.policy.self)
    if (standbys.length <= state.policy.syncReplicas || wanted.length < state.policy.syncReplicas) return nothing(role)
    return ask(state, role, [state.policy.self, ...wanted], now)
  }
  const next: RequiredSet = { ...required, pending: [joining] }
  return {
    role: { ...role, required: next, reshaping: { step: 'adding', node: joining, from: state.last.index } },
    write: [{ w: 'required', required: next }],
    send: [],
    events: [{ event: 'guard-adding', peer: joining }],
  }
}

/**
 * The best candidates that could be standbys now, as many as the policy wants. A better one that comes later is added first,
 * and only then is the surplus one let go: the sync set is never smaller for it.
 */
function wantedStandbys(state: GuardState, role: LeadingRole): readonly NodeId[] {
  const fit = role.candidates.filter((node) => {
    const follower = role.followers.get(node)
    if (node === state.policy.self || follower === undefined) return false
    if (role.required.syncSet.includes(node)) return true
    // Streaming live, with nothing but the last few entries outstanding: holding on to it will not stall the cluster.
    return state.last.index - follower.acked.index <= LAG_MAX && follower.acked.index >= role.barrier
  })
  return fit.slice(0, state.policy.syncReplicas)
}

/** Before it is asked for, an addition may be dropped: nobody else has heard of it. */
function dropPending(role: LeadingRole): SyncSetChange {
  if (role.required.pending.length === 0) return nothing({ ...role, reshaping: null })
  const required: RequiredSet = { ...role.required, pending: [] }
  const suspects = new Set([...role.suspects].filter((node) => required.syncSet.includes(node)))
  return {
    role: { ...role, required, suspects, reshaping: null },
    write: [{ w: 'required', required }],
    send: [],
    events: [],
  }
}

function ask(state: GuardState, role: LeadingRole, syncSet: readonly NodeId[], now: Instant): SyncSetChange {
  const version = role.required.version
  return {
    role: { ...role, reshaping: { step: 'asked', syncSet, version, at: now } },
    write: [],
    send: [{ s: 'reshape', token: state.token, syncSet, version }],
    events: [],
  }
}

function nothing(role: LeadingRole): SyncSetChange {
  return { role, write: [], send: [], events: [] }
}
