/** RG4: which change of the sync set the master asks for next, and what must be on disk before it asks. */
import type { Instant, NodeId } from '../../ids.ts'
import type { GuardEvent, GuardSend, GuardWrite } from './machine-types.ts'
import type { GuardState, LeadingRole, Reshaping } from './state.ts'
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
 * One change at a time. A removal is asked for at once, and counts only when the registry shows it. Of an addition nobody hears before
 * the node has acknowledged all that came before it began; by then it counts, and it is on disk as pending before it is asked for.
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
    const staying = required.syncSet.filter((node) => !leaving.includes(node))
    return ask(state, withoutAddition(role), staying, now)
  }
  if (reshaping?.step === 'adding') return goOnAdding(state, role, reshaping, now)
  const wanted = wantedStandbys(state, role, now)
  const joining = wanted.find((node) => !required.syncSet.includes(node))
  if (joining === undefined) {
    const standbys = required.syncSet.filter((node) => node !== state.policy.self)
    if (standbys.length <= state.policy.syncReplicas || wanted.length < state.policy.syncReplicas) return nothing(role)
    return ask(state, role, [state.policy.self, ...wanted], now)
  }
  const adding = { step: 'adding', node: joining, from: state.last.index } as const
  const change = goOnAdding(state, { ...role, reshaping: adding }, adding, now)
  return { ...change, events: [{ event: 'guard-adding', peer: joining }, ...change.events] }
}

/** What a master that restarts must go on asking: its pending addition may be recorded already (RG2). */
export function pendingRequest(required: RequiredSet, now: Instant): Reshaping | null {
  if (required.pending.length === 0) return null
  const syncSet = [...required.syncSet, ...required.pending]
  return { step: 'asked', syncSet, version: required.version, at: now }
}

function goOnAdding(
  state: GuardState,
  role: LeadingRole,
  { node, from }: Extract<Reshaping, { step: 'adding' }>,
  now: Instant,
): SyncSetChange {
  const follower = role.followers.get(node)
  if (follower === undefined || role.suspects.has(node) || !role.candidates.includes(node)) {
    return nothing(withoutAddition(role))
  }
  if (follower.acked.index < from) return nothing(role)
  const required: RequiredSet = { ...role.required, pending: [node] }
  const asked = ask(state, { ...role, required }, [...required.syncSet, node], now)
  return { ...asked, write: [{ w: 'required', required }, ...asked.write] }
}

/**
 * The best candidates that could be standbys now, as many as the policy wants. A better one that comes later is added first,
 * and only then is the surplus one let go: the sync set is never smaller for it.
 */
function wantedStandbys(state: GuardState, role: LeadingRole, now: Instant): readonly NodeId[] {
  const fit = role.candidates.filter((node) => {
    const follower = role.followers.get(node)
    if (node === state.policy.self || follower === undefined) return false
    if (role.required.syncSet.includes(node)) return true
    // Streaming live and answering, with nothing but the last few entries outstanding: holding on to it will not stall the cluster.
    if (follower.waitingSince !== null && now - follower.waitingSince >= state.policy.suspectAfter / 2) return false
    return state.last.index - follower.acked.index <= LAG_MAX && follower.acked.index >= role.barrier
  })
  return fit.slice(0, state.policy.syncReplicas)
}

/** Before it is asked for, an addition may be dropped: nobody else has heard of it. */
function withoutAddition(role: LeadingRole): LeadingRole {
  const { syncSet } = role.required
  const suspects = new Set([...role.suspects].filter((node) => syncSet.includes(node)))
  const absent = new Map([...role.absent].filter(([node]) => syncSet.includes(node)))
  return { ...role, suspects, absent, reshaping: null }
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
