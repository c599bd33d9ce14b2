/** RC3: the recovering master takes over the log of a member of the last clean sync set. */
import { decodeBlock } from '../../codec/block.ts'
import { decodeCertificate } from '../../codec/certificate.ts'
import { decodeRecord } from '../../codec/record.ts'
import { compareTokens, type Hash, type LogIndex, type NodeId, sameToken, type Token } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { LastClean } from '../../protocol/control.ts'
import type { Legacy } from '../../protocol/peer.ts'
import type { OwnRecord } from '../consensus/resume.ts'
import type { LogRecord } from '../guard/records.ts'
import type { LogPosition } from '../guard/types.ts'
import { NO_FACTS } from './facts.ts'
import { noteHeight } from './height.ts'
import { keepBody, learnToken } from './interpret.ts'
import { lastClean, sayRecovered } from './recovery.ts'
import { logDecided } from './run-consensus.ts'
import { writeRecord } from './run-guard.ts'
import { isLeading, type LegacyMark, type LoggedAct, type NodeState, tipHeight } from './state.ts'
import { reject, sendTo, type Turn } from './turn.ts'

/** What tells whether a log is all that its node had in the last clean epoch. */
export interface LogOrigin {
  readonly crossed: Token | null
  readonly lastToken: Token
}

/** Chunks of one log so far: what of them is above this master's tip. */
export interface IncomingLegacy {
  readonly end: LogPosition
  readonly records: readonly LogRecord[]
}

/** Nothing was cut from it, or written to it, since the last clean epoch; an empty log proves nothing. */
export function isWhole({ crossed, lastToken }: LogOrigin, clean: LastClean): boolean {
  if (crossed !== null && compareTokens(crossed, clean.token) > 0) return false
  return lastToken.epoch > 0 && compareTokens(lastToken, clean.token) <= 0
}

/** The log that stands complete in this one; null when there is none, or only its beginning. */
export function completeLegacy({ legacies }: NodeState): LegacyMark | null {
  const newest = legacies.at(-1)
  return newest?.part === 'end' ? newest : null
}

/** The acts that bind this cluster: what was taken over replaces all that stood before. */
export function bindingActs({ acts, legacies }: NodeState): readonly LoggedAct[] {
  const begin = legacies.findLast(({ part }) => part === 'begin')
  return begin === undefined ? acts : acts.filter(({ index }) => index > begin.index)
}

export function receiveLegacy(turn: Turn, from: NodeId, message: Legacy): void {
  const { guard, recovery } = turn.state
  if (!isLeading(turn.state) || !sameToken(message.token, guard.token)) {
    reject(turn, { code: 'NOT_MASTER', why: `${from} hands its log over to a node that does not hold its token` })
    return
  }
  const clean = lastClean(turn.state)
  // Nobody needs it any more, or this node's log is none of those that count: it may be cut.
  if (recovery === null || (clean !== null && !(clean.syncSet.includes(from) && isWhole(message, clean)))) {
    release(turn, from)
    return
  }
  // The registry says whose logs count; the sender repeats itself until it is known here.
  if (clean === null) return
  const taken = completeLegacy(turn.state)
  if (taken !== null && compareTokens(taken.token, clean.token) > 0) {
    const held = guard.role.role === 'leading' && guard.role.held >= taken.index
    if (held || isOnlyDisk(turn.state)) release(turn, from)
    return
  }
  // Heights that it had decided are compacted: this master votes above them only.
  if (tipHeight(turn.state) < message.height) {
    noteHeight(turn, from, message.height)
    return
  }
  receiveChunk(turn, from, message)
}

function receiveChunk(turn: Turn, from: NodeId, message: Legacy): void {
  const { recovery } = turn.state
  if (recovery === null) return
  const before = message.first ? { end: message.after, records: [] } : recovery.incoming.get(from)
  if (before === undefined || before.end.hash !== message.after.hash) return
  const incoming = extended(turn, before, message)
  if (incoming === null) {
    expect(turn, from, null)
    reject(turn, { code: 'PEER_MALFORMED', why: `the log of ${from} cannot be taken over` })
    return
  }
  expect(turn, from, message.last ? null : incoming)
  if (message.last) takeOver(turn, from, incoming, message.height)
  else sendTo(turn, from, { t: 'legacyAck', token: message.token, index: incoming.end.index, done: false })
}

/** Each member of the last clean sync set hands its log over at its own pace: none starts another one's again. */
function expect(turn: Turn, from: NodeId, incoming: IncomingLegacy | null): void {
  const { recovery } = turn.state
  if (recovery === null) return
  const left = new Map(recovery.incoming)
  if (incoming === null) left.delete(from)
  else left.set(from, incoming)
  turn.state = { ...turn.state, recovery: { ...recovery, incoming: left } }
}

