import { answerQuery, type QueryAnswer, verifyAnswer } from '@baton/shared/core/ledger/queries'
import {
  type ProvenTransaction,
  proveTransaction,
  verifyTransactionProof,
} from '@baton/shared/core/ledger/transaction-proof'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Hash, Height } from '@baton/shared/ids'
import { beforeEach, expect, test } from 'vitest'
import { ALICE, BOB, BUCKETS, Ledger, mint, OWNER, put, signed, transfer } from './ledger-network.ts'

let ledger: Ledger
const FAILED = signed(BOB, transfer(ALICE, 50, 0))
const PUT = signed(ALICE, put('k', 'v'))

beforeEach(() => {
  ledger = new Ledger()
  ledger.run(signed(OWNER, mint(ALICE, 100)), signed(ALICE, transfer(BOB, 30, 0)))
  ledger.run(FAILED, PUT, signed(BOB, put('k', 'w', 1)))
})

function answer(path: string): QueryAnswer {
  const answered = answerQuery(ledger.chain, path, ledger.context)
  if (!answered.ok) throw new Error(answered.why)
  return answered.value
}

test('[LE8] answers lead to the result hash that the next block certifies', () => {
  const answers = ['record/k', 'history/k', `account/${ALICE}`, 'record/none', `account/${OWNER}`].map(answer)
  const next = ledger.propose([]).block
  for (const { proof, result, height } of answers) {
    expect(height).toBe(2)
    expect(next.header.result).toBe(result)
    expect(verifyAnswer(sha256, next.header.result, proof!, BUCKETS)).toBe(true)
  }
  expect(answers.map(({ value }) => value)).toMatchObject([
    { version: 2, value: 'w' },
    { next: null },
    { balance: 70, sequence: 1 },
    null,
    null,
  ])
  expect(answers.map(({ proof }) => proof!.value === null)).toEqual([false, false, false, true, true])
})

test('[LE8] an answer about another value, key, absence, result or height is refused', () => {
  const { proof, result } = answer('record/k')
  const other = answer('record/none').proof!
  const wrong = [
    { ...proof!, value: proof!.value!.map((byte) => byte ^ 1) },
    { ...proof!, value: null },
    { ...proof!, key: 'r/other' },
    { ...other, value: proof!.value },
    { ...proof!, result: { ...proof!.result, height: 1 as Height } },
    { ...proof!, result: { ...proof!.result, state: 'no hash' as Hash } },
  ]
  expect(wrong.map((shown) => verifyAnswer(sha256, result, shown, BUCKETS))).toEqual(wrong.map(() => false))
  expect(verifyAnswer(sha256, ledger.chain.genesisResult, proof!, BUCKETS)).toBe(false)
})

test('[LE8] an unknown path is a bad request; a version has no proof of its own', () => {
  expect(answerQuery(ledger.chain, 'what/ever', ledger.context)).toMatchObject({ ok: false, code: 'BAD_REQUEST' })
  expect(answer(`version/${PUT.id}/k`)).toMatchObject({ value: { version: 1, value: 'v' }, proof: null })
})

const proven = (id: Hash) => proveTransaction(sha256, ledger.store, ledger.chain.genesisResult, id) as ProvenTransaction
const trusted = ({ block, result }: ProvenTransaction) => ({ transactionsRoot: block.header.transactionsRoot, result })

test('[LE3] a transaction is proven with its receipt, at the first height and later, succeeded or failed', () => {
  ledger.run()
  for (const { id, bytes } of [FAILED, PUT]) {
    const shown = proven(id)
    expect(shown).toMatchObject({ id, height: 2, bytes, receipt: { id, ok: id === PUT.id } })
    expect(verifyTransactionProof(sha256, trusted(shown), shown)).toBe(true)
    expect(shown.result).toBe(ledger.store.block(2 as Height)!.result)
  }
  const first = [...ledger.disk.transactions.keys()][0]!
  expect(verifyTransactionProof(sha256, trusted(proven(first)), proven(first))).toBe(true)
  expect(proveTransaction(sha256, ledger.store, ledger.chain.genesisResult, sha256())).toBeNull()
})

test('[LE3] a proof shows no other transaction, receipt or result', () => {
  const [put, failed] = [proven(PUT.id), proven(FAILED.id)]
  const wrong = [
    { ...put, bytes: failed.bytes },
    { ...failed, receiptBytes: put.receiptBytes },
    { ...failed, receiptBytes: put.receiptBytes, proof: { ...failed.proof, receipt: put.proof.receipt } },
    { ...put, proof: { ...put.proof, parts: { ...put.proof.parts, receipts: sha256() } } },
  ]
  expect(wrong.map((shown) => verifyTransactionProof(sha256, trusted(put), shown))).toEqual(wrong.map(() => false))
  expect(verifyTransactionProof(sha256, { ...trusted(put), result: sha256() }, put)).toBe(false)
})

test('[LE4] a repeated transaction is proven in the block that executed it, its neighbours still in theirs', () => {
  const fresh = signed(ALICE, put('z', '1'))
  ledger.execute(ledger.blockOf([PUT, fresh]))
  expect(proven(PUT.id).height).toBe(2)
  const neighbour = proven(fresh.id)
  expect(neighbour).toMatchObject({ height: 3, index: 1 })
  expect(verifyTransactionProof(sha256, trusted(neighbour), neighbour)).toBe(true)
})
