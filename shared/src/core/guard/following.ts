/** The guard of a node that follows: it accepts the master's entries, puts them on disk and says so. */
import { assert } from '../../assert.ts'
import { compareTokens, formatToken, type LogIndex, type NodeId, sameToken } from '../../ids.ts'
import type { LogBase } from '../../ports/node-store.ts'
import { unchanged } from '../step.ts'
import { cutAfter, extend, positionAt } from './log.ts'
import type { GuardContext, GuardSend, GuardStep, GuardWrite } from './machine-types.ts'
import type { GuardState } from './state.ts'
import type { Append, Attach, Behind, LogEntry } from './types.ts'

/** Asks the master to attach this node to its stream. */
export function attachTo(state: GuardState, master: NodeId, context: GuardContext): GuardSend {
  const attach: Attach = {
    t: 'attach',
    token: state.token,
    base: { index: state.base.index, hash: state.base.hash },
    tail: state.spans,
    height: context.tip,
  }
  return { s: 'peer', to: master, message: attach }
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
    return {
      state: { ...state, role: { ...state.role, attached: false } },
      write: [],
      send: [attachTo(state, from, context)],
      timers: [],
      events: [],
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
  sends.push({
    s: 'peer',
    to: from,
    message: { t: 'appendAck', token: state.token, durable: { index: ends.last.index, hash: ends.last.hash } },
  })
  const knownHeld = Math.max(state.knownHeld, Math.min(message.held, ends.last.index)) as LogIndex
  return {
    state: { ...state, ...ends, knownHeld, role: { ...state.role, attached: true } },
    write: writes,
    send: sends,
    timers: [],
    events,
  }
}

/** The master's log begins above this one's end: blocks first, then its base (GU5). */
export function receiveBehind(state: GuardState, from: NodeId, message: Behind): GuardStep {
  if (!sameToken(message.token, state.token) || state.role.role !== 'following' || state.role.master !== from) {
    return unchanged(state, { code: 'PEER_UNEXPECTED', why: `${from} is not this node's master` })
  }
  const send: GuardSend = { s: 'catchUp', base: message.base, height: message.height as never, master: from }
  return {
    state,
    write: [],
    send: [send],
    timers: [],
    events: [{ event: 'guard-behind', peer: from, last: state.last.index }],
  }
}

/** Continues from the master's base: everything below it is in blocks this node has executed. */
export function rebase(state: GuardState, base: LogBase, context: GuardContext): GuardStep {
  if (state.role.role !== 'following' || state.role.master === null) return unchanged(state)
  const next: GuardState = { ...state, base, last: base, spans: [], knownHeld: base.index }
  return {
    state: next,
    write: [{ w: 'resetLog', base }],
    send: [{ s: 'truncated', after: base.index }, attachTo(next, state.role.master, context)],
    timers: [],
    events: [],
  }
}
