import { admitTransaction } from '@baton/shared/core/ledger/admit-transaction'
import { answerQuery, verifyAnswer } from '@baton/shared/core/ledger/queries'
import { RecordsAndTransfers } from '@baton/shared/core/ledger/records-and-transfers'
import type { Action } from '@baton/shared/core/ledger/types'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { PublicKey } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import {
  ALICE,
  BOB,
  BUCKETS,
  CAROL,
  CLUSTERS,
  Ledger,
  mint,
  OWNER,
  publicKey,
  replaceMinter,
  signed,
} from './ledger-network.ts'

const OTHER_OWNER = publicKey(8)
/** Two owners, each of whom mints. */
const application = new RecordsAndTransfers({
  clusters: [OWNER, OTHER_OWNER].map((owner, at) => ({ cluster: CLUSTERS[at], ownerKeys: [owner] })) as never,
})

function codes(ledger: Ledger, ...acts: readonly (readonly [PublicKey, Action])[]): readonly string[] {
  const { receipts } = ledger.run(...acts.map(([sender, action]) => signed(sender, action)))
  return receipts.map((receipt) => (receipt.ok ? 'ok' : receipt.code))
}

function minter(ledger: Ledger, key: PublicKey) {
  const answer = answerQuery(ledger.chain, `minter/${key}`, ledger.context)
  if (!answer.ok) throw new Error(answer.why)
  expect(verifyAnswer(sha256, ledger.chain.tip.result, answer.value.proof!, BUCKETS)).toBe(true)
  return answer.value.value
}

test('[LE13] a minter names the key that takes its place: in the same block, and for ever', () => {
  const ledger = new Ledger(application)
  expect(
    codes(
      ledger,
      [ALICE, mint(BOB, 1)],
      [OWNER, mint(BOB, 1)],
      [OWNER, replaceMinter(ALICE)],
      [OWNER, mint(BOB, 1)],
      [ALICE, mint(BOB, 1)],
    ),
  ).toEqual(['NOT_A_MINTER', 'ok', 'ok', 'NOT_A_MINTER', 'ok'])
  expect(codes(ledger, [OWNER, mint(BOB, 1)], [ALICE, mint(BOB, 1)])).toEqual(['NOT_A_MINTER', 'ok'])
  expect(minter(ledger, OWNER)).toEqual({ mints: false, replacedBy: ALICE })
  expect(minter(ledger, ALICE)).toEqual({ mints: true, replacedBy: null })
  expect(minter(ledger, BOB)).toEqual({ mints: false, replacedBy: null })
  // The other owner is not touched, and neither is who finds the chain on the disk.
  expect(minter(ledger, OTHER_OWNER)).toEqual({ mints: true, replacedBy: null })
  ledger.chain = ledger.reloaded()
  expect(codes(ledger, [OWNER, mint(BOB, 1)], [ALICE, mint(BOB, 1)], [OTHER_OWNER, mint(BOB, 1)])).toEqual([
    'NOT_A_MINTER',
    'ok',
    'ok',
  ])
})

test('[LE13] nobody but a present minter names one: not a stranger, not who was replaced, not another owner in its place', () => {
  const ledger = new Ledger(application)
  expect(codes(ledger, [CAROL, replaceMinter(CAROL)])).toEqual(['NOT_A_MINTER'])
  expect(codes(ledger, [OWNER, replaceMinter(ALICE)])).toEqual(['ok'])
  expect(codes(ledger, [OWNER, replaceMinter(BOB)], [CAROL, replaceMinter(BOB)])).toEqual([
    'NOT_A_MINTER',
    'NOT_A_MINTER',
  ])
  // The other owner gives away its own place, and only that.
  expect(codes(ledger, [OTHER_OWNER, replaceMinter(BOB)], [OTHER_OWNER, mint(CAROL, 1)])).toEqual([
    'ok',
    'NOT_A_MINTER',
  ])
  expect([minter(ledger, ALICE), minter(ledger, BOB)]).toEqual([
    { mints: true, replacedBy: null },
    { mints: true, replacedBy: null },
  ])
})

test('[LE13] a key that mints or has minted is named by nobody: no place is merged, no old key comes back', () => {
  const ledger = new Ledger(application)
  expect(codes(ledger, [OWNER, replaceMinter(OWNER)], [OWNER, replaceMinter(OTHER_OWNER)])).toEqual([
    'KNOWN_MINTER',
    'KNOWN_MINTER',
  ])
  expect(codes(ledger, [OWNER, replaceMinter(ALICE)], [ALICE, replaceMinter(OWNER)])).toEqual(['ok', 'KNOWN_MINTER'])
  expect(codes(ledger, [OTHER_OWNER, replaceMinter(OWNER)], [OTHER_OWNER, replaceMinter(ALICE)])).toEqual([
    'KNOWN_MINTER',
    'KNOWN_MINTER',
  ])
  expect(codes(ledger, [ALICE, replaceMinter(BOB)], [BOB, mint(CAROL, 1)])).toEqual(['ok', 'ok'])
})

test('[LE4, LE13] the same bytes again change nothing, also when they are decided again after further replacements', () => {
  const ledger = new Ledger(application)
  const [first, second] = [signed(OWNER, replaceMinter(ALICE)), signed(ALICE, replaceMinter(BOB))]
  const receipts = [...ledger.run(first).receipts, ...ledger.run(second).receipts]
  expect(receipts.map(({ ok }) => ok)).toEqual([true, true])
  const result = [minter(ledger, OWNER), minter(ledger, ALICE), minter(ledger, BOB)]
  expect(ledger.execute(ledger.blockOf([first, second])).receipts).toEqual(receipts)
  expect([minter(ledger, OWNER), minter(ledger, ALICE), minter(ledger, BOB)]).toEqual(result)
  // What the old key has signed before it was replaced, and nobody has sent until now.
  expect(codes(ledger, [OWNER, mint(CAROL, 1)], [ALICE, mint(CAROL, 1)])).toEqual(['NOT_A_MINTER', 'NOT_A_MINTER'])
})

test('[LE5, LE13] admission refuses what is signed by a key that is no minter, or names a known one', () => {
  const ledger = new Ledger(application)
  codes(ledger, [OWNER, replaceMinter(ALICE)])
  const admit = (sender: PublicKey, action: Action) =>
    admitTransaction(ledger.chain, signed(sender, action), ledger.store, application)
  for (const [sender, action, why] of [
    [OWNER, mint(BOB, 1), /^NOT_A_MINTER/],
    [OWNER, replaceMinter(BOB), /^NOT_A_MINTER/],
    [CAROL, replaceMinter(BOB), /^NOT_A_MINTER/],
    [ALICE, replaceMinter(OTHER_OWNER), /^KNOWN_MINTER/],
  ] as const) {
    expect(admit(sender, action)).toMatchObject({ code: 'TRANSACTION_REJECTED', why: expect.stringMatching(why) })
  }
  expect(admit(ALICE, replaceMinter(BOB))).toEqual({ ok: true, kind: 'new' })
  expect(admit(ALICE, mint(BOB, 1))).toEqual({ ok: true, kind: 'new' })
  expect(answerQuery(ledger.chain, 'minter/short', ledger.context)).toMatchObject({ ok: false, code: 'BAD_REQUEST' })
})
