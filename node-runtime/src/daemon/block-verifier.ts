/** Establishes the facts about a block that the core judges it by: signatures of transactions, credentials, certificates. */

import { transactionSignBytes } from '@baton/shared/codec/transaction'
import { proposalSignBytes, voteSignBytes } from '@baton/shared/codec/vote'
import type { Proposal, Vote } from '@baton/shared/core/consensus/messages'
import type { ChainState } from '@baton/shared/core/ledger/chain'
import { checkCertificate, lookupIn } from '@baton/shared/core/ledger/check-certificate'
import { openTransactions } from '@baton/shared/core/ledger/open-transactions'
import { applyMasterships, type TokenTable } from '@baton/shared/core/ledger/tokens'
import type { Block, CommitCertificate, SignedTransaction } from '@baton/shared/core/ledger/types'
import type { BlockFacts } from '@baton/shared/core/node/facts'
import type { HashFunction } from '@baton/shared/core/step'
import { toHex } from '@baton/shared/crypto/bytes'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import type { Hash, NetworkId, PublicKey } from '@baton/shared/ids'
import type { Verifier } from '@baton/shared/ports/signing'
import { failure, type Result, success } from '@baton/shared/result'
import type { Credentials } from './credentials.ts'

/** Signatures of votes that verified: the same precommits come again inside the next block's certificate. */
const REMEMBERED_VOTES = 4_096
/** Proposals whose verification is under way or done: of the running height and the next. */
const REMEMBERED_PROPOSALS = 8

export interface BlockVerifierPorts {
  readonly network: NetworkId
  readonly hash: HashFunction
  readonly verifier: Verifier
  readonly credentials: Credentials
  /** The own cluster's log has the block: its master verified it before it wrote it down (GU4, GU7). */
  readonly isLogged: (block: Hash) => boolean
  /** A transaction whose signature this node has verified. */
  readonly verifiedTransaction: (id: Hash) => SignedTransaction | undefined
}

export class BlockVerifier {
  readonly #ports: BlockVerifierPorts
  readonly #votes = new Set<string>()
  readonly #proposed = new Map<string, Promise<Result<BlockFacts>>>()

  constructor(ports: BlockVerifierPorts) {
    this.#ports = ports
  }

