import { type Application, applicationFailure, type ExecutionOutcome } from '@baton/shared/core/ledger/application'
import { resultHash } from '@baton/shared/core/ledger/chain'
import { executeBlock } from '@baton/shared/core/ledger/execute-block'
import { historyInvariants } from '@baton/shared/core/ledger/invariants'
import { openTransactions } from '@baton/shared/core/ledger/open-transactions'
import { stateRoot } from '@baton/shared/core/ledger/state-tree'
import type { SignedTransaction } from '@baton/shared/core/ledger/types'
import { toUtf8 } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { BatonError } from '@baton/shared/errors'
import { expect, test } from 'vitest'
import { ALICE, APPLICATION, BOB, Ledger, mint, OWNER, put, signed, transfer } from './ledger-network.ts'

test('[LE4] a transaction executes once: a repetition changes nothing and gives its first receipt', () => {
  const ledger = new Ledger()
  const first = signed(OWNER, mint(ALICE, 100))
  const again = { ...first, bytes: first.bytes.map((byte, i) => (i === first.bytes.length - 1 ? byte ^ 1 : byte)) }
  const [receipt] = ledger.run(first).receipts
  const before = stateRoot(ledger.chain.tree)
  const repeated = ledger.execute(ledger.blockOf([again]))
  expect(repeated.receipts).toEqual([receipt])
  expect(repeated.writes.map(({ w }) => w)).toEqual(['state', 'block'])
  expect(stateRoot(ledger.chain.tree)).toBe(before)
  expect(ledger.store.transaction(first.id)).toMatchObject({ height: 1, index: 0 })
})

test('[LE4] a transaction that stands twice in one block executes once', () => {
  const ledger = new Ledger()
  const tx = signed(OWNER, mint(ALICE, 100))
  const block = ledger.blockOf([signed(ALICE, put('k', 'v')), tx])
  // No proposer builds it and no validator accepts it; execution does not rely on either.
  const twice = { ...block, block: { ...block.block, transactions: [tx.bytes, tx.bytes] }, transactions: [tx, tx] }
  const { receipts, writes } = ledger.execute(twice)
  expect(receipts[1]).toEqual(receipts[0])
  expect(writes.filter(({ w }) => w === 'transaction')).toHaveLength(1)
  expect(
    APPLICATION.query(`account/${ALICE}`, { get: (key) => ledger.store.stateValue(key), executed: () => null }),
  ).toMatchObject({ value: { balance: 100 } })
})

test('[LE5] a failing transaction is in the block with its receipt and changes nothing', () => {
  const ledger = new Ledger()
  const root = stateRoot(ledger.chain.tree)
  const { receipts } = ledger.run(signed(BOB, transfer(ALICE, 5, 0)))
  expect(receipts).toMatchObject([{ height: 1, index: 0, ok: false, code: 'INSUFFICIENT_BALANCE' }])
  expect(stateRoot(ledger.chain.tree)).toBe(root)
})

test('[LE5] a failed transaction stays failed: repeating it does not try again', () => {
  const ledger = new Ledger()
  const early = signed(ALICE, transfer(BOB, 5, 0))
  const [failed] = ledger.run(early).receipts
  ledger.run(signed(OWNER, mint(ALICE, 100)))
  expect(ledger.execute(ledger.blockOf([early])).receipts).toEqual([failed])
})

/** An application of one behaviour. */
function behaving(execute: Application['execute']): Application {
  return {
    name: 'test',
    snapshot: 'test/1',
    check: () => ({ ok: true }),
    execute,
    query: () => applicationFailure('BAD_REQUEST', 'no queries'),
  }
}

const wrongOutcomes: [string, () => unknown][] = [
  [
    'throws',
    () => {
      throw new Error(`at ${Math.random()}`)
    },
  ],
  ['answers nothing', () => undefined],
  ['answers a failure without a code', () => ({ ok: false })],
  ['answers a code that is no word', () => ({ ok: false, code: 'what happened', why: '' })],
  ['writes something else than bytes', () => ({ ok: true, writes: [{ key: 'k', value: 'text' }] })],
  ['writes an entry of the chain', () => ({ ok: true, writes: [{ key: 'sys/tokens', value: null }] })],
  ['writes under a key that is no Unicode', () => ({ ok: true, writes: [{ key: '\ud800', value: null }] })],
  ['gives data without a canonical encoding', () => ({ ok: true, writes: [], data: 0.5 })],
  ['gives data that is too large', () => ({ ok: true, writes: [], data: 'x'.repeat(70_000) })],
]

test.each(wrongOutcomes)('[LE6] an application that %s gives the same failed receipt on every node', (_, misbehave) => {
  const application = behaving((transaction, _context, _view) =>
    transaction.action.kind === 'mint'
      ? (misbehave() as ExecutionOutcome)
      : { ok: true, writes: [{ key: 'good', value: toUtf8('1') }] },
  )
  const transactions = [signed(OWNER, mint(ALICE, 1)), signed(OWNER, put('k', 'v'))]
  const [a, b] = [new Ledger(application), new Ledger(application)].map((ledger) => ledger.run(...transactions))
  expect(a!.receipts[0]).toMatchObject({
    ok: false,
    code: 'APPLICATION_FAULT',
    why: 'the application failed on this transaction',
  })
  expect(a!.receipts[1]!.ok).toBe(true)
  expect(b!.result).toBe(a!.result)
})

