/** What the checker gathers before it judges. It holds nothing that a node computed for it: only what was stored, served or logged. */

/** One copy of the chain: a node's database, or what the node serves over HTTP. */
export interface ChainCopy {
  readonly node: string
  readonly source: 'database' | 'http'
  /**
   * False for the database of a node that did not answer: executed blocks ride along with the next write, so what it lacks may
   * be on its way. Such a copy can prove a difference but no loss.
   */
  readonly settled: boolean
  readonly blocks: ReadonlyMap<number, CopiedBlock>
  /** Where the copy's own index finds a transaction; null when this source has no index. */
  readonly index: ReadonlyMap<string, Position> | null
}

export interface CopiedBlock {
  readonly hash: string
  readonly previous: string
  /** Result hash after this block. */
  readonly result: string
  /** Ids in the order of execution, computed from the transactions' bytes. */
  readonly transactions: readonly string[]
}

export interface Position {
  readonly height: number
  readonly index: number
}

/** What a client was told: the promise that the network is held to. */
export interface Promised extends Position {
  readonly id: string
}

/** A signed vote as a receiver logged it. */
export interface LoggedVote {
  readonly cluster: string
  readonly generation: number
  readonly epoch: number
  readonly height: number
  readonly round: number
  readonly type: 'prevote' | 'precommit'
  /** Null is nil. */
  readonly block: string | null
  /** Base64url. */
  readonly signature: string
}

export interface Evidence {
  /** Every copy has to reach this height. Blocks above it may have come while the copies were read one after the other. */
  readonly height: number
  readonly acknowledged: readonly Promised[]
  readonly copies: readonly ChainCopy[]
  readonly votes: readonly LoggedVote[]
  /** Whether the vote is really signed by the holder of its token; null when nobody can tell who holds it. */
  readonly isGenuine: (vote: LoggedVote) => boolean | null
  /** Why something that should have answered did not: makes the verdict unknown. */
  readonly missing: readonly string[]
}

/** `unknown`: something could not be looked at. It never counts as true. */
export type Verdict = 'true' | 'false' | 'unknown'

export interface Judgement {
  readonly verdict: Verdict
  /** Acknowledged transactions that at least one node does not have, or has elsewhere than promised. */
  readonly lost: number
  /** Transactions that stand in the chain more than once. */
  readonly duplicated: number
  readonly resultHashesEqual: boolean
  /** (cluster, height, round, type) with two genuine votes for different blocks. */
  readonly conflictingVotes: number
  readonly height: number
  /** A sentence for each thing that is wrong or missing, the first few of a kind. */
  readonly findings: readonly string[]
}
