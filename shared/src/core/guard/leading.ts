/** The guard of a master: it streams its log to the followers and says what is held. */
import { assert } from '../../assert.ts'
import { encodeRecord } from '../../codec/record.ts'
import { formatToken, type LogIndex, type NodeId, sameToken, type Token } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { unchanged } from '../step.ts'
import { heldIndex, requiredOthers, toldHeld } from './held.ts'
import { commonPosition, extend, nextEntry, positionAt } from './log.ts'
import type { GuardContext, GuardEvent, GuardSend, GuardStep, GuardWrite } from './machine-types.ts'
import type { Follower, GuardState, LeadingRole } from './state.ts'
import { nextSyncSetChange, pendingRequest } from './sync-set.ts'
import type { AppendAck, Attach, LogEntry, RecordKind, RequiredSet } from './types.ts'

/** Collects what one leading step gives; `finish` works out what became held and what the sync set needs next. */
interface LeadingWork {
  state: GuardState
  role: LeadingRole
  readonly stream: GuardSend[]
  readonly write: GuardWrite[]
  readonly send: GuardSend[]
  readonly events: GuardEvent[]
}

/** GU3: a new epoch's log begins with a barrier; RG4: the required set is on disk before anything counts. */
export function startLeading(
  state: GuardState,
  required: RequiredSet,
  nonce: string,
  context: GuardContext,
): GuardStep {
  const token = required.token
  const barrier = nextEntry(context.hash, state, token, 'barrier', encodeRecord({ kind: 'barrier', process: nonce }))
  const blank: LeadingRole = {
    role: 'leading',
    required,
    followers: new Map(),
    absent: new Map(),
    acknowledged: new Map(),
    held: state.knownHeld,
    barrier: barrier.index,
    reshaping: pendingRequest(required, context.now),
    candidates: [],
    suspects: new Set(),
    unheldSince: null,
  }
  const absent = new Map(requiredOthers(state.policy, blank).map((node) => [node, context.now] as const))
  const work = begin({ ...state, token, ...extend(state, barrier), role: { ...blank, absent } })
  work.write.push({ w: 'required', required }, { w: 'entry', entry: barrier })
  work.send.push({ s: 'appended', entries: [barrier] })
  work.events.push({ event: 'guard-leading', token, syncSet: required.syncSet })
  return finish(work, context)
}

export function appendRecord(state: GuardState, kind: RecordKind, body: Uint8Array, context: GuardContext): GuardStep {
  const work = begin(state)
  const entry = nextEntry(context.hash, state, state.token, kind, body)
  work.state = { ...work.state, ...extend(work.state, entry) }
  work.write.push({ w: 'entry', entry })
  work.send.push({ s: 'appended', entries: [entry] })
  for (const [node, follower] of work.role.followers) {
    // A follower that is up to date gets the new entry as it is; one that lags gets it from the log in its turn.
    if (follower.sent === entry.index - 1) streamEntries(work, node, follower, [entry], context)
  }
  return finish(work, context)
}

export function receiveAttach(state: GuardState, from: NodeId, attach: Attach, context: GuardContext): GuardStep {
  if (!sameToken(attach.token, state.token)) {
    return unchanged(state, {
      code: attach.token.epoch < state.token.epoch ? 'LOWER_TOKEN' : 'PEER_UNEXPECTED',
      why: `${from} attaches at token ${formatToken(attach.token)}, this master holds ${formatToken(state.token)}`,
    })
  }
  const work = begin(state)
  const common = commonPosition(state, context.log, attach)
  if (common === null) {
    sendBehind(work, from, context)
    return finish(work, context)
  }
  const before = work.role.followers.get(from)?.acked.index ?? work.role.acknowledged.get(from) ?? 0
  if (isRequired(work, from)) {
    if (common.index < before) suspect(work, from, `it acknowledged index ${before} and now has only ${common.index}`)
    // It is back with all it had: what is not asked for yet need not be.
    else trust(work, from)
  }
  const follower: Follower = { acked: common, sent: common.index, waitingSince: null }
  const absent = new Map(work.role.absent)
  absent.delete(from)
  work.role = { ...work.role, followers: new Map(work.role.followers).set(from, follower), absent }
  work.events.push({ event: 'guard-attached', peer: from, at: common.index })
  streamFromLog(work, from, context, true)
  return finish(work, context)
}

