/** The hash that chains the log of a cluster (GU3). */
import type { LogEntry, RecordKind } from '../core/guard/types.ts'
import type { HashFunction } from '../core/step.ts'
import type { Hash } from '../ids.ts'
import { encodeCanonical } from './cbor.ts'
import { hashToBytes } from './hash-bytes.ts'

export { decodeRecord, encodeRecord } from './record.ts'

/** In their order on the wire and in hashes: append only. */
export const RECORD_KINDS: readonly RecordKind[] = [
  'barrier',
  'body',
  'proposal',
  'vote',
  'decided',
  'token',
  'legacy',
  'polka',
]

/**
 * Hash over `["baton-log/1", index, generation, epoch, kind, previous, length of body]` followed by the body, which may be
 * a whole block and is not copied. The encoding ends itself, so the boundary is unambiguous.
 */
export function logEntryHash(hash: HashFunction, entry: Omit<LogEntry, 'hash'>): Hash {
  const { index, token, kind, previous, body } = entry
  const { generation, epoch } = token
  const fields = ['baton-log/1', index, generation, epoch, kind, hashToBytes(previous), body.length]
  return hash(encodeCanonical(fields), body)
}

/** True when the entry's own hash is the one of its content. */
export function isIntactEntry(hash: HashFunction, entry: LogEntry): boolean {
  return logEntryHash(hash, entry) === entry.hash
}
