/** The guard of a node that follows: it accepts the master's entries, puts them on disk and says so. */
import { assert } from '../../assert.ts'
import { compareTokens, formatToken, type LogIndex, type Ms, type NodeId, sameToken } from '../../ids.ts'
import type { LogBase } from '../../ports/node-store.ts'
import { unchanged } from '../step.ts'
import { compactTo, cutAfter, extend, isHere, positionAt } from './log.ts'
import type { GuardContext, GuardSend, GuardStep, GuardWrite } from './machine-types.ts'
import type { GuardState } from './state.ts'
import type { Append, Attach, Behind, LogEntry } from './types.ts'

/** Until the master has answered, an attach may have come before it led, or have been lost with a link: ask again. */
export function seekMaster(state: GuardState, context: GuardContext, tail = state.spans): GuardStep {
  const { role, policy } = state
  if (role.role !== 'following' || role.attached || role.master === null || role.master === policy.self) {
    return unchanged(state)
  }
  const attach: Attach = {
    t: 'attach',
    token: state.token,
    base: { index: state.base.index, hash: state.base.hash },
    tail,
    height: context.tip,
  }
  const again = { name: 'guard', after: (policy.suspectAfter / 2) as Ms } as const
  return { ...unchanged(state), send: [{ s: 'peer', to: role.master, message: attach }], timers: [again] }
}

/** What this node has does not fit to what its master sends, or has changed: it attaches anew. */
function attachAnew(state: GuardState, context: GuardContext, tail = state.spans): GuardStep {
  if (state.role.role !== 'following') return unchanged(state)
  return seekMaster({ ...state, role: { ...state.role, attached: false } }, context, tail)
}

/**
 * GU1, GU3: takes the entries that continue this log. Where the master's entries differ from this node's own, the
 * master's are the truth and the own tail goes, but never below what is known to be held.
 */
export function receiveAppend(state: GuardState, from: NodeId, message: Append, context: GuardContext): GuardStep {
  const order = compareTokens(message.token, state.token)
  if (order < 0) {
    return unchanged(state, {
      code: 'LOWER_TOKEN',
      why: `entries under token ${formatToken(message.token)}, but ${formatToken(state.token)} is promised`,
    })
  }
  if (order > 0 || state.role.role !== 'following' || state.role.master !== from) {
    return unchanged(state, {
      code: 'PEER_UNEXPECTED',
      why: `${from} is not this node's master at token ${formatToken(message.token)}`,
    })
  }
  const position = positionAt(state, context.log, message.after.index)
  if (position === null || position.hash !== message.after.hash) {
    // GU3: across a recovering grant the logs may part below what is compacted here: then only the base is shown, and the master's taken.
    const parted = state.role.across && message.after.index < state.base.index
    return {
      ...attachAnew(state, context, parted ? [] : state.spans),
      rejected: {
        code: 'PEER_UNEXPECTED',
        why: `entries after ${message.after.index} do not continue a log that ends at ${state.last.index}`,
      },
    }
  }

  const writes: GuardWrite[] = []
  const sends: GuardSend[] = []
  const events: GuardStep['events'][number][] = []
  let ends: Pick<GuardState, 'base' | 'last' | 'spans'> = state
  const fresh: LogEntry[] = []
  for (const entry of message.entries) {
    if (entry.index <= ends.last.index) {
      const own = positionAt(ends, context.log, entry.index)
      if (own === null || own.hash === entry.hash) continue
      const after = positionAt(ends, context.log, (entry.index - 1) as LogIndex)
      assert(after !== null, `nothing known at index ${entry.index - 1}`)
      assert(
        after.index >= state.knownHeld,
        `GU3: the master of token ${formatToken(message.token)} would truncate this log to ${after.index}, below the held index ${state.knownHeld}`,
      )
      writes.push({ w: 'truncate', after: after.index })
      sends.push({ s: 'truncated', after: after.index })
      events.push({ event: 'guard-truncated', after: after.index, from: ends.last.index })
      ends = cutAfter(ends, { index: after.index, hash: after.hash }, after.token)
    }
    ends = extend(ends, entry)
    writes.push({ w: 'entry', entry })
    fresh.push(entry)
  }
  if (fresh.length > 0) sends.push({ s: 'appended', entries: fresh })
  // Only what this message has compared: an own tail above it may be one that the master will truncate.
  const { index, hash } = message.entries.at(-1) ?? message.after
  sends.push({ s: 'peer', to: from, message: { t: 'appendAck', token: state.token, durable: { index, hash } } })
  const knownHeld = Math.max(state.knownHeld, Math.min(message.held, index)) as LogIndex
  return {
    state: { ...state, ...ends, knownHeld, role: { ...state.role, attached: true, across: false } },
    write: writes,
    send: sends,
    timers: [],
    events,
  }
}

/** The master knows no position of this log at or above its base: blocks first, then its base (GU5). */
export function receiveBehind(state: GuardState, from: NodeId, message: Behind, context: GuardContext): GuardStep {
  if (!sameToken(message.token, state.token) || state.role.role !== 'following' || state.role.master !== from) {
    return unchanged(state, { code: 'PEER_UNEXPECTED', why: `${from} is not this node's master` })
  }
  const events = [{ event: 'guard-behind', peer: from, last: state.last.index }] as const
  if (isHere(state, context.log, message.base)) return { ...continueFrom(state, message.base, context), events }
  const send: GuardSend = { s: 'catchUp', base: message.base, height: message.height as never, master: from }
  return { state, write: [], send: [send], timers: [], events }
}

/**
 * Continues from the master's base: everything below it is in blocks this node has executed. Entries above it are dropped
 * only when they are none of the master's: on a standby they may be all that is left of a held record.
 */
export function rebase(state: GuardState, base: LogBase, context: GuardContext): GuardStep {
  const { role } = state
  if (role.role !== 'following' || role.master === null) return unchanged(state)
  // A master only compacts further; across a recovering grant its log may be a shorter one.
  if (base.index < state.base.index && !role.across) return unchanged(state)
  if (isHere(state, context.log, base)) return continueFrom(state, base, context)
  assert(
    state.knownHeld < base.index || (role.across && state.knownHeld === state.base.index),
    `GU3: continuing from ${base.index} would drop this log's held index ${state.knownHeld}`,
  )
  const next: GuardState = { ...state, base, last: base, spans: [], knownHeld: base.index }
  const attach = attachAnew(next, context)
  return {
    ...attach,
    write: [{ w: 'resetLog', base }],
    // Nothing is left of the old log, below the new base either.
    send: [{ s: 'truncated', after: 0 as LogIndex }, ...attach.send],
  }
}

/** This log has the base: it only forgets what is below, and shows the base when it attaches. */
function continueFrom(state: GuardState, base: LogBase, context: GuardContext): GuardStep {
  const knownHeld = Math.max(state.knownHeld, base.index) as LogIndex
  const attach = attachAnew({ ...state, ...compactTo(state, base), knownHeld }, context)
  return base.index === state.base.index ? attach : { ...attach, write: [{ w: 'compact', base }] }
}
