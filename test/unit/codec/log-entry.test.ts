import { isIntactEntry, logEntryHash, RECORD_KINDS } from '@baton/shared/codec/log-entry'
import { decodeRecord, encodeRecord } from '@baton/shared/codec/record'
import type { LogRecord } from '@baton/shared/core/guard/records'
import type { LogEntry } from '@baton/shared/core/guard/types'
import { toHex } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Epoch, Generation, Height, LogIndex, Round } from '@baton/shared/ids'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { C1, C1B, HASH_A, HASH_B, OPAQUE_JWS } from '../../support/fixed-network.ts'
import { expectGolden } from '../../support/golden.ts'

const token = { generation: 0 as Generation, epoch: 3 as Epoch }
const height = 9 as Height
const round = 1 as Round
const RECORDS: { readonly [K in LogRecord['kind']]: Extract<LogRecord, { readonly kind: K }> } = {
  barrier: { kind: 'barrier', process: 'nonce-of-claim' },
  body: { kind: 'body', block: Uint8Array.of(1, 2, 3) },
  proposal: { kind: 'proposal', height, round, validRound: -1, block: HASH_A },
  vote: { kind: 'vote', height, round, type: 'precommit', block: null },
  decided: { kind: 'decided', certificate: Uint8Array.of(4, 5) },
  token: { kind: 'token', credential: { grant: OPAQUE_JWS, certificate: OPAQUE_JWS }, height },
  legacy: { kind: 'legacy', part: 'begin', from: C1B, height },
  polka: {
    kind: 'polka',
    height,
    round,
    block: HASH_A,
    votes: [{ cluster: C1, ...token, signature: new Uint8Array(64) }],
  },
}
const entryOf = (record: LogRecord): Omit<LogEntry, 'hash'> => ({
  index: 42 as LogIndex,
  token,
  kind: record.kind,
  body: encodeRecord(record),
  previous: HASH_B,
})

test('[GU3] the body and hash of an entry of every kind are as stored', () => {
  const stored = RECORD_KINDS.map((kind) => {
    const entry = entryOf(RECORDS[kind])
    return [kind, { body: toHex(entry.body), hash: logEntryHash(sha256, entry) }]
  })
  expectGolden('log-entries', Object.fromEntries(stored))
})

test.each(RECORD_KINDS)('[GU3] a %s record reads back', (kind) => {
  expect(decodeRecord(kind, encodeRecord(RECORDS[kind]))).toEqual({ ok: true, value: RECORDS[kind] })
})

test('[GU3] the hash covers every field of an entry', () => {
  const entry = entryOf(RECORDS.vote)
  const others: Omit<LogEntry, 'hash'>[] = [
    { ...entry, index: 43 as LogIndex },
    { ...entry, token: { ...entry.token, epoch: 4 as Epoch } },
    { ...entry, token: { ...entry.token, generation: 1 as Generation } },
    { ...entry, kind: 'proposal' },
    { ...entry, previous: HASH_A },
    { ...entry, body: Uint8Array.of(...entry.body, 0) },
    { ...entry, body: entry.body.slice(1) },
  ]
  const hashes = [entry, ...others].map((candidate) => logEntryHash(sha256, candidate))
  expect(new Set(hashes).size).toBe(hashes.length)
  const whole = { ...entry, hash: logEntryHash(sha256, entry) }
  expect(isIntactEntry(sha256, whole)).toBe(true)
  expect(isIntactEntry(sha256, { ...whole, body: Uint8Array.of(0) })).toBe(false)
})

test('[GU3] any bytes are a record in its one encoding, or refused', () => {
  fc.assert(
    fc.property(fc.constantFrom(...RECORD_KINDS), fc.uint8Array({ maxLength: 60 }), fc.nat(), (kind, bytes, at) => {
      const changed = encodeRecord(RECORDS[kind])
      for (const body of [bytes, changed.with(at % changed.length, bytes[0] ?? 0)]) {
        const decoded = decodeRecord(kind, body)
        if (decoded.ok) expect(encodeRecord(decoded.value)).toEqual(body)
        else expect(decoded.code).toBe('PEER_MALFORMED')
      }
    }),
    { numRuns: 1_000 },
  )
})

test('[GU3] a record of one kind is not read as another', () => {
  expect(decodeRecord('proposal', encodeRecord(RECORDS.vote))).toMatchObject({ ok: false })
  expect(decodeRecord('vote', encodeRecord(RECORDS.proposal))).toMatchObject({ ok: false })
  expect(decodeRecord('token', encodeRecord(RECORDS.barrier))).toMatchObject({ ok: false })
})
