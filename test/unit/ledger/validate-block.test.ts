import { type BlockFields, buildBlock } from '@baton/shared/codec/block'
import { lookupIn } from '@baton/shared/core/ledger/check-certificate'
import { applyMasterships } from '@baton/shared/core/ledger/tokens'
import type { Block, SignedTransaction } from '@baton/shared/core/ledger/types'
import { continuesChain, type VerifiedBlock, validateBlock } from '@baton/shared/core/ledger/validate-block'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import type { ClusterId, Hash, Height, NetworkId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  ALICE,
  BOB,
  certificateFor,
  FIRST_MASTERS,
  Ledger,
  mastership,
  mint,
  NETWORK,
  OWNER,
  put,
  signed,
  transfer,
} from './ledger-network.ts'

const OTHER = 'ef'.repeat(32) as Hash
let ledger: Ledger
/** A valid block after two others, and what a driver verified of it. */
let valid: VerifiedBlock

beforeEach(() => {
  ledger = new Ledger()
  ledger.run(signed(OWNER, mint(ALICE, 100)))
  ledger.run()
  valid = ledger.propose([signed(ALICE, transfer(BOB, 5, 0)), signed(BOB, put('k', 'v'))], 5_000)
})

const judge = (verified: VerifiedBlock) => validateBlock(ledger.chain, verified, ledger.context)

function rebuilt(
  block: Block,
  change: Partial<Omit<BlockFields, 'header'>> & { header?: Partial<BlockFields['header']> },
): Block {
  const header = { ...block.header, ...change.header }
  return buildBlock(sha256, { ...block, ...change, header })
}
const withHeader = (header: Partial<BlockFields['header']>) => ({ ...valid, block: rebuilt(valid.block, { header }) })

function withTransactions(transactions: readonly SignedTransaction[]): VerifiedBlock {
  const bodies = transactions.map(({ bytes }) => bytes)
  return { ...valid, transactions, block: rebuilt(valid.block, { transactions: bodies }) }
}

/** The block as a proposer with these masterships, in this order, would build it. */
function withMasterships(masterships: readonly Mastership[], tokens?: Hash): VerifiedBlock {
  const table = applyMasterships(sha256, ledger.chain.tokens, masterships)
  const hash = tokens ?? (table.ok ? table.value.hash : valid.block.header.tokens)
  const credentials = masterships.map(({ credential }) => credential)
  return { ...valid, masterships, block: rebuilt(valid.block, { credentials, header: { tokens: hash } }) }
}

test('[LE9] accepts what an honest proposer builds, at height 1, later, empty and full', () => {
  expect(judge(valid)).toEqual({ ok: true, tokens: ledger.chain.tokens })
  expect(judge(ledger.propose([])).ok).toBe(true)
  const fresh = new Ledger()
  const first = fresh.propose([signed(OWNER, mint(ALICE, 1))])
  expect(first.masterships).toEqual(FIRST_MASTERS)
  expect(validateBlock(fresh.chain, first, fresh.context).ok).toBe(true)
})

