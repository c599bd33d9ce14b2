/** What a driver establishes about blocks before the core sees them. */
import { checkCertificate, lookupIn, type MastershipLookup } from '@baton/shared/core/ledger/check-certificate'
import { openTransactions } from '@baton/shared/core/ledger/open-transactions'
import { applyMasterships, type TokenTable } from '@baton/shared/core/ledger/tokens'
import type { Block, CommitCertificate } from '@baton/shared/core/ledger/types'
import type { BlockFacts } from '@baton/shared/core/node/facts'
import type { CertifiedBlock } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Credential, Mastership } from '@baton/shared/crypto/statement-types'
import type { Blocks } from '@baton/shared/protocol/peer'
import { blockOf, certificateIn } from './decoded.ts'
import { KeyedHashSigner, type Signer } from './signatures.ts'
import { openCredential } from './statements.ts'

const KEYED = new KeyedHashSigner()

/** A block proposed on the chain of `state`. */
export function factsOfProposed(block: Block, state: NodeState, signer: Signer): BlockFacts {
  const opened = openTransactions(sha256, block.transactions)
  if (!opened.ok) throw new Error(opened.why)
  const commit = block.lastCommit
  const { tokens } = state.chain
  const mastershipOf = lookupIn(tokens.masterships.values(), mastershipsOf(commit?.credentials ?? []))
  const commitVerified = commit === null || verifies(commit, tokens, mastershipOf, signer)
  return { transactions: opened.value, masterships: mastershipsOf(block.credentials), commitVerified, mastershipOf }
}

/** A block that is said to be decided, under the table that the blocks before it lead to; null when it is not. */
export function factsOfDecided(
  block: Block,
  certificate: CommitCertificate,
  table: TokenTable,
  signer: Signer = KEYED,
): { readonly facts: BlockFacts; readonly after: TokenTable } | null {
  const masterships = mastershipsOf(block.credentials)
  const after = applyMasterships(sha256, table, masterships)
  if (!after.ok || after.value.hash !== block.header.tokens) return null
  if (certificate.block !== block.hash || certificate.height !== block.header.height) return null
  const known = mastershipsOf(certificate.credentials)
  const mastershipOf = lookupIn(after.value.masterships.values(), known)
  if (!verifies(certificate, after.value, mastershipOf, signer)) return null
  const facts: BlockFacts = { transactions: null, masterships, commitVerified: true, mastershipOf: () => undefined }
  return { facts, after: after.value }
}

/** GU5: the part of a range that continues this node's chain. */
export function certifiedBlocks(
  { blocks }: Blocks,
  { chain }: NodeState,
  signer: Signer = KEYED,
): readonly CertifiedBlock[] {
  const certified: CertifiedBlock[] = []
  let table = chain.tokens
  let { height } = chain.tip
  for (const stored of blocks) {
    const block = blockOf(stored.block)
    const certificate = certificateIn(stored.certificate)
    if (block.header.height <= chain.tip.height) continue
    if (block.header.height !== height + 1) break
    const checked = factsOfDecided(block, certificate, table, signer)
    if (checked === null) break
    table = checked.after
    height = block.header.height
    certified.push({ block, certificate, facts: checked.facts })
  }
  return certified
}

function verifies(
  certificate: CommitCertificate,
  table: TokenTable,
  mastershipOf: MastershipLookup,
  signer: Signer,
): boolean {
  const check = checkCertificate(certificate, table, mastershipOf)
  return check.ok && check.checks.every(({ key, vote }) => signer.isVote(key, vote))
}

function mastershipsOf(credentials: readonly Credential[]): readonly Mastership[] {
  return credentials
    .map(openCredential)
    .map((grant) => grant?.mastership)
    .filter((mastership) => mastership !== undefined)
}