export function receiveAck(state: GuardState, from: NodeId, ack: AppendAck, context: GuardContext): GuardStep {
  const work = begin(state)
  const follower = work.role.followers.get(from)
  if (!sameToken(ack.token, state.token)) {
    return unchanged(state, { code: 'LOWER_TOKEN', why: `acknowledgement under token ${formatToken(ack.token)}` })
  }
  if (follower === undefined) return unchanged(state, { code: 'PEER_UNEXPECTED', why: `${from} is not attached` })
  if (ack.durable.index < follower.acked.index) return unchanged(state)
  if (ack.durable.index < state.base.index) {
    // Compaction has overtaken it. What streams live goes on; what it still needs of the old part is gone.
    if (follower.sent >= state.base.index) return unchanged(state)
    sendBehind(work, from, context)
    return finish(work, context)
  }
  const here = positionAt(state, context.log, ack.durable.index)
  if (here === null || here.hash !== ack.durable.hash) {
    return unchanged(state, {
      code: 'PEER_UNEXPECTED',
      why: `${from} acknowledges index ${ack.durable.index}, which this log does not have`,
    })
  }
  const next: Follower = {
    acked: ack.durable,
    sent: follower.sent,
    waitingSince: ack.durable.index < follower.sent ? context.now : null,
  }
  setFollower(work, from, next)
  streamFromLog(work, from, context, false)
  return finish(work, context)
}

export function peerGone(state: GuardState, peer: NodeId, dead: boolean, context: GuardContext): GuardStep {
  const work = begin(state)
  detach(work, peer, context)
  if (dead && isRequired(work, peer)) suspect(work, peer, 'its host refuses connections: the process is dead')
  return finish(work, context)
}

/** RG4: what the registry shows at a higher version is what counts. */
export function registryShows(
  state: GuardState,
  shown: { readonly token: Token; readonly version: RequiredSet['version']; readonly syncSet: readonly NodeId[] },
  context: GuardContext,
): GuardStep {
  const work = begin(state)
  const { required, reshaping } = work.role
  if (!sameToken(shown.token, state.token) || shown.version <= required.version) return unchanged(state)
  if (!shown.syncSet.includes(state.policy.self)) {
    const why = `the registry shows a sync set without its master at token ${formatToken(state.token)}`
    return unchanged(state, { code: 'PEER_UNEXPECTED', why })
  }
  // A request was made against the version before: it is carried out in what is shown, or can never be.
  const asked = reshaping?.step === 'asked'
  const joined = reshaping?.step === 'adding' && shown.syncSet.includes(reshaping.node)
  const next: RequiredSet = { token: state.token, version: shown.version, syncSet: shown.syncSet, pending: [] }
  const suspects = new Set([...work.role.suspects].filter((node) => shown.syncSet.includes(node)))
  work.role = { ...work.role, required: next, reshaping: asked || joined ? null : reshaping, suspects }
  const others = requiredOthers(state.policy, work.role)
  const absent = new Map([...work.role.absent].filter(([node]) => others.includes(node)))
  for (const node of others) if (!work.role.followers.has(node) && !absent.has(node)) absent.set(node, context.now)
  work.role = { ...work.role, absent }
  work.write.push({ w: 'required', required: next })
  work.events.push({ event: 'guard-sync-set', syncSet: shown.syncSet, version: shown.version })
  return finish(work, context)
}

/** Time has passed, or with `askAgain` the authority can be reached again. */
export function lookAround(state: GuardState, context: GuardContext, askAgain: boolean): GuardStep {
  return finish(begin(state), context, askAgain)
}

export function setCandidates(state: GuardState, nodes: readonly NodeId[], context: GuardContext): GuardStep {
  const work = begin(state)
  work.role = { ...work.role, candidates: nodes }
  return finish(work, context)
}

function begin(state: GuardState): LeadingWork {
  assert(state.role.role === 'leading', `leading step in role ${state.role.role}`)
  return { state, role: state.role, stream: [], write: [], send: [], events: [] }
}

function finish(work: LeadingWork, context: GuardContext, askAgain = false): GuardStep {
  suspectSilent(work, context)
  const change = nextSyncSetChange({ ...work.state, role: work.role }, work.role, context.now, askAgain)
  work.role = change.role
  work.write.push(...change.write)
  work.send.push(...change.send)
  work.events.push(...change.events)

  const held = heldIndex({ ...work.state, role: work.role }, work.role)
  if (held > work.role.held) work.send.push({ s: 'released', upTo: held })
  const waits = held < work.state.last.index
  const advanced = held > work.role.held
  const unheldSince = waits ? (advanced || work.role.unheldSince === null ? context.now : work.role.unheldSince) : null
  work.role = { ...work.role, held, unheldSince }
  return {
    state: { ...work.state, knownHeld: Math.max(work.state.knownHeld, held) as LogIndex, role: work.role },
    stream: work.stream,
    write: work.write,
    send: work.send,
    timers: [{ name: 'guard', after: Math.max(50, work.state.policy.suspectAfter / 4) as never }],
    events: work.events,
  }
}

