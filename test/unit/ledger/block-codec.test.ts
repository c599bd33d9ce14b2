import { blockTransaction, buildBlock, decodeBlock, decodeStoredBlock, encodeBlock } from '@baton/shared/codec/block'
import { decodeCanonical, encodeCanonical } from '@baton/shared/codec/cbor'
import { certificateHash, decodeCertificate, encodeCertificate } from '@baton/shared/codec/certificate'
import { decodeReceipt, encodeReceipt } from '@baton/shared/codec/receipt'
import type { Receipt } from '@baton/shared/core/ledger/types'
import { toHex } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Hash, Height, Round } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expectGolden } from '../../support/golden.ts'
import {
  ALICE,
  BOB,
  CLUSTERS,
  certificateFor,
  Ledger,
  mastership,
  mint,
  NETWORK,
  OWNER,
  put,
  signed,
} from './ledger-network.ts'

const HASH = 'cd'.repeat(32) as Hash
const certificate = {
  ...certificateFor({ hash: HASH, header: { height: 4 as Height } }),
  round: 2 as Round,
  credentials: [mastership('c1', 5).credential],
}
const header = {
  network: NETWORK,
  height: 5 as Height,
  previous: HASH,
  time: 1_767_225_600_000,
  proposer: CLUSTERS[1]!,
  tokens: HASH,
  result: HASH,
}
const transactions = [signed(OWNER, mint(ALICE, 100), 'n1'), signed(ALICE, put('k', 'v'), 'n2')].map(
  ({ bytes }) => bytes,
)
const credentials = [mastership('c2', 2).credential]
const block = buildBlock(sha256, { header, transactions, credentials, lastCommit: certificate })
const receipts: Receipt[] = [
  { id: HASH, height: 5 as Height, index: 0, ok: true },
  { id: HASH, height: 5 as Height, index: 1, ok: true, data: { version: 2, previous: HASH } },
  { id: HASH, height: 5 as Height, index: 2, ok: false, code: 'VERSION_CONFLICT', why: 'record k has version 2' },
]

test('[LE3] the encodings are those of the golden files', () => {
  expectGolden('ledger-block', { header: block.header, hash: block.hash, bytes: toHex(block.bytes) })
  const encoded = encodeCertificate(certificate)
  expectGolden('ledger-certificate', { hash: certificateHash(sha256, encoded), bytes: toHex(encoded) })
  expectGolden(
    'ledger-receipts',
    receipts.map((receipt) => ({ receipt, bytes: toHex(encodeReceipt(receipt)) })),
  )
})

test('[LE7] state roots, results and the genesis result are those of the golden file', () => {
  const ledger = new Ledger()
  const genesis = ledger.chain.genesisResult
  ledger.run(signed(OWNER, mint(ALICE, 100), 'n1'), signed(ALICE, put('k', 'v'), 'n2'))
  ledger.run(signed(BOB, put('k', 'w', 1), 'n3'), signed(BOB, put('k', 'x', 1), 'n4'))
  expectGolden('ledger-results', { genesis, tip: ledger.chain.tip })
})

test('[LE3] blocks, certificates and receipts come back as they were', () => {
  expect(decodeBlock(sha256, block.bytes)).toEqual({ ok: true, value: block })
  expect(decodeStoredBlock(sha256, block.bytes)).toEqual({ ok: true, value: block })
  expect(encodeBlock(block)).toEqual(block.bytes)
  expect(decodeCertificate(encodeCertificate(certificate))).toEqual({ ok: true, value: certificate })
  for (const receipt of receipts) expect(decodeReceipt(encodeReceipt(receipt))).toEqual({ ok: true, value: receipt })
  expect([0, 1, 2].map((index) => blockTransaction(block.bytes, index))).toEqual([...transactions, null])
})