describe('[LE9] refuses', () => {
  const headers: [string, Parameters<typeof withHeader>[0], string, string][] = [
    ['another network', { network: 'other' as NetworkId }, 'network', 'PEER_MALFORMED'],
    ['a height that was decided', { height: 2 as Height }, 'height', 'PEER_UNEXPECTED'],
    ['a height ahead', { height: 4 as Height }, 'height', 'PEER_UNEXPECTED'],
    ['another predecessor', { previous: OTHER }, 'previous', 'PEER_UNEXPECTED'],
    ['a time before the previous block', { time: 999 }, 'time', 'PEER_MALFORMED'],
    ['a proposer that is no cluster', { proposer: 'c9' as ClusterId }, 'proposer', 'PEER_MALFORMED'],
    ['a token table that does not follow', { tokens: OTHER }, 'tokens', 'PEER_MALFORMED'],
  ]
  test.each(headers)('%s', (_, header, fault, code) => {
    expect(judge(withHeader(header))).toMatchObject({ ok: false, fault, code })
  })

  test('a missing certificate', () => {
    const block = rebuilt(valid.block, { lastCommit: null })
    expect(judge({ ...valid, block })).toMatchObject({ ok: false, fault: 'commit' })
  })

  test('a certificate at height 1', () => {
    const fresh = new Ledger()
    const first = fresh.propose([])
    const block = rebuilt(first.block, { lastCommit: certificateFor(first.block) })
    expect(validateBlock(fresh.chain, { ...first, block }, fresh.context)).toMatchObject({ ok: false, fault: 'commit' })
  })

  test('the certificate of another block or height', () => {
    const own = certificateFor({ hash: ledger.chain.tip.hash, header: { height: 2 as Height } })
    for (const lastCommit of [
      { ...own, block: OTHER },
      { ...own, height: 1 as Height },
    ]) {
      const block = rebuilt(valid.block, { lastCommit })
      expect(judge({ ...valid, block })).toMatchObject({ ok: false, fault: 'commit' })
    }
  })

  test('a certificate without enough votes', () => {
    const lastCommit = certificateFor(
      { hash: ledger.chain.tip.hash, header: { height: 2 as Height } },
      FIRST_MASTERS.slice(2),
    )
    const block = rebuilt(valid.block, { lastCommit })
    expect(judge({ ...valid, block })).toMatchObject({ ok: false, fault: 'commit', why: '2 votes count, 3 are needed' })
  })

  test('a certificate whose signatures did not verify', () => {
    const judged = judge({ ...valid, certificateVerified: false })
    expect(judged).toMatchObject({ ok: false, fault: 'commit', code: 'PEER_SIGNATURE' })
  })

  test('a transaction of another network', () => {
    const foreign = signed(ALICE, put('k', 'v'), 'n', 'other' as NetworkId)
    expect(judge(withTransactions([foreign]))).toMatchObject({ ok: false, fault: 'transactions' })
  })

  test('[LE4] a transaction twice, also when it was signed again', () => {
    const tx = signed(ALICE, put('k', 'v'))
    const resigned = { ...tx, bytes: tx.bytes.map((byte, i) => (i === tx.bytes.length - 1 ? byte ^ 1 : byte)) }
    expect(judge(withTransactions([tx, tx]))).toMatchObject({ ok: false, fault: 'transactions' })
    expect(judge(withTransactions([tx, resigned]))).toMatchObject({ ok: false, fault: 'transactions' })
  })

  test('[LE4] a transaction that was executed before', () => {
    const tx = signed(OWNER, mint(ALICE, 7))
    ledger.run(tx)
    const block = ledger.blockOf([tx])
    expect(judge(block)).toMatchObject({ ok: false, fault: 'transactions' })
  })
})

test('[GU4] a block on another result than ours is told apart from a bad block', () => {
  expect(judge(withHeader({ result: OTHER }))).toMatchObject({ ok: false, fault: 'result', code: 'PEER_UNEXPECTED' })
})

