/** Executes a decided block: receipts, result hash, and everything to be stored. */
import { assert } from '../../assert.ts'
import { decodeReceipt } from '../../codec/receipt.ts'
import type { Mastership } from '../../crypto/statement-types.ts'
import type { Hash } from '../../ids.ts'
import type { ChainReader, LedgerWrite } from '../../ports/node-store.ts'
import { merkleRoot } from '../merkle/merkle.ts'
import type { HashFunction } from '../step.ts'
import type { Application } from './application.ts'
import { BlockState } from './block-state.ts'
import { type ChainState, type ResultParts, resultHash } from './chain.ts'
import { executeTransaction } from './execute-transaction.ts'
import { chainInvariants } from './invariants.ts'
import { changeState, stateRoot } from './state-tree.ts'
import { writeRoots, writeTokens } from './stored-chain.ts'
import { damaged } from './stored-field.ts'
import { writeTokenHistory } from './token-history.ts'
import { applyMasterships } from './tokens.ts'
import type { Block, Receipt, SignedTransaction } from './types.ts'

/** A decided block that continues the chain (`continuesChain`). */
export interface DecidedBlock {
  readonly block: Block
  /** As `openTransactions` gave them. */
  readonly transactions: readonly SignedTransaction[]
  /** Verified, one for each of `block.credentials`. */
  readonly masterships: readonly Mastership[]
  /** The encoded certificate that decided it. */
  readonly certificate: Uint8Array
}

export interface ExecuteContext {
  readonly hash: HashFunction
  /** Must see the writes of all blocks before. */
  readonly reader: ChainReader
  readonly application: Application
}

export interface ExecutedBlock {
  /** Goes on from here; the chain state given in is used up. */
  readonly chain: ChainState
  /** To be stored together, before the next block is executed. */
  readonly writes: readonly LedgerWrite[]
  /** In the order of the transactions. */
  readonly receipts: readonly Receipt[]
  readonly result: Hash
}

interface Executions {
  readonly receipts: readonly Receipt[]
  readonly encoded: readonly Uint8Array[]
  readonly writes: readonly LedgerWrite[]
}

/** Deterministic. Throws only for failures of this node: its store (`STORAGE_*`) or a broken promise of the caller. */
export function executeBlock(chain: ChainState, decided: DecidedBlock, context: ExecuteContext): ExecutedBlock {
  const { block, certificate } = decided
  const { header } = block
  const { hash, reader } = context
  assert(chain.treeVersion === chain.tree.version, 'this chain state was used up by an earlier block')
  assert(header.height === chain.tip.height + 1 && header.previous === chain.tip.hash, 'the block continues the chain')
  assert(decided.transactions.length === block.transactions.length, 'a block is executed with its transactions')
  const tokens = applyMasterships(hash, chain.tokens, decided.masterships)
  assert(tokens.ok && tokens.value.hash === header.tokens, 'a decided block carries the token table of its header')

  const state = new BlockState(reader)
  const executions = executeAll(decided, state, context)
  const buckets = changeState(hash, chain.tree, state.changes(), reader)
  const parts: ResultParts = {
    previous: chain.tip.result,
    state: stateRoot(chain.tree),
    receipts: merkleRoot(hash, executions.encoded),
    height: header.height,
  }
  const result = resultHash(hash, parts)
  const writes: LedgerWrite[] = [...executions.writes]
  for (const [key, value] of state.changes()) writes.push({ w: 'state', key, value })
  writes.push(...buckets, writeRoots(parts))
  if (tokens.value !== chain.tokens) {
    writes.push(writeTokens(tokens.value), ...writeTokenHistory(tokens.value, header.height, reader))
  }
  writes.push({ w: 'block', height: header.height, hash: block.hash, bytes: block.bytes, certificate, result })

  const tip = { height: header.height, hash: block.hash, time: header.time, result, parts }
  const next = { ...chain, tip, tokens: tokens.value, treeVersion: chain.tree.version }
  const broken = chainInvariants(chain, next)
  assert(broken.length === 0, `after block ${header.height}: ${broken.join(', ')}`)
  return { chain: next, writes, receipts: executions.receipts, result }
}

function executeAll(decided: DecidedBlock, state: BlockState, context: ExecuteContext): Executions {
  const { height, time } = decided.block.header
  const receipts: Receipt[] = []
  const encoded: Uint8Array[] = []
  const writes: LedgerWrite[] = []
  const first = new Map<Hash, number>()
  for (const [index, signed] of decided.transactions.entries()) {
    const { id } = signed
    const before = first.get(id)
    const stored = before === undefined ? context.reader.transaction(id)?.receipt : encoded[before]
    if (stored !== undefined) {
      // Executed once, for ever: a repetition gives its first receipt and changes nothing.
      receipts.push(before === undefined ? storedReceipt(stored) : receipts[before]!)
      encoded.push(stored)
      continue
    }
    const execution = executeTransaction(signed, { id, height, index, time }, state, context.application)
    first.set(id, index)
    receipts.push(execution.receipt)
    encoded.push(execution.encoded)
    writes.push({ w: 'transaction', id, height, index, receipt: execution.encoded })
  }
  return { receipts, encoded, writes }
}

function storedReceipt(bytes: Uint8Array): Receipt {
  const receipt = decodeReceipt(bytes)
  if (!receipt.ok) throw damaged(`a receipt: ${receipt.why}`)
  return receipt.value
}