test('[LE6] a failing disk stops the execution: no receipt may come of it, even if the application hides it', () => {
  const reads = behaving((_transaction, _context, view) => {
    try {
      view.get('k')
    } catch {}
    return { ok: true, writes: [] }
  })
  const ledger = new Ledger(reads)
  const block = ledger.propose([signed(OWNER, put('k', 'v'))])
  const failure = new BatonError('STORAGE_FAILED', 'the disk is gone')
  const broken = Object.assign(Object.create(ledger.store), {
    transaction: () => null,
    stateValue: () => {
      throw failure
    },
  })
  const decided = { ...block, certificate: new Uint8Array(1) }
  const context = { hash: sha256, reader: broken, application: reads }
  expect(() => executeBlock(ledger.chain, decided, context)).toThrow(failure)
})

test('[LE6] a damaged stored value stops the execution', () => {
  const ledger = new Ledger()
  ledger.run(signed(OWNER, put('k', 'v')))
  ledger.store.apply([{ w: 'state', key: 'r/k', value: toUtf8('not what was written') }])
  const block = ledger.propose([signed(OWNER, put('k', 'w'))])
  expect(() => ledger.execute(block)).toThrow(expect.objectContaining({ code: 'STORAGE_DAMAGED' }))
})

test('[LE6] the chain state that was used up is refused', () => {
  const ledger = new Ledger()
  const used = ledger.chain
  const decided = { ...ledger.propose([]), certificate: new Uint8Array(1) }
  ledger.execute(decided)
  expect(() => executeBlock(used, decided, ledger.context)).toThrow(/used up/)
})

test('[LE7] the result hash covers the previous result, the state, the receipts and the height', () => {
  const ledger = new Ledger()
  const { chain, result } = ledger.run(signed(OWNER, mint(ALICE, 1)))
  const { parts } = chain.tip
  expect(resultHash(sha256, parts)).toBe(result)
  expect(parts).toMatchObject({ previous: ledger.chain.genesisResult, state: stateRoot(chain.tree), height: 1 })
  const others = [
    { ...parts, previous: result },
    { ...parts, state: result },
    { ...parts, receipts: result },
    { ...parts, height: 2 as typeof parts.height },
  ]
  expect(new Set([result, ...others.map((other) => resultHash(sha256, other))]).size).toBe(5)
})

test('[LE7] nodes with another application layout or another number of buckets disagree from genesis on', () => {
  const other = { ...behaving(() => ({ ok: true, writes: [] })), snapshot: 'records-and-transfers/2' }
  const results = [new Ledger(), new Ledger(APPLICATION, 256), new Ledger(other)].map(
    ({ chain }) => chain.genesisResult,
  )
  expect(new Set(results).size).toBe(3)
})

test('[LE7] a restarted node finds the same chain on its disk', () => {
  const ledger = new Ledger()
  expect(ledger.reloaded()).toEqual({ ...ledger.chain, treeVersion: 0 })
  for (let height = 1; height <= 3; height++) {
    ledger.run(signed(OWNER, mint(ALICE, height)), signed(BOB, put(`k${height % 2}`, String(height))))
    const reloaded = ledger.reloaded()
    expect(reloaded.tip).toEqual(ledger.chain.tip)
    expect(reloaded.tokens).toEqual(ledger.chain.tokens)
    expect(reloaded.tree.nodes).toEqual(ledger.chain.tree.nodes)
  }
})

test('[LE7] a disk whose state is not the executed one is reported, not used', () => {
  const ledger = new Ledger()
  ledger.run(signed(OWNER, mint(ALICE, 1)))
  const [bucket, hash] = [...ledger.store.bucketHashes()][0]!
  const leaves = ledger.store.bucketLeaves(bucket)!
  ledger.store.apply([{ w: 'bucket', bucket, leaves, hash: hash.map((byte) => byte ^ 1) }])
  expect(() => ledger.reloaded()).toThrow(expect.objectContaining({ code: 'STORAGE_DAMAGED' }))
})

test('[LE4] ids are unique over the chain that proposers build from a mempool with repetitions', () => {
  const ledger = new Ledger()
  const pool = [1, 2, 3].map((n) => signed(OWNER, mint(ALICE, n)))
  const blocks: SignedTransaction[] = []
  for (const batch of [[pool[0]!, pool[0]!, pool[1]!], [pool[1]!, pool[2]!], pool]) {
    const block = ledger.propose(batch)
    blocks.push(...block.transactions)
    ledger.execute(block)
  }
  expect(blocks.map(({ id }) => id)).toEqual(pool.map(({ id }) => id))
  expect(historyInvariants(blocks)).toEqual([])
  expect(historyInvariants([...blocks, pool[0]!])).toEqual(['ids-are-unique'])
})

test('a block is opened once: known transactions are taken as they are, others with the same id are not', () => {
  const tx = signed(OWNER, mint(ALICE, 1))
  const resigned = { ...tx, bytes: tx.bytes.map((byte, i) => (i === tx.bytes.length - 1 ? byte ^ 1 : byte)) }
  const opened = openTransactions(sha256, [tx.bytes, resigned.bytes], (id) => (id === tx.id ? tx : undefined))
  expect(opened.ok && opened.value[0]).toBe(tx)
  expect(opened.ok && opened.value[1]).toMatchObject({ id: tx.id, bytes: resigned.bytes })
  expect(openTransactions(sha256, [tx.bytes, Uint8Array.of(1)])).toMatchObject({ ok: false, code: 'PEER_MALFORMED' })
})
