/** What the driver has established about a block before the core sees it. */
import type { Mastership } from '../../crypto/statement-types.ts'
import type { MastershipLookup } from '../ledger/check-certificate.ts'
import type { Block, SignedTransaction } from '../ledger/types.ts'

export interface BlockFacts {
  /** Decoded, and on a proposal their signatures verified; null when not looked into (GU4: a certificate decided the block). */
  readonly transactions: readonly SignedTransaction[] | null
  /** One for each of the block's credentials, verified. */
  readonly masterships: readonly Mastership[]
  /** The signatures of the block's `lastCommit` verified; true when it has none. */
  readonly commitVerified: boolean
  /** The lookup that the check of `lastCommit` was given. */
  readonly mastershipOf: MastershipLookup
}

/**
 * Whether the facts are enough to execute the block: those of a body that came through the own cluster's log are not,
 * when the block carries credentials that this node has not verified itself.
 */
export function coversCredentials(block: Block, facts: BlockFacts): boolean {
  return facts.masterships.length === block.credentials.length
}

/**
 * The facts, with the masterships that the block's credentials name when all of them are known: their grants were verified when
 * this node came to know them.
 */
export function withKnown(block: Block, facts: BlockFacts, known: Iterable<Mastership>): BlockFacts {
  if (coversCredentials(block, facts)) return facts
  const byGrant = new Map([...known].map((mastership) => [mastership.credential.grant, mastership]))
  const masterships = block.credentials.map(({ grant }) => byGrant.get(grant)).filter((found) => found !== undefined)
  return masterships.length === block.credentials.length ? { ...facts, masterships } : facts
}

/** Nothing is known yet. */
export const NO_FACTS: BlockFacts = {
  transactions: null,
  masterships: [],
  commitVerified: false,
  mastershipOf: () => undefined,
}