/**
 * A required node that is absent or acknowledges nothing for `suspectAfter` is asked to leave. Looked at in every step: each one
 * sets the timer anew, so that under load it would never fire.
 */
function suspectSilent(work: LeadingWork, context: GuardContext): void {
  const { suspectAfter } = work.state.policy
  for (const node of requiredOthers(work.state.policy, work.role)) {
    const since = work.role.absent.get(node) ?? work.role.followers.get(node)?.waitingSince ?? null
    if (since !== null && context.now - since >= suspectAfter) {
      suspect(work, node, `nothing acknowledged for ${Math.round(context.now - since)} ms`)
    }
  }
}

function isRequired({ state, role }: LeadingWork, node: NodeId): boolean {
  return requiredOthers(state.policy, role).includes(node)
}

function suspect(work: LeadingWork, node: NodeId, why: string): void {
  if (work.role.suspects.has(node)) return
  work.role = { ...work.role, suspects: new Set(work.role.suspects).add(node) }
  work.events.push({ event: 'guard-suspect', peer: node, why })
}

function trust(work: LeadingWork, node: NodeId): void {
  const suspects = new Set(work.role.suspects)
  if (suspects.delete(node)) work.role = { ...work.role, suspects }
}

function detach(work: LeadingWork, node: NodeId, context: GuardContext): void {
  const followers = new Map(work.role.followers)
  const acknowledged = new Map(work.role.acknowledged)
  const follower = followers.get(node)
  if (follower !== undefined) acknowledged.set(node, follower.acked.index)
  followers.delete(node)
  const absent = new Map(work.role.absent)
  if (isRequired(work, node) && !absent.has(node)) absent.set(node, context.now)
  work.role = { ...work.role, followers, absent, acknowledged }
}

function setFollower(work: LeadingWork, node: NodeId, follower: Follower): void {
  work.role = { ...work.role, followers: new Map(work.role.followers).set(node, follower) }
}

function streamEntries(
  work: LeadingWork,
  to: NodeId,
  follower: Follower,
  entries: readonly LogEntry[],
  context: GuardContext,
): void {
  const first = entries[0]
  const last = entries.at(-1)
  assert(first !== undefined && last !== undefined, 'nothing to stream')
  work.stream.push({
    s: 'peer',
    to,
    message: {
      t: 'append',
      token: work.state.token,
      after: { index: (first.index - 1) as LogIndex, hash: first.previous },
      entries,
      held: toldHeld(work.role),
    },
  })
  setFollower(work, to, { ...follower, sent: last.index, waitingSince: follower.waitingSince ?? context.now })
}

/** GU5: nothing at or above the base is known to be shared. A follower that has the base all the same says so when it attaches again. */
function sendBehind(work: LeadingWork, to: NodeId, context: GuardContext): void {
  const { token, base } = work.state
  work.send.push({ s: 'peer', to, message: { t: 'behind', token, base, height: context.tip } })
  work.events.push({ event: 'guard-behind', peer: to, last: base.index })
  detach(work, to, context)
}

/** Sends the next chunk to a follower that lags, one chunk in flight at a time; `greet` sends even an empty one. */
function streamFromLog(work: LeadingWork, to: NodeId, context: GuardContext, greet: boolean): void {
  const follower = work.role.followers.get(to)
  assert(follower !== undefined, `${to} is not attached`)
  if (follower.sent < work.state.base.index) {
    sendBehind(work, to, context)
    return
  }
  const caughtUp = follower.sent >= work.state.last.index
  const inFlight = follower.acked.index < follower.sent
  if (!caughtUp && !inFlight) {
    const from = (follower.sent + 1) as LogIndex
    const to_ = Math.min(work.state.last.index, follower.sent + LIMITS.appendEntries) as LogIndex
    const entries = context.log.entries(from, to_, LIMITS.appendBytes)
    assert(entries.length > 0, `log entries ${from}..${to_} are missing`)
    streamEntries(work, to, follower, entries, context)
    return
  }
  if (!greet) return
  work.stream.push({
    s: 'peer',
    to,
    message: { t: 'append', token: work.state.token, after: follower.acked, entries: [], held: toldHeld(work.role) },
  })
}
