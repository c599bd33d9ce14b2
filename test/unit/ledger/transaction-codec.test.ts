import { decodeCanonical, encodeCanonical } from '@baton/shared/codec/cbor'
import {
  decodeSigned,
  encodeSigned,
  encodeTransaction,
  joinSignature,
  transactionId,
  transactionSignBytes,
} from '@baton/shared/codec/transaction'
import type { Action, Transaction } from '@baton/shared/core/ledger/types'
import { fromBase64Url, toBase64Url, toHex } from '@baton/shared/crypto/bytes'
import { signEd25519, verifyEd25519 } from '@baton/shared/crypto/ed25519'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { NetworkId, PublicKey } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fixedKeyPair } from '../../support/fixed-network.ts'
import { expectGolden } from '../../support/golden.ts'
import { ALICE, BOB, mint, NETWORK, put, replaceMinter, transfer } from './ledger-network.ts'

const SIGNATURE = new Uint8Array(64).fill(7)
const text = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength }).filter((s) => s.length <= maxLength)
const publicKeys = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toBase64Url(bytes) as PublicKey)
const actions: fc.Arbitrary<Action> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('put' as const),
      key: text(40).filter((key) => key.length > 0),
      value: text(200),
      ifVersion: fc.maxSafeNat(),
    },
    { requiredKeys: ['kind', 'key', 'value'] },
  ),
  fc.record({
    kind: fc.constant('transfer' as const),
    to: publicKeys,
    amount: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    sequence: fc.maxSafeNat(),
  }),
  fc.record({
    kind: fc.constant('mint' as const),
    to: publicKeys,
    amount: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  }),
  fc.record({ kind: fc.constant('replace-minter' as const), to: publicKeys }),
)
const transactions: fc.Arbitrary<Transaction> = fc.record({
  network: fc.stringMatching(/^[a-z0-9]{1,20}$/).map((name) => name as NetworkId),
  sender: publicKeys,
  nonce: text(30),
  action: actions,
})
const signatures = fc.uint8Array({ minLength: 64, maxLength: 64 })
const decode = (bytes: Uint8Array) => decodeSigned(sha256, bytes)

test('[LE1] the encodings are those of the golden file, signatures included', async () => {
  const pair = await fixedKeyPair(4)
  const vectors = []
  const actions = [put('invoice/1', 'é', 3), put('k', ''), transfer(BOB, 250, 9), mint(BOB, 2 ** 53 - 1)]
  for (const action of [...actions, replaceMinter(BOB)]) {
    const transaction = { network: NETWORK, sender: pair.publicKey, nonce: 'nonce', action }
    const signed = encodeTransaction(transaction)
    const bytes = joinSignature(signed, await signEd25519(pair.privateKey, signed))
    vectors.push({ transaction, id: transactionId(sha256, bytes), bytes: toHex(bytes) })
    const decoded = decode(bytes)
    expect(decoded).toMatchObject({ ok: true, value: { transaction } })
    if (decoded.ok) {
      const { signature } = decoded.value
      expect(await verifyEd25519(pair.publicKey, transactionSignBytes(decoded.value), signature)).toBe(true)
    }
  }
  expectGolden('ledger-transactions', vectors)
})

test('[LE1] every transaction comes back as it was, with its exact bytes', () => {
  fc.assert(
    fc.property(transactions, signatures, (transaction, signature) => {
      const bytes = encodeSigned(transaction, signature)
      const decoded = decode(bytes)
      expect(decoded).toEqual({
        ok: true,
        value: { id: sha256(encodeTransaction(transaction)), transaction, signature, bytes },
      })
    }),
  )
})

test('[LE1] a copy signed again has the same id; any other field gives another', () => {
  fc.assert(
    fc.property(transactions, transactions, signatures, (a, b, signature) => {
      const id = transactionId(sha256, encodeSigned(a, SIGNATURE))
      expect(transactionId(sha256, encodeSigned(a, signature))).toBe(id)
      const same = toHex(encodeTransaction(a)) === toHex(encodeTransaction(b))
      expect(transactionId(sha256, encodeSigned(b, SIGNATURE)) === id).toBe(same)
    }),
  )
})

test('[LE2] altered bytes never throw, and never decode to what was not encoded that way', () => {
  fc.assert(
    fc.property(
      transactions,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (tx, edits) => {
        const bytes = encodeSigned(tx, SIGNATURE)
        for (const [at, byte] of edits) bytes[at % bytes.length] = byte
        const decoded = decode(bytes)
        if (decoded.ok)
          expect(toHex(encodeSigned(decoded.value.transaction, decoded.value.signature))).toBe(toHex(bytes))
        else expect(decoded.code).toBe('TRANSACTION_MALFORMED')
      },
    ),
    { numRuns: 500 },
  )
})

