/** Queries against the state at the tip, with proofs that lead to the result hash; and their check by a client. */

import { blockTransaction } from '../../codec/block.ts'
import { decodeReceipt } from '../../codec/receipt.ts'
import { decodeSigned } from '../../codec/transaction.ts'
import { isErrorCode } from '../../errors.ts'
import type { Hash, Height } from '../../ids.ts'
import type { ChainReader } from '../../ports/node-store.ts'
import { failure, type Result, success } from '../../result.ts'
import type { HashFunction } from '../step.ts'
import { stateView } from './admit-transaction.ts'
import type { Application, QueryView } from './application.ts'
import { areResultParts, type ChainState, type ResultParts, resultHash } from './chain.ts'
import { proveState, type StateProof, verifyStateProof } from './state-proof.ts'
import { damaged } from './stored-field.ts'

/**
 * Shows what the state holds at `key` (`value: null`: nothing). `result` of height H is certified by block H+1, whose
 * header repeats it.
 */
export interface AnswerProof {
  readonly key: string
  readonly value: Uint8Array | null
  readonly state: StateProof
  readonly result: ResultParts
}

export interface QueryAnswer {
  readonly path: string
  readonly height: Height
  readonly result: Hash
  /** Plain data; null when there is nothing under the path. */
  readonly value: unknown
  /** Null when no single entry of the state proves the answer. */
  readonly proof: AnswerProof | null
}

export interface QueryContext {
  readonly hash: HashFunction
  readonly reader: ChainReader
  readonly application: Application
}

/** Fails with `BAD_REQUEST` for a path the application does not know. */
export function answerQuery(chain: ChainState, path: string, context: QueryContext): Result<QueryAnswer> {
  const { hash, reader, application } = context
  const outcome = application.query(path, queryView(hash, reader))
  if (!outcome.ok) return failure(isErrorCode(outcome.code) ? outcome.code : 'BAD_REQUEST', outcome.why)
  const { height, result, parts } = chain.tip
  const { key, value } = outcome
  const proof: AnswerProof | null =
    key === null
      ? null
      : { key, value: reader.stateValue(key), state: proveState(hash, chain.tree, reader, key), result: parts }
  return success({ path, height, result, value, proof })
}

/** True when a chain whose result hash is `result` holds `proof.value` at `proof.key`. Never throws. */
export function verifyAnswer(hash: HashFunction, result: Hash, proof: AnswerProof, buckets?: number): boolean {
  return (
    areResultParts(proof.result) &&
    resultHash(hash, proof.result) === result &&
    verifyStateProof(hash, proof.result.state, proof.key, proof.value, proof.state, buckets)
  )
}

export function queryView(hash: HashFunction, reader: ChainReader): QueryView {
  return {
    ...stateView(reader),
    executed: (id) => {
      const found = reader.transaction(id)
      if (found === null) return null
      const stored = reader.block(found.height)
      const bytes = stored === null ? null : blockTransaction(stored.bytes, found.index)
      const signed = bytes === null ? null : decodeSigned(hash, bytes)
      const receipt = decodeReceipt(found.receipt)
      if (signed?.ok !== true || !receipt.ok) throw damaged(`transaction ${id} of block ${found.height}`)
      return { transaction: signed.value.transaction, receipt: receipt.value }
    },
  }
}