/** Null when the entries do not continue the log, or are too many or unreadable. */
function extended(turn: Turn, before: IncomingLegacy, { entries }: Legacy): IncomingLegacy | null {
  const records = [...before.records]
  let end = before.end
  for (const entry of entries) {
    if (entry.index !== end.index + 1 || entry.previous !== end.hash) return null
    end = { index: entry.index, hash: entry.hash }
    const record = decodeRecord(entry.kind, entry.body)
    if (!record.ok) return null
    if (isOfUse(turn, record.value)) records.push(record.value)
  }
  return records.length <= LIMITS.legacyRecords ? { ...before, end, records } : null
}

function isOfUse(turn: Turn, record: LogRecord): boolean {
  const tip = tipHeight(turn.state)
  switch (record.kind) {
    case 'vote':
    case 'proposal':
    case 'polka':
      return record.height > tip
    case 'body': {
      const block = decodeBlock(turn.context.hash, record.block)
      return block.ok && block.value.header.height > tip
    }
    case 'decided': {
      const certificate = decodeCertificate(record.certificate)
      return certificate.ok && certificate.value.height > tip
    }
    case 'token':
      return true
    default:
      return false
  }
}

/** All of it in one turn, so in one commit: a log that ends in between has no `end`, and ends nothing. */
function takeOver(turn: Turn, from: NodeId, { records }: IncomingLegacy, height: Legacy['height']): void {
  const problem = contradiction(turn, records)
  if (problem !== null) {
    reject(turn, { code: 'PEER_MALFORMED', why: `the log of ${from} cannot be taken over: ${problem}` })
    return
  }
  const mark = { kind: 'legacy', from, height: height as LegacyMark['height'] } as const
  writeRecord(turn, { ...mark, part: 'begin' }, null)
  for (const record of records) takeRecord(turn, record)
  writeRecord(turn, { ...mark, part: 'end' }, { r: 'legacy', from })
  turn.events.push({ event: 'legacy-taken', from, records: records.length })
  if (isOnlyDisk(turn.state)) release(turn, from)
}

/**
 * RG5: alone, a master that must have two disks holds nothing until a second one is in the sync set, which is the sender's as soon as it may
 * follow. What it was shown is then on the only disk that counts when this turn's outputs leave.
 */
function isOnlyDisk({ guard: { role, policy } }: NodeState): boolean {
  if (role.role !== 'leading' || policy.durability !== 'required') return false
  return role.required.syncSet.length === 1 && role.required.pending.length === 0
}

function takeRecord(turn: Turn, record: LogRecord): void {
  switch (record.kind) {
    case 'vote':
    case 'proposal':
    case 'polka':
      if (record.height > tipHeight(turn.state)) writeRecord(turn, record, null)
      return
    case 'body': {
      const block = decodeBlock(turn.context.hash, record.block)
      if (!block.ok || block.value.header.height <= tipHeight(turn.state)) return
      const known = turn.state.bodies.get(block.value.hash)
      if (known !== undefined && known.logged !== null) return
      const index = (turn.state.guard.last.index + 1) as LogIndex
      writeRecord(turn, record, null)
      keepBody(turn, { block: block.value, facts: known?.facts ?? NO_FACTS, logged: index })
      return
    }
    case 'decided': {
      const certificate = decodeCertificate(record.certificate)
      if (!certificate.ok || certificate.value.height <= tipHeight(turn.state)) return
      if (turn.state.decided.has(certificate.value.height) || !turn.state.bodies.has(certificate.value.block)) return
      logDecided(turn, certificate.value, false)
      return
    }
    case 'token':
      learnToken(turn, record.credential)
      return
    default:
      return
  }
}

/** What would stop this process later: two acts for one place, or an act whose block is nowhere (GU7). */
function contradiction(turn: Turn, records: readonly LogRecord[]): string | null {
  const acts = new Map<string, string>()
  const bodies = new Set<Hash>(turn.state.bodies.keys())
  for (const record of records) {
    if (record.kind === 'body') {
      const block = decodeBlock(turn.context.hash, record.block)
      if (block.ok) bodies.add(block.value.hash)
    }
    if (record.kind !== 'vote' && record.kind !== 'proposal') continue
    if (record.block !== null && !bodies.has(record.block)) return `an act names block ${record.block} without its body`
    const { place, value } = described(record)
    if ((acts.get(place) ?? value) !== value) return `two acts at ${place}`
    acts.set(place, value)
  }
  return null
}

function described(record: OwnRecord): { readonly place: string; readonly value: string } {
  const at = `${record.height}/${record.round}`
  return record.kind === 'vote'
    ? { place: `${at} ${record.type}`, value: `${record.block}` }
    : { place: `${at} proposal`, value: `${record.block} from ${record.validRound}` }
}

/** RC3: the sender may cut its log now. */
function release(turn: Turn, to: NodeId): void {
  sendTo(turn, to, { t: 'legacyAck', token: turn.state.guard.token, index: 0 as LogIndex, done: true })
}

/** GU1: what was taken over is on the disks of the required set. */
export function legacyHeld(turn: Turn, from: NodeId): void {
  release(turn, from)
  sayRecovered(turn)
}