test('[LE2] arbitrary and cut bytes never throw', () => {
  const whole = encodeSigned({ network: NETWORK, sender: ALICE, nonce: '', action: put('k', 'v') }, SIGNATURE)
  for (let length = 0; length < whole.length; length++) expect(decode(whole.subarray(0, length)).ok).toBe(false)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => !decode(bytes).ok))
})

const key = fromBase64Url(ALICE)!
const malformed: [string, unknown][] = [
  ['another domain', ['baton-vote/1', NETWORK, key, 'n', ['mint', key, 1]]],
  ['a network that is no name', ['baton-tx/1', 'No Name', key, 'n', ['mint', key, 1]]],
  ['a short key', ['baton-tx/1', NETWORK, key.subarray(1), 'n', ['mint', key, 1]]],
  ['a long key', ['baton-tx/1', NETWORK, new Uint8Array(33), 'n', ['mint', key, 1]]],
  ['a missing field', ['baton-tx/1', NETWORK, key, ['mint', key, 1]]],
  ['a field too many', ['baton-tx/1', NETWORK, key, 'n', ['mint', key, 1], 0]],
  ['an unknown action', ['baton-tx/1', NETWORK, key, 'n', ['burn', key, 1]]],
  ['an action field too many', ['baton-tx/1', NETWORK, key, 'n', ['mint', key, 1, 0]]],
  ['a new minter under a short key', ['baton-tx/1', NETWORK, key, 'n', ['replace-minter', key.subarray(1)]]],
  ['a new minter with an amount', ['baton-tx/1', NETWORK, key, 'n', ['replace-minter', key, 1]]],
  ['an amount of zero', ['baton-tx/1', NETWORK, key, 'n', ['mint', key, 0]]],
  ['a negative amount', ['baton-tx/1', NETWORK, key, 'n', ['transfer', key, -1, 0]]],
  ['a negative sequence', ['baton-tx/1', NETWORK, key, 'n', ['transfer', key, 1, -1]]],
  ['an amount as text', ['baton-tx/1', NETWORK, key, 'n', ['mint', key, '1']]],
  ['an empty record key', ['baton-tx/1', NETWORK, key, 'n', ['put', '', 'v', null]]],
  ['a long record key', ['baton-tx/1', NETWORK, key, 'n', ['put', 'k'.repeat(257), 'v', null]]],
  ['a long value', ['baton-tx/1', NETWORK, key, 'n', ['put', 'k', 'v'.repeat(32 * 1024 + 1), null]]],
  ['a value long in UTF-8', ['baton-tx/1', NETWORK, key, 'n', ['put', 'k', 'é'.repeat(16 * 1024 + 1), null]]],
  ['a long nonce', ['baton-tx/1', NETWORK, key, 'n'.repeat(LIMITS.nonceCharacters + 1), ['mint', key, 1]]],
  ['a map', { network: NETWORK }],
]

test.each(malformed)('[LE2] refuses %s with TRANSACTION_MALFORMED', (_, value) => {
  const decoded = decode(joinSignature(encodeCanonical(value), SIGNATURE))
  expect(decoded).toMatchObject({ ok: false, code: 'TRANSACTION_MALFORMED' })
})

test('[LE2] accepts values at their limits', () => {
  const action = put('k'.repeat(256), 'é'.repeat(16 * 1024), Number.MAX_SAFE_INTEGER)
  expect(decode(encodeSigned({ network: NETWORK, sender: ALICE, nonce: '', action }, SIGNATURE)).ok).toBe(true)
})

test('[LE2] refuses a transaction above the size limit before looking into it', () => {
  expect(decode(new Uint8Array(LIMITS.transactionBytes + 1))).toMatchObject({ ok: false, why: /more than 65536 bytes/ })
})

test('[LE2] refuses a float, a longer integer and an open array where the canonical form is another', () => {
  const signed = encodeTransaction({ network: NETWORK, sender: ALICE, nonce: '', action: mint(BOB, 1) })
  expect(signed.at(-1)).toBe(1)
  const instead = (...tail: number[]) => joinSignature(Uint8Array.from([...signed.subarray(0, -1), ...tail]), SIGNATURE)
  expect(decode(instead(1)).ok).toBe(true)
  for (const tail of [
    [0xf9, 0x3c, 0x00],
    [0x18, 0x01],
    [0x19, 0, 1],
    [0xc1, 0x01],
  ]) {
    expect(decode(instead(...tail)).ok).toBe(false)
  }
  expect(decodeCanonical(signed).ok).toBe(true)
})

test('[LE1] text that is no Unicode is refused where it would be signed', () => {
  const action = put('k', 'half \ud800 pair')
  expect(() => encodeTransaction({ network: NETWORK, sender: ALICE, nonce: '', action })).toThrow(TypeError)
})
