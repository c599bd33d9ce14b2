/** What masters say to each other about one height. Signature checks are the driver's: the core sees verified messages. */
import type { ClusterId, Epoch, Generation, Hash, Height, Round } from '../../ids.ts'

export type VoteType = 'prevote' | 'precommit'

/** A vote of a cluster; `block: null` is nil (NW3). */
export interface Vote {
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly height: Height
  readonly round: Round
  readonly type: VoteType
  readonly block: Hash | null
  readonly signature: Uint8Array
}

/** A proposal names a block; the block's body travels beside it. */
export interface Proposal {
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly height: Height
  readonly round: Round
  /** The round of the proposer's valid value, or -1 (Tendermint, line 19). */
  readonly validRound: number
  readonly block: Hash
  readonly signature: Uint8Array
}

/** Two conflicting signed messages of one cluster: proves itself (NW4). */
export interface Equivocation {
  readonly cluster: ClusterId
  readonly first: Vote | Proposal
  readonly second: Vote | Proposal
}
