/** A block's transactions decoded, each once. */
import { sameBytes } from '../../codec/same-bytes.ts'
import { decodeSigned, transactionId } from '../../codec/transaction.ts'
import type { Hash } from '../../ids.ts'
import { failure, type Result, success } from '../../result.ts'
import type { HashFunction } from '../step.ts'
import type { SignedTransaction } from './types.ts'

/** Looks up a transaction that is decoded already, for example in the mempool. */
export type KnownTransactions = (id: Hash) => SignedTransaction | undefined

/**
 * Decodes in the block's order. A known transaction is taken as it is when its bytes are the same, signature included, so
 * that the driver sees which ones it has verified before. Fails with `PEER_MALFORMED`.
 */
export function openTransactions(
  hash: HashFunction,
  transactions: readonly Uint8Array[],
  known: KnownTransactions = () => undefined,
): Result<readonly SignedTransaction[]> {
  const opened: SignedTransaction[] = []
  for (const [index, bytes] of transactions.entries()) {
    const id = transactionId(hash, bytes)
    const candidate = known(id)
    if (candidate !== undefined && sameBytes(candidate.bytes, bytes)) {
      opened.push(candidate)
      continue
    }
    const decoded = decodeSigned(hash, bytes, id)
    if (!decoded.ok) return failure('PEER_MALFORMED', `transaction ${index}: ${decoded.why}`)
    opened.push(decoded.value)
  }
  return success(opened)
}
