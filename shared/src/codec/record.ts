/** Bodies of log entries. Small records are canonical CBOR arrays; a block and a certificate are their own bytes. */
import { unreachable } from '../assert.ts'
import type { LogRecord } from '../core/guard/records.ts'
import type { RecordKind } from '../core/guard/types.ts'
import type { Height } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import { type Result, success } from '../result.ts'
import { encodeCanonical } from './cbor.ts'
import { readCommitVote, writeCommitVote } from './certificate.ts'
import { decodeFields } from './decode-fields.ts'
import { hashToBytes } from './hash-bytes.ts'

export function encodeRecord(record: LogRecord): Uint8Array {
  switch (record.kind) {
    case 'barrier':
      return encodeCanonical([record.process])
    case 'body':
      return record.block
    case 'decided':
      return record.certificate
    case 'vote': {
      const block = record.block === null ? null : hashToBytes(record.block)
      return encodeCanonical([record.height, record.round, record.type, block])
    }
    case 'proposal':
      return encodeCanonical([record.height, record.round, record.validRound, hashToBytes(record.block)])
    case 'token':
      return encodeCanonical([record.credential.grant, record.credential.certificate, record.height])
    case 'legacy':
      return encodeCanonical([record.part, record.from, record.height])
    case 'polka': {
      const { height, round, block, votes } = record
      return encodeCanonical([height, round, hashToBytes(block), votes.map(writeCommitVote)])
    }
    default:
      return unreachable(record)
  }
}

/** `PEER_MALFORMED` when the body is no record of this kind. Block and certificate bytes are not looked into. */
export function decodeRecord(kind: RecordKind, body: Uint8Array): Result<LogRecord> {
  switch (kind) {
    case 'barrier':
      return decodeFields(body, (fields) => ({ kind, process: fields.text(LIMITS.nonceCharacters) }))
    case 'body':
      return success({ kind, block: body })
    case 'decided':
      return success({ kind, certificate: body })
    case 'vote':
      return decodeFields(body, (fields) => ({
        kind,
        height: fields.height(),
        round: fields.round(),
        type: fields.oneOf('prevote', 'precommit'),
        block: fields.nullable(() => fields.hash()),
      }))
    case 'proposal':
      return decodeFields(body, (fields) => ({
        kind,
        height: fields.height(),
        round: fields.round(),
        validRound: fields.validRound(),
        block: fields.hash(),
      }))
    case 'token':
      return decodeToken(body)
    case 'legacy':
      return decodeFields(body, (fields) => ({
        kind,
        part: fields.oneOf('begin', 'end'),
        from: fields.node(),
        height: fields.height(),
      }))
    case 'polka':
      return decodeFields(body, (fields) => ({
        kind,
        height: fields.height(),
        round: fields.round(),
        block: fields.hash(),
        votes: fields.list(LIMITS.clusters, (item) => item.array(readCommitVote)),
      }))
    default:
      return unreachable(kind)
  }
}

/** One that was written before heights were is as good as learned at height 0: nothing of the time before it counts. */
function decodeToken(body: Uint8Array): Result<LogRecord> {
  const kind = 'token'
  const read = decodeFields(
    body,
    (fields) => ({ kind, credential: fields.credential(), height: fields.height() }) as const,
  )
  if (read.ok) return read
  return decodeFields(body, (fields) => ({ kind, credential: fields.credential(), height: 0 as Height }))
}
