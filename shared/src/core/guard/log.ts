/** Algebra of one node's log: appending, truncating, compacting, and where two logs part. Pure bookkeeping of ends and spans. */
import { assert } from '../../assert.ts'
import { logEntryHash } from '../../codec/log-entry.ts'
import { type Hash, type LogIndex, sameToken, type Token } from '../../ids.ts'
import type { LogBase, LogReader } from '../../ports/node-store.ts'
import type { HashFunction } from '../step.ts'
import type { GuardState } from './state.ts'
import type { Attach, LogEntry, LogPosition, RecordKind, TailSpan } from './types.ts'

type LogEnds = Pick<GuardState, 'base' | 'last' | 'spans'>

/** The next entry of the log under `token`. */
export function nextEntry(
  hash: HashFunction,
  ends: LogEnds,
  token: Token,
  kind: RecordKind,
  body: Uint8Array,
): LogEntry {
  const fields = { index: (ends.last.index + 1) as LogIndex, token, kind, body, previous: ends.last.hash }
  return { ...fields, hash: logEntryHash(hash, fields) }
}

/** The log's ends after `entry`, which must continue it. */
export function extend(ends: LogEnds, entry: LogEntry): LogEnds {
  assert(entry.index === ends.last.index + 1, `log entry ${entry.index} does not follow ${ends.last.index}`)
  assert(entry.previous === ends.last.hash, `log entry ${entry.index} does not continue the hash chain`)
  const last: LogBase = { index: entry.index, hash: entry.hash, token: entry.token }
  const open = ends.spans.at(-1)
  const span: TailSpan =
    entry.kind === 'barrier' || open === undefined || !sameToken(open.token, entry.token)
      ? { token: entry.token, barrier: entry.hash, last: { index: entry.index, hash: entry.hash } }
      : { ...open, last: { index: entry.index, hash: entry.hash } }
  const older = span.barrier === open?.barrier ? ends.spans.slice(0, -1) : ends.spans
  return { base: ends.base, last, spans: [...older, span] }
}

/** The log's ends when everything above `position` is gone. */
export function cutAfter(ends: LogEnds, position: LogPosition, entryToken: Token): LogEnds {
  if (position.index === ends.base.index) return { base: ends.base, last: ends.base, spans: [] }
  const spans: TailSpan[] = []
  for (const span of ends.spans) {
    if (span.last.index < position.index) spans.push(span)
    else {
      spans.push({ ...span, last: position })
      break
    }
  }
  return { base: ends.base, last: { ...position, token: entryToken }, spans }
}

/** The log's ends when everything up to `base` is compacted away. */
export function compactTo(ends: LogEnds, base: LogBase): LogEnds {
  return { base, last: ends.last, spans: ends.spans.filter((span) => span.last.index > base.index) }
}

/** Hash and token of the entry at `index`; null when the log does not reach there or no longer does. */
export function positionAt(ends: LogEnds, log: LogReader, index: LogIndex): LogBase | null {
  if (index === ends.last.index) return ends.last
  if (index === ends.base.index) return ends.base
  if (index < ends.base.index || index > ends.last.index) return null
  const entry = log.entries(index, index, 1)[0]
  assert(entry !== undefined, `log entry ${index} is missing between ${ends.base.index} and ${ends.last.index}`)
  return { index, hash: entry.hash, token: entry.token }
}

/**
 * The last position that the follower's log shares with this one, or null when none is known at or above this log's base. Where a
 * span of the follower ends in this log, its hash settles it; else spans with the same barrier agree as far as both reach.
 */
export function commonPosition(
  ends: LogEnds,
  log: LogReader,
  follower: Pick<Attach, 'base' | 'tail'>,
): LogPosition | null {
  const mine = new Map<Hash, TailSpan>(ends.spans.map((span) => [span.barrier, span]))
  for (const span of follower.tail.toReversed()) {
    if (isHere(ends, log, span.last)) return span.last
    const shared = mine.get(span.barrier)
    if (shared === undefined) continue
    const here = positionAt(ends, log, Math.min(span.last.index, shared.last.index) as LogIndex)
    if (here !== null) return { index: here.index, hash: here.hash }
  }
  return isHere(ends, log, follower.base) ? { index: follower.base.index, hash: follower.base.hash } : null
}

/** Whether this very position is in the log, at its base or above. */
export function isHere(ends: LogEnds, log: LogReader, position: LogPosition): boolean {
  return positionAt(ends, log, position.index)?.hash === position.hash
}
