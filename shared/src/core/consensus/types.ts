/** States, inputs and outputs of consensus at one height. SPEC.md says what leads where. */
import type { ClusterId, Hash, Height, Instant, Round, Token } from '../../ids.ts'
import type { TokenEntry } from '../ledger/types.ts'
import type { Equivocation, Proposal, Vote, VoteType } from './messages.ts'
import type { OwnActs } from './own-acts.ts'
import type { ProposalBook } from './proposal-book.ts'
import type { ResumeState, ValueAtRound } from './resume.ts'
import type { Roster } from './roster.ts'
import type { ConsensusTimeouts, TimeoutKind } from './timeouts.ts'
import type { VoteKeeper } from './vote-keeper.ts'

/** What stays the same for a whole height. */
export interface HeightSetting {
  readonly roster: Roster
  readonly self: ClusterId
  /** False: observe. The machine follows and decides, and never asks for a vote or a proposal (RC2). */
  readonly mayVote: boolean
  readonly timeouts: ConsensusTimeouts
}

/** Where this node stands within its round. The timer of a step runs only in that step. */
export type RoundProgress =
  /** `awaitsValue`: the host was asked for a block and has not answered. */
  | { readonly step: 'propose'; readonly awaitsValue: boolean }
  /** `timer`: more than two thirds prevoted, so the step will not wait for ever (L34). */
  | { readonly step: 'prevote'; readonly timer: boolean }
  | { readonly step: 'precommit' }

export interface IdleState {
  readonly kind: 'idle'
}

interface AtHeight {
  readonly height: Height
  readonly setting: HeightSetting
  /** Tokens the host reported as risen during this height; informative, nothing is dropped for them. */
  readonly tokens: ReadonlyMap<ClusterId, Token>
}

/** The height has started and there is nothing to decide yet. */
export interface WaitingState extends AtHeight {
  readonly kind: 'waiting'
}

export interface RunningState extends AtHeight {
  readonly kind: 'running'
  readonly round: Round
  readonly progress: RoundProgress
  /** L47: the precommit timer of this round runs. */
  readonly precommitTimer: boolean
  /** lockedValue and lockedRound of the paper. */
  readonly locked: ValueAtRound | null
  /** validValue and validRound of the paper. */
  readonly valid: ValueAtRound | null
  readonly votes: VoteKeeper
  readonly proposals: ProposalBook
  readonly acts: OwnActs
}

/** Votes still come in: they extend the certificate and may show an equivocation. */
export interface DecidedState extends AtHeight {
  readonly kind: 'decided'
  readonly round: Round
  readonly block: Hash
  readonly votes: VoteKeeper
  readonly proposals: ProposalBook
}

export type ConsensusState = IdleState | WaitingState | RunningState | DecidedState
export type StateName = ConsensusState['kind']

export type ConsensusInput =
  | {
      readonly kind: 'start'
      readonly height: Height
      /** Sorted. */
      readonly clusters: readonly ClusterId[]
      readonly self: ClusterId
      readonly resume: ResumeState | null
      readonly mayVote: boolean
      /** LAN_TIMEOUTS when not given. */
      readonly timeouts?: ConsensusTimeouts
    }
  /** There are transactions, or the heartbeat block is due. */
  | { readonly kind: 'work' }
  /**
   * Signature and sender checked, the block at hand and judged. `tokens`: the block's token table (NW3); null: not
   * known yet, and the proposal comes again with it. `needsPolka`: a good block that this
   * cluster does not prevote as a new one, though others may have (NW3).
   */
  | {
      readonly kind: 'proposal'
      readonly proposal: Proposal
      readonly valid: boolean
      readonly needsPolka?: boolean
      readonly tokens: readonly TokenEntry[] | null
    }
  /** Signature and token checked. Own votes come the same way, once they are held. */
  | { readonly kind: 'vote'; readonly vote: Vote }
  | { readonly kind: 'timeout'; readonly timeout: TimeoutKind; readonly height: Height; readonly round: Round }
  /** The answer to `getValue`. */
  | { readonly kind: 'value'; readonly height: Height; readonly round: Round; readonly block: Hash }
  /** The cluster has no live master now: no use waiting for its proposal. */
  | { readonly kind: 'suspectProposer'; readonly cluster: ClusterId }
  /** The cluster's token is now higher. */
  | { readonly kind: 'repriseTokens'; readonly cluster: ClusterId; readonly token: Token }
export type InputName = ConsensusInput['kind']
export type InputOf<Name extends InputName> = Extract<ConsensusInput, { readonly kind: Name }>

/** `again`: in the cluster's log already; sign it under the new token and release it once more (GU7). */
export type ConsensusRequest =
  | { readonly kind: 'getValue'; readonly height: Height; readonly round: Round }
  | {
      readonly kind: 'propose'
      readonly height: Height
      readonly round: Round
      readonly validRound: number
      readonly block: Hash
      readonly again: boolean
    }
  | {
      readonly kind: 'vote'
      readonly height: Height
      readonly round: Round
      readonly type: VoteType
      readonly block: Hash | null
      readonly again: boolean
      /** Of a new precommit for a block: the prevotes it rests on, to be written down before it (GU7). */
      readonly polka?: readonly Vote[]
    }
  /** `votes`: the precommits for the block known now, sorted by cluster; `commitVotes` gives later ones. */
  | {
      readonly kind: 'decide'
      readonly height: Height
      readonly round: Round
      readonly block: Hash
      readonly votes: readonly Vote[]
    }

export type ConsensusTimer = `consensus.${TimeoutKind}`

export type ConsensusEvent =
  /** The moment to answer with `suspectProposer`, when the proposer has no live master. */
  | {
      readonly kind: 'roundEntered'
      readonly height: Height
      readonly round: Round
      readonly proposer: ClusterId
    }
  | { readonly kind: 'timedOut'; readonly timeout: TimeoutKind; readonly height: Height; readonly round: Round }
  | { readonly kind: 'equivocation'; readonly evidence: Equivocation }
  /**
   * More than two thirds precommitted a block that is not here, or that was judged invalid here: this node cannot
   * decide by itself and needs the block with its certificate (GU5).
   */
  | {
      readonly kind: 'commitWithoutBlock'
      readonly height: Height
      readonly round: Round
      readonly block: Hash
      readonly reason: 'unknown' | 'invalid'
    }

/** What a step is given besides its input. */
export interface ConsensusContext {
  readonly now: Instant
}
