/** The node's side of the guard: writing records, and doing what the guard says may be done. */
import { unreachable } from '../../assert.ts'
import { decodeRecord, encodeRecord } from '../../codec/record.ts'
import type { LogIndex, NodeId } from '../../ids.ts'
import { guardStep } from '../guard/machine.ts'
import type { GuardInput, GuardSend } from '../guard/machine-types.ts'
import type { LogRecord } from '../guard/records.ts'
import { noteRemovals } from './back-off.ts'
import { startCatchUp } from './catch-up.ts'
import { acknowledgeEpoch } from './epoch-ack.ts'
import { forgetAfter, interpret } from './interpret.ts'
import { legacyHeld } from './legacy.ts'
import { recoveryHolds } from './recovery.ts'
import { mayAttach } from './resync.ts'
import { isLeading, type Release } from './state.ts'
import { countCall, reject, type Turn } from './turn.ts'

/** Runs the guard and whatever follows from it in this turn. */
export function runGuard(turn: Turn, input: GuardInput): void {
  countCall(turn)
  const { now, hash, log } = turn.context
  const before = turn.state.guard
  const step = guardStep(before, input, { now, hash, log, tip: turn.state.chain.tip.height })
  turn.state = { ...turn.state, guard: step.state }
  noteRemovals(turn, before)
  reject(turn, step.rejected)
  turn.write.push(...step.write)
  for (const write of step.write) if (write.w === 'required') turn.state = { ...turn.state, required: write.required }
  for (const send of step.stream ?? []) if (send.s === 'peer') turn.stream.push(send)
  turn.timers.push(...step.timers)
  turn.events.push(...step.events)
  for (const send of step.send) route(turn, send)
}

/**
 * Writes a record into the log of the cluster this node leads; `release` leaves when the record is held (GU2).
 * Nothing happens when the node does not lead.
 */
export function writeRecord(turn: Turn, record: LogRecord, release: Release['what'] | null): void {
  if (!isLeading(turn.state)) return
  const index = (turn.state.guard.last.index + 1) as LogIndex
  if (release !== null) turn.state = { ...turn.state, releases: [...turn.state.releases, { index, what: release }] }
  interpret(turn, index, record, 'own')
  runGuard(turn, { i: 'append', kind: record.kind, body: encodeRecord(record) })
}

function route(turn: Turn, send: GuardSend): void {
  switch (send.s) {
    case 'peer':
      // EL6: the guard asks again until it is answered.
      if (send.message.t !== 'attach' || mayAttach(turn.state)) turn.send.push(send)
      return
    case 'reshape':
      turn.send.push(send)
      return
    case 'released':
      releaseUpTo(turn, send.upTo)
      return
    case 'appended':
      // A master interprets its own records as it writes them.
      if (isLeading(turn.state)) return
      for (const entry of send.entries) {
        const record = decodeRecord(entry.kind, entry.body)
        if (record.ok) interpret(turn, entry.index, record.value, 'master')
        else reject(turn, { code: record.code, why: `log entry ${entry.index}: ${record.why}` })
      }
      return
    case 'truncated':
      forgetAfter(turn, send.after)
      return
    case 'catchUp':
      startCatchUp(turn, send.height, send.base, send.master as NodeId)
      return
    default:
      unreachable(send)
  }
}

/** GU2: the one place where acts leave. */
function releaseUpTo(turn: Turn, upTo: LogIndex): void {
  const { releases } = turn.state
  let count = 0
  for (const release of releases) {
    if (release.index > upTo) break
    count += 1
  }
  if (count === 0) return
  turn.state = { ...turn.state, releases: releases.slice(count) }
  for (const { what } of releases.slice(0, count)) leave(turn, what)
}

function leave(turn: Turn, what: Release['what']): void {
  const { token } = turn.state.guard
  switch (what.r) {
    case 'act':
      turn.send.push({ s: 'sign', token, act: what.act })
      return
    case 'height':
      turn.send.push({ s: 'heldHeight', height: what.height })
      recoveryHolds(turn, what.height)
      return
    case 'token':
      turn.state = { ...turn.state, heldTokens: new Map(turn.state.heldTokens).set(what.cluster, what.token) }
      acknowledgeEpoch(turn, what.cluster)
      return
    case 'legacy':
      legacyHeld(turn, what.from)
      return
    default:
      unreachable(what)
  }
}