describe('[NW3] the token table', () => {
  test('takes new masterships, and the next block needs them no more', () => {
    ledger.masters = [mastership('c1', 2), ...FIRST_MASTERS.slice(1), mastership('c3', 4)]
    const next = ledger.propose([])
    expect(next.masterships.map(({ cluster, epoch }) => [cluster, epoch])).toEqual([
      ['c1', 2],
      ['c3', 4],
    ])
    expect(judge(next)).toMatchObject({ ok: true })
    ledger.execute(next)
    expect(ledger.chain.tokens.entries.map(({ epoch }) => epoch)).toEqual([2, 1, 4, 1])
    expect(ledger.propose([]).masterships).toEqual([])
    expect(ledger.reloaded().tokens).toEqual(ledger.chain.tokens)
  })

  test('carries the recovering mark', () => {
    const next = withMasterships([mastership('c2', 2, true)])
    expect(judge(next)).toMatchObject({ ok: true })
    expect(next.block.header.tokens).not.toBe(withMasterships([mastership('c2', 2)]).block.header.tokens)
  })

  test('refuses a token that does not rise, a foreign cluster, a wrong order and a repetition', () => {
    const wrong = [
      [mastership('c1', 1)],
      [mastership('c1', 0)],
      [mastership('c9', 2)],
      [mastership('c2', 2), mastership('c1', 2)],
      [mastership('c1', 2), mastership('c1', 3)],
    ]
    for (const masterships of wrong) {
      expect(judge(withMasterships(masterships))).toMatchObject({ ok: false, fault: 'tokens' })
    }
  })

  test('refuses a table that hides a credential of the block, or claims one it does not carry', () => {
    const raised = withMasterships([mastership('c1', 2)])
    expect(judge(withMasterships([mastership('c1', 2)], ledger.chain.tokens.hash))).toMatchObject({ fault: 'tokens' })
    expect(judge(withMasterships([], raised.block.header.tokens))).toMatchObject({ fault: 'tokens' })
  })

  test('[ID8] refuses a block with a credential that was not verified', () => {
    const raised = withMasterships([mastership('c1', 2)])
    expect(judge({ ...raised, masterships: [] })).toMatchObject({ fault: 'tokens', why: /not every credential/ })
    expect(judge({ ...raised, masterships: [mastership('c1', 3)] })).toMatchObject({ fault: 'tokens' })
    // The same mastership by another credential: the table would be the same, the bytes of the block were never checked.
    const credential = mastership('c1', 3).credential
    const elsewhere = { ...mastership('c1', 2), credential }
    expect(judge({ ...raised, masterships: [elsewhere] })).toMatchObject({
      fault: 'tokens',
      why: /not every credential/,
    })
  })
})

test('[GU5] a follower judges a decided block by the same header rules', () => {
  const { block, masterships } = valid
  expect(continuesChain(ledger.chain, block, masterships, sha256)).toMatchObject({ ok: true })
  expect(continuesChain(ledger.chain, withHeader({ previous: OTHER }).block, masterships, sha256).ok).toBe(false)
})

describe('[LE9] a proposal', () => {
  test('takes transactions in their order while count and bytes fit', () => {
    // One transaction under many ids: what is cut off is the question, not what is in it.
    const copies = (count: number, value: string) => {
      const one = signed(ALICE, put('k', value))
      return Array.from({ length: count }, (_, n) => ({ ...one, id: n.toString(16).padStart(64, '0') as Hash }))
    }
    const many = copies(LIMITS.blockTransactions + 5, 'v')
    const ids = ledger.propose(many).transactions.map(({ id }) => id)
    expect(ids).toEqual(many.slice(0, LIMITS.blockTransactions).map(({ id }) => id))
    const { block, transactions } = ledger.propose(copies(200, 'v'.repeat(30_000)))
    expect(transactions.length).toBeGreaterThan(100)
    expect(block.bytes.length).toBeLessThanOrEqual(LIMITS.blockBytes)
    expect(block.bytes.length).toBeGreaterThan(LIMITS.blockBytes - 40_000)
  })

  test('leaves out transactions that were executed, foreign ones and repetitions', () => {
    const executed = signed(OWNER, mint(ALICE, 1))
    ledger.run(executed)
    const good = signed(ALICE, put('k', 'v'))
    const foreign = signed(ALICE, put('k', 'v'), 'n', 'other' as NetworkId)
    expect(ledger.propose([executed, good, foreign, good]).transactions).toEqual([good])
  })

  test('never has a time before the previous block', () => {
    ledger.execute(ledger.propose([], 9_000))
    expect(ledger.propose([], 4_000).block.header.time).toBe(9_000)
  })

  test('is of this network', () => {
    expect(valid.block.header.network).toBe(NETWORK)
    expect(valid.mastershipOf).toBeTypeOf('function')
    expect(lookupIn([])('c1' as ClusterId, FIRST_MASTERS[0]!)).toBeUndefined()
  })
})
