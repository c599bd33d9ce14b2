/** What a driver establishes about blocks before the core sees them. Signatures of the world cannot be forged, so none is checked. */
import { decodeBlock } from '@baton/shared/codec/block'
import { decodeCertificate } from '@baton/shared/codec/certificate'
import { checkCertificate, lookupIn } from '@baton/shared/core/ledger/check-certificate'
import { openTransactions } from '@baton/shared/core/ledger/open-transactions'
import { applyMasterships, type TokenTable } from '@baton/shared/core/ledger/tokens'
import type { Block, CommitCertificate } from '@baton/shared/core/ledger/types'
import type { BlockFacts } from '@baton/shared/core/node/facts'
import type { CertifiedBlock } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Credential, Mastership } from '@baton/shared/crypto/statement-types'
import type { Blocks } from '@baton/shared/protocol/peer'
import { openCredential } from './statements.ts'

/** A block proposed on the chain of `state`. */
export function factsOfProposed(block: Block, state: NodeState): BlockFacts {
  const opened = openTransactions(sha256, block.transactions)
  if (!opened.ok) throw new Error(opened.why)
  const commit = block.lastCommit
  const { tokens } = state.chain
  const mastershipOf = lookupIn(tokens.masterships.values(), mastershipsOf(commit?.credentials ?? []))
  const commitVerified = commit === null || checkCertificate(commit, tokens, mastershipOf).ok
  return { transactions: opened.value, masterships: mastershipsOf(block.credentials), commitVerified, mastershipOf }
}

/** A block that is said to be decided, under the table that the blocks before it lead to; null when it is not. */
export function factsOfDecided(
  block: Block,
  certificate: CommitCertificate,
  table: TokenTable,
): { readonly facts: BlockFacts; readonly after: TokenTable } | null {
  const masterships = mastershipsOf(block.credentials)
  const after = applyMasterships(sha256, table, masterships)
  if (!after.ok || after.value.hash !== block.header.tokens) return null
  if (certificate.block !== block.hash || certificate.height !== block.header.height) return null
  const known = mastershipsOf(certificate.credentials)
  if (!checkCertificate(certificate, after.value, lookupIn(after.value.masterships.values(), known)).ok) return null
  const facts: BlockFacts = { transactions: null, masterships, commitVerified: true, mastershipOf: () => undefined }
  return { facts, after: after.value }
}

/** GU5: the part of a range that continues this node's chain. */
export function certifiedBlocks({ blocks }: Blocks, { chain }: NodeState): readonly CertifiedBlock[] {
  const certified: CertifiedBlock[] = []
  let table = chain.tokens
  let { height } = chain.tip
  for (const stored of blocks) {
    const block = decodeBlock(sha256, stored.block)
    const certificate = decodeCertificate(stored.certificate)
    if (!block.ok || !certificate.ok) throw new Error('a stored block cannot be read')
    if (block.value.header.height <= chain.tip.height) continue
    if (block.value.header.height !== height + 1) break
    const checked = factsOfDecided(block.value, certificate.value, table)
    if (checked === null) break
    table = checked.after
    height = block.value.header.height
    certified.push({ block: block.value, certificate: certificate.value, facts: checked.facts })
  }
  return certified
}

function mastershipsOf(credentials: readonly Credential[]): readonly Mastership[] {
  return credentials
    .map(openCredential)
    .map((grant) => grant?.mastership)
    .filter((mastership) => mastership !== undefined)
}
