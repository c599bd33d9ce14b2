/** Judges a block against the chain: whether a validator may prevote it, and whether it continues the chain. */

import { assert } from '../../assert.ts'
import { ZERO_HASH } from '../../codec/hash-bytes.ts'
import type { Mastership } from '../../crypto/statement-types.ts'
import type { ChainReader } from '../../ports/node-store.ts'
import type { HashFunction } from '../step.ts'
import type { ChainState } from './chain.ts'
import { checkCertificate, type MastershipLookup } from './check-certificate.ts'
import { type BlockRefusal, refuse } from './judgement.ts'
import { applyMasterships, type TokenTable } from './tokens.ts'
import type { Block, SignedTransaction } from './types.ts'

/** What the driver has established about a block before it asks. */
export interface VerifiedBlock {
  /** As `decodeBlock` gave it. */
  readonly block: Block
  /** `block.transactions` as `openTransactions` gave them; their signatures verified. */
  readonly transactions: readonly SignedTransaction[]
  /** One for each of `block.credentials`, in that order: each verified against the genesis (NW1). */
  readonly masterships: readonly Mastership[]
  /** Every signature that `checkCertificate` named for `block.lastCommit` verified; true when there is no certificate. */
  readonly certificateVerified: boolean
  /** The lookup that `checkCertificate` was given. */
  readonly mastershipOf: MastershipLookup
}

export interface JudgeContext {
  readonly hash: HashFunction
  readonly reader: Pick<ChainReader, 'transaction'>
}

export type BlockJudgement = { readonly ok: true; readonly tokens: TokenTable } | BlockRefusal

/** Judges a proposed block whole. Pure; changes nothing; never throws for what a proposer sent. */
export function validateBlock(chain: ChainState, verified: VerifiedBlock, context: JudgeContext): BlockJudgement {
  const continued = continuesChain(chain, verified.block, verified.masterships, context.hash)
  if (!continued.ok) return continued
  return judgeCommit(chain, verified) ?? judgeTransactions(chain, verified, context.reader) ?? continued
}

/**
 * The part of the judgement that also a follower makes, before it executes a block that a certificate decided: header and
 * token table follow from the chain's tip. Returns the table after the block, which the block's own certificate is checked with.
 */
export function continuesChain(
  chain: ChainState,
  block: Block,
  masterships: readonly Mastership[],
  hash: HashFunction,
): BlockJudgement {
  const { header } = block
  const { tip } = chain
  if (header.network !== chain.network) return refuse('network', `the block is of network ${header.network}`)
  if (header.height !== tip.height + 1) {
    return refuse('height', `block ${header.height} does not follow height ${tip.height}`, 'PEER_UNEXPECTED')
  }
  if (header.previous !== tip.hash) {
    return refuse('previous', `block ${header.height} follows another block than ours`, 'PEER_UNEXPECTED')
  }
  if (header.result !== tip.result) {
    return refuse('result', `another result after height ${tip.height} than ours`, 'PEER_UNEXPECTED')
  }
  if (header.time < tip.time) return refuse('time', `time ${header.time} is before ${tip.time}`)
  if (!chain.tokens.entries.some(({ cluster }) => cluster === header.proposer)) {
    return refuse('proposer', `${header.proposer} is no cluster of this network`)
  }
  if (!carriesExactly(block, masterships)) return refuse('tokens', 'not every credential is verified')
  const tokens = applyMasterships(hash, chain.tokens, masterships)
  if (!tokens.ok) return refuse('tokens', tokens.why, tokens.code)
  if (header.tokens !== tokens.value.hash) return refuse('tokens', 'the token table is not the one of the header')
  return { ok: true, tokens: tokens.value }
}

function carriesExactly(block: Block, masterships: readonly Mastership[]): boolean {
  return (
    masterships.length === block.credentials.length &&
    block.credentials.every(({ grant, certificate }, i) => {
      const credential = masterships[i]?.credential
      return credential?.grant === grant && credential.certificate === certificate
    })
  )
}

function judgeCommit(chain: ChainState, verified: VerifiedBlock): BlockRefusal | null {
  const { tip } = chain
  const commit = verified.block.lastCommit
  if (tip.height === 0) {
    const none = commit === null && verified.block.header.lastCommit === ZERO_HASH
    return none ? null : refuse('commit', 'the first block has no certificate before it')
  }
  if (commit === null) return refuse('commit', 'the certificate of the previous block is missing')
  if (commit.height !== tip.height || commit.block !== tip.hash) {
    return refuse('commit', 'lastCommit certifies another block than the previous one')
  }
  const check = checkCertificate(commit, chain.tokens, verified.mastershipOf)
  if (!check.ok) return refuse('commit', check.why, check.code)
  return verified.certificateVerified ? null : refuse('commit', 'a signature of lastCommit is wrong', 'PEER_SIGNATURE')
}

function judgeTransactions(
  chain: ChainState,
  verified: VerifiedBlock,
  reader: Pick<ChainReader, 'transaction'>,
): BlockRefusal | null {
  assert(verified.transactions.length === verified.block.transactions.length, 'a block is judged with its transactions')
  const seen = new Set<string>()
  for (const { id, transaction } of verified.transactions) {
    if (transaction.network !== chain.network)
      return refuse('transactions', `${id} is of network ${transaction.network}`)
    if (seen.has(id)) return refuse('transactions', `${id} stands twice in the block`)
    if (reader.transaction(id) !== null) return refuse('transactions', `${id} was executed before`)
    seen.add(id)
  }
  return null
}