test('[LE3] a block decoded from within a larger buffer is the same', () => {
  const frame = new Uint8Array(block.bytes.length + 20)
  frame.set(block.bytes, 7)
  const decoded = decodeBlock(sha256, frame.subarray(7, 7 + block.bytes.length))
  expect(decoded).toMatchObject({ ok: true, value: { hash: block.hash, header: block.header } })
})

test('[LE3] one hash has one body: no other bytes decode to a block of the same hash', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(edits, (changes) => {
      const bytes = block.bytes.slice()
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte
      const decoded = decodeBlock(sha256, bytes)
      if (decoded.ok && decoded.value.hash === block.hash) expect(toHex(bytes)).toBe(toHex(block.bytes))
      if (!decoded.ok) expect(decoded.code).toBe('PEER_MALFORMED')
    }),
    { numRuns: 1_000 },
  )
})

test('[LE2] every single altered byte of a block is refused or is another block', () => {
  for (let at = 0; at < block.bytes.length; at++) {
    const bytes = block.bytes.slice()
    bytes[at]! ^= 0x41
    const decoded = decodeBlock(sha256, bytes)
    expect(decoded.ok && decoded.value.hash === block.hash, `byte ${at}`).toBe(false)
  }
})

test('[LE2] cut, extended and arbitrary bytes are refused without an exception', () => {
  for (let length = 0; length < block.bytes.length; length++) {
    expect(decodeBlock(sha256, block.bytes.subarray(0, length)).ok).toBe(false)
  }
  expect(decodeBlock(sha256, new Uint8Array([...block.bytes, 0])).ok).toBe(false)
  expect(decodeBlock(sha256, new Uint8Array(LIMITS.blockBytes + 1))).toMatchObject({ ok: false, why: /more than/ })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(decodeBlock(sha256, bytes).ok).toBe(false)
      expect(decodeCertificate(bytes).ok).toBe(false)
      // Short bytes cannot be a receipt: an id alone has 32.
      expect(decodeReceipt(bytes.subarray(0, 32)).ok).toBe(false)
    }),
  )
})

const swapped: [string, Parameters<typeof encodeBlock>[0]][] = [
  ['transactions', { ...block, transactions: [transactions[1]!, transactions[0]!] }],
  ['credentials', { ...block, credentials: [mastership('c2', 3).credential] }],
  ['credentials', { ...block, credentials: [] }],
  ['lastCommit', { ...block, lastCommit: { ...certificate, round: 3 as Round } }],
  ['lastCommit', { ...block, lastCommit: null }],
]

test.each(swapped)('[LE3] refuses a body whose %s are not those of the header', (part, other) => {
  expect(decodeBlock(sha256, encodeBlock(other))).toMatchObject({ ok: false, why: expect.stringContaining(part) })
})

test('[LE2] altered certificates and receipts never throw', () => {
  const samples = [encodeCertificate(certificate), ...receipts.map(encodeReceipt)]
  fc.assert(
    fc.property(fc.constantFrom(...samples), fc.nat(), fc.nat(255), (sample, at, byte) => {
      const bytes = sample.slice()
      bytes[at % bytes.length] = byte
      for (const decoded of [decodeCertificate(bytes), decodeReceipt(bytes)]) {
        if (!decoded.ok) expect(decoded.code).toBe('PEER_MALFORMED')
      }
    }),
    { numRuns: 500 },
  )
})

test('[LE2] a receipt with other fields than its kind has is refused', () => {
  const decoded = decodeCanonical(encodeReceipt(receipts[0]!))
  const [id, height, index] = (decoded.ok ? decoded.value : []) as unknown[]
  const wrong = [
    [id, height, index, true],
    [id, height, index, true, null, null],
    [id, height, index, false, 'CODE'],
    [id, height, index, false, 'CODE', 'why', 0],
    [id, height, index, false, 'C'.repeat(65), 'why'],
    [id, -1, index, true, null],
  ]
  expect(wrong.map((value) => decodeReceipt(encodeCanonical(value)).ok)).toEqual(wrong.map(() => false))
})
