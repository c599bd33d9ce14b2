/** What immutable bytes say, decoded once: in a world the same bytes are read by every host. */
import { decodeBlock } from '@baton/shared/codec/block'
import { decodeCertificate } from '@baton/shared/codec/certificate'
import { decodeRecord } from '@baton/shared/codec/record'
import type { LogRecord } from '@baton/shared/core/guard/records'
import type { LogEntry } from '@baton/shared/core/guard/types'
import type { Block, CommitCertificate } from '@baton/shared/core/ledger/types'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Result } from '@baton/shared/result'

const blocks = new WeakMap<Uint8Array, Result<Block>>()
const certificates = new WeakMap<Uint8Array, CommitCertificate>()
const records = new WeakMap<LogEntry, LogRecord>()

export function readBlock(bytes: Uint8Array): Result<Block> {
  const known = blocks.get(bytes)
  if (known !== undefined) return known
  const decoded = decodeBlock(sha256, bytes)
  blocks.set(bytes, decoded)
  return decoded
}

/** Throws on bytes that are no block. */
export function blockOf(bytes: Uint8Array): Block {
  const read = readBlock(bytes)
  if (!read.ok) throw new Error(`not a block: ${read.why}`)
  return read.value
}

/** Throws on bytes that are no certificate. */
export function certificateIn(bytes: Uint8Array): CommitCertificate {
  const known = certificates.get(bytes)
  if (known !== undefined) return known
  const decoded = decodeCertificate(bytes)
  if (!decoded.ok) throw new Error(`not a certificate: ${decoded.why}`)
  certificates.set(bytes, decoded.value)
  return decoded.value
}

/** Throws on an entry that says nothing sensible. */
export function recordIn(entry: LogEntry): LogRecord {
  const known = records.get(entry)
  if (known !== undefined) return known
  const decoded = decodeRecord(entry.kind, entry.body)
  if (!decoded.ok) throw new Error(`not a record: ${decoded.why}`)
  records.set(entry, decoded.value)
  return decoded.value
}
