/** A proposer's block: what fits, nothing that a validator would refuse. */

import { assert } from '../../assert.ts'
import { type BlockFields, buildBlock } from '../../codec/block.ts'
import { encodeCertificate } from '../../codec/certificate.ts'
import type { Mastership } from '../../crypto/statement-types.ts'
import type { ClusterId, Height } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { ChainReader } from '../../ports/node-store.ts'
import type { HashFunction } from '../step.ts'
import type { ChainState } from './chain.ts'
import { applyMasterships, newMasterships } from './tokens.ts'
import type { Block, CommitCertificate, SignedTransaction } from './types.ts'

/** Header, lengths of fields and what grows with them, generously. */
const HEAD_BYTES = 1_024
/** What the head says about one transaction: its length. */
const LENGTH_BYTES = 5

export interface ProposalInput {
  readonly proposer: ClusterId
  /** The proposer's clock in ms; raised to the tip's time when it is behind. */
  readonly time: number
  /** In the order of the mempool; taken while they fit. Signatures verified. */
  readonly transactions: Iterable<SignedTransaction>
  /** Every verified mastership the proposer knows: those above the table go in (NW3, ID8). */
  readonly masterships: Iterable<Mastership>
  /** A certificate of the tip that passes `checkCertificate`; null at height 0. */
  readonly lastCommit: CommitCertificate | null
}

/** The block, and the masterships it carries: with them it can be validated and executed at once. */
export interface BlockProposal {
  readonly block: Block
  readonly transactions: readonly SignedTransaction[]
  readonly masterships: readonly Mastership[]
}

export function buildProposal(
  chain: ChainState,
  input: ProposalInput,
  context: { readonly hash: HashFunction; readonly reader: Pick<ChainReader, 'transaction'> },
): BlockProposal {
  const { tip } = chain
  assert((input.lastCommit === null) === (tip.height === 0), 'a block carries the certificate of the one before')
  const masterships = newMasterships(chain.tokens, input.masterships)
  const tokens = applyMasterships(context.hash, chain.tokens, masterships)
  assert(tokens.ok, 'new masterships raise the table')
  const credentials = masterships.map(({ credential }) => credential)
  const { proposer, lastCommit } = input
  const transactions = select(chain, input, context.reader, room(credentials, lastCommit))
  const header: BlockFields['header'] = {
    network: chain.network,
    height: (tip.height + 1) as Height,
    previous: tip.hash,
    time: Math.max(input.time, tip.time),
    proposer,
    tokens: tokens.value.hash,
    result: tip.result,
  }
  const bodies = transactions.map(({ bytes }) => bytes)
  const block = buildBlock(context.hash, { header, transactions: bodies, credentials, lastCommit })
  return { block, transactions, masterships }
}

/** Bytes left for transactions. */
function room(credentials: BlockFields['credentials'], lastCommit: CommitCertificate | null): number {
  const statements = credentials.reduce(
    (sum, { grant, certificate }) => sum + grant.length + certificate.length + 16,
    0,
  )
  const commit = lastCommit === null ? 0 : encodeCertificate(lastCommit).length
  return LIMITS.blockBytes - HEAD_BYTES - statements - commit
}

function select(
  chain: ChainState,
  input: ProposalInput,
  reader: Pick<ChainReader, 'transaction'>,
  bytes: number,
): readonly SignedTransaction[] {
  const chosen = new Map<string, SignedTransaction>()
  let left = bytes
  for (const signed of input.transactions) {
    if (chosen.size === LIMITS.blockTransactions) break
    const size = signed.bytes.length + LENGTH_BYTES
    if (size > left) break
    const fits = signed.transaction.network === chain.network && !chosen.has(signed.id)
    if (!fits || reader.transaction(signed.id) !== null) continue
    chosen.set(signed.id, signed)
    left -= size
  }
  return [...chosen.values()]
}