  vote(vote: Vote, key: PublicKey): boolean {
    const message = voteSignBytes(this.#ports.network, vote)
    if (!this.#ports.verifier.verify({ key, message, signature: vote.signature })) return false
    this.#remember(key, vote)
    return true
  }

  proposal(proposal: Proposal, key: PublicKey): boolean {
    const message = proposalSignBytes(this.#ports.network, proposal)
    return this.#ports.verifier.verify({ key, message, signature: proposal.signature })
  }

  /**
   * A block proposed on `chain`: everything is verified, transactions off the event loop (GU4). Once, however many masters send it:
   * a new master gets the proposals of the running height from all the others.
   */
  proposed(block: Block, chain: ChainState): Promise<Result<BlockFacts>> {
    const key = `${block.hash} on ${chain.tip.hash}`
    const known = this.#proposed.get(key)
    if (known !== undefined) return known
    if (this.#proposed.size >= REMEMBERED_PROPOSALS) this.#proposed.delete(this.#proposed.keys().next().value!)
    const facts = this.#verifyProposed(block, chain)
    this.#proposed.set(key, facts)
    return facts
  }

  async #verifyProposed(block: Block, chain: ChainState): Promise<Result<BlockFacts>> {
    const { hash, verifier, verifiedTransaction, isLogged } = this.#ports
    const opened = openTransactions(hash, block.transactions, verifiedTransaction)
    if (!opened.ok) return opened
    const unverified = isLogged(block.hash)
      ? []
      : opened.value.filter((signed) => verifiedTransaction(signed.id) !== signed)
    const masterships = await this.#masterships(block)
    if (!masterships.ok) return masterships
    if (unverified.length > 0) {
      const valid = await verifier.verifyAll(unverified.map(signedMessage))
      const wrong = valid.indexOf(false)
      if (wrong !== -1) return failure('PEER_SIGNATURE', `transaction ${unverified[wrong]?.id} has a wrong signature`)
    }
    const commit = await this.#commit(block.lastCommit, chain.tokens)
    return success({ transactions: opened.value, masterships: masterships.value, ...commit })
  }

  /** A block that is said to be decided: its certificate is checked, its transactions rely on it (GU4). */
  async decided(
    block: Block,
    certificate: CommitCertificate,
    table: TokenTable,
  ): Promise<Result<BlockFacts & { readonly after: TokenTable }>> {
    const masterships = await this.#masterships(block)
    if (!masterships.ok) return masterships
    const after = applyMasterships(this.#ports.hash, table, masterships.value)
    if (!after.ok) return after
    if (after.value.hash !== block.header.tokens)
      return failure('PEER_MALFORMED', 'the token table is not the one of the header')
    if (certificate.block !== block.hash || certificate.height !== block.header.height) {
      return failure('PEER_MALFORMED', 'the certificate is of another block')
    }
    const problem = await this.#certificateProblem(certificate, after.value)
    if (problem !== null) return failure('PEER_SIGNATURE', problem)
    return success({
      transactions: null,
      masterships: masterships.value,
      commitVerified: true,
      mastershipOf: () => undefined,
      after: after.value,
    })
  }

  async #masterships(block: Block): Promise<Result<readonly Mastership[]>> {
    if (block.credentials.length === 0) return success([])
    const verified = await this.#ports.credentials.verifyAll(block.credentials)
    return verified.ok ? success(verified.value.map(({ mastership }) => mastership)) : verified
  }

  async #commit(
    commit: CommitCertificate | null,
    table: TokenTable,
  ): Promise<Pick<BlockFacts, 'commitVerified' | 'mastershipOf'>> {
    if (commit === null) return { commitVerified: true, mastershipOf: () => undefined }
    const extra = await this.#extraMasterships(commit)
    const mastershipOf = lookupIn(table.masterships.values(), extra)
    const check = checkCertificate(commit, table, mastershipOf)
    return { commitVerified: check.ok && this.#allValid(check.checks), mastershipOf }
  }

  async #certificateProblem(certificate: CommitCertificate, table: TokenTable): Promise<string | null> {
    const extra = await this.#extraMasterships(certificate)
    const check = checkCertificate(certificate, table, lookupIn(table.masterships.values(), extra))
    if (!check.ok) return check.why
    return this.#allValid(check.checks) ? null : 'a signature of the certificate is wrong'
  }

  async #extraMasterships(certificate: CommitCertificate): Promise<readonly Mastership[]> {
    const extra: Mastership[] = []
    for (const credential of certificate.credentials) {
      const verified = await this.#ports.credentials.verify(credential)
      if (verified.ok) extra.push(verified.value.mastership)
    }
    return extra
  }

  #allValid(checks: readonly { readonly key: PublicKey; readonly vote: Vote }[]): boolean {
    return checks.every(({ key, vote }) => this.#votes.has(voteKey(key, vote)) || this.vote(vote, key))
  }

  #remember(key: PublicKey, vote: Vote): void {
    if (this.#votes.size >= REMEMBERED_VOTES) this.#votes.clear()
    this.#votes.add(voteKey(key, vote))
  }
}

function voteKey(key: PublicKey, vote: Vote): string {
  const { cluster, generation, epoch, height, round, type, block, signature } = vote
  return `${key} ${cluster} ${generation}.${epoch} ${height}/${round} ${type} ${block} ${toHex(signature)}`
}

export function signedMessage(signed: SignedTransaction): {
  key: PublicKey
  message: Uint8Array
  signature: Uint8Array
} {
  return { key: signed.transaction.sender, message: transactionSignBytes(signed), signature: signed.signature }
}
