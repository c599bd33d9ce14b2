/** Proof that a transaction is in a decided block, and that its receipt is the one the network agreed on. */
import { decodeStoredBlock } from '../../codec/block.ts'
import { decodeReceipt } from '../../codec/receipt.ts'
import { transactionId } from '../../codec/transaction.ts'
import type { Hash, Height } from '../../ids.ts'
import type { ChainReader } from '../../ports/node-store.ts'
import { type InclusionProof, merkleRoot, proveInclusion, verifyInclusion } from '../merkle/merkle.ts'
import type { HashFunction } from '../step.ts'
import { areResultParts, type ResultParts, resultHash } from './chain.ts'
import { type DecidedHeader, decidedHeader } from './decided-header.ts'
import { readResultParts } from './stored-chain.ts'
import { damaged } from './stored-field.ts'
import type { Block, Receipt } from './types.ts'

export interface TransactionProof {
  /** Leads from the transaction's bytes to `transactionsRoot` of its block's header. */
  readonly transaction: InclusionProof
  /** Leads from the encoded receipt to `parts.receipts`. */
  readonly receipt: InclusionProof
  /** Their hash is the result of the height, which the next block's header repeats. */
  readonly parts: ResultParts
}

export interface ProvenTransaction {
  readonly id: Hash
  readonly height: Height
  readonly index: number
  readonly bytes: Uint8Array
  readonly receipt: Receipt
  /** As it was hashed. */
  readonly receiptBytes: Uint8Array
  readonly proof: TransactionProof
  readonly block: Block
  /** The encoded certificate that decided the block. */
  readonly certificate: Uint8Array
  readonly result: Hash
  /** Proves the block, and by the next one the result, to somebody who has only genesis; null where the store has no history of tokens. */
  readonly evidence: { readonly block: DecidedHeader; readonly next: DecidedHeader | null } | null
}

/** Null when no executed block has it. Reads the whole block and its receipts. Throws `STORAGE_DAMAGED`. */
export function proveTransaction(
  hash: HashFunction,
  reader: ChainReader,
  genesisResult: Hash,
  id: Hash,
): ProvenTransaction | null {
  const found = reader.transaction(id)
  if (found === null) return null
  const { height, index } = found
  const stored = reader.block(height)
  const block = stored === null ? null : decodeStoredBlock(hash, stored.bytes)
  const receipt = decodeReceipt(found.receipt)
  if (stored === null || block?.ok !== true || !receipt.ok) throw damaged(`transaction ${id} of block ${height}`)
  const { transactions } = block.value
  const receipts = transactions.map((bytes) => {
    const other = reader.transaction(transactionId(hash, bytes))
    if (other === null) throw damaged(`a receipt of block ${height} is missing`)
    return other.receipt
  })
  const parts = readResultParts(reader, genesisResult, height)
  if (merkleRoot(hash, receipts) !== parts.receipts) throw damaged(`the receipts of block ${height}`)
  return {
    id,
    height,
    index,
    bytes: transactions[index]!,
    receipt: receipt.value,
    receiptBytes: found.receipt,
    proof: {
      transaction: proveInclusion(hash, transactions, index),
      receipt: proveInclusion(hash, receipts, index),
      parts,
    },
    block: block.value,
    certificate: stored.certificate,
    result: stored.result,
    evidence: evidenceOf(hash, reader, height),
  }
}

function evidenceOf(hash: HashFunction, reader: ChainReader, height: Height): ProvenTransaction['evidence'] {
  const block = decidedHeader(hash, reader, height)
  return block === null ? null : { block, next: decidedHeader(hash, reader, (height + 1) as Height) }
}

/**
 * True when the block with `transactionsRoot` has the transaction, and the network whose result at that height is `result`
 * gave it this receipt. Never throws.
 */
export function verifyTransactionProof(
  hash: HashFunction,
  trusted: { readonly transactionsRoot: Hash; readonly result: Hash },
  proven: Pick<ProvenTransaction, 'bytes' | 'receiptBytes' | 'proof'>,
): boolean {
  const { bytes, receiptBytes, proof } = proven
  return (
    verifyInclusion(hash, trusted.transactionsRoot, bytes, proof.transaction) &&
    proof.receipt.index === proof.transaction.index &&
    verifyInclusion(hash, proof.parts.receipts, receiptBytes, proof.receipt) &&
    areResultParts(proof.parts) &&
    resultHash(hash, proof.parts) === trusted.result
  )
}
