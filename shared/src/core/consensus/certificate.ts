/** Precommits that make a commit certificate, and votes that a switch has made old. */
import { compareTokens, type Hash, type Round } from '../../ids.ts'
import type { TokenEntry } from '../ledger/types.ts'
import type { Vote } from './messages.ts'
import { proposalOf } from './proposal-book.ts'
import { votesIn } from './tally.ts'
import type { ConsensusState, DecidedState, RunningState } from './types.ts'
import { allVotes, votesOfRound } from './vote-keeper.ts'

/**
 * Precommits for `block` in `round`, sorted by cluster, each under the highest token it came with. One under a
 * lower token than the block's own table names is void and left out (NW3): none counts while that table is not known.
 */
export function precommitsFor(state: RunningState | DecidedState, round: Round, block: Hash): readonly Vote[] {
  const tokens = proposalOf(state.proposals, round, block)?.tokens ?? null
  if (tokens === null) return []
  const votes = votesIn(votesOfRound(state.votes, round).precommit)
  return votes.filter((vote) => vote.block === block && !isVoid(vote, tokens))
}

/** The certificate's votes of a decided height, with those that came after the decision; else none. */
export function commitVotes(state: ConsensusState): readonly Vote[] {
  return state.kind === 'decided' ? precommitsFor(state, state.round, state.block) : []
}

/** Counted votes under a lower token than `repriseTokens` reported: their clusters will release them again (GU7). */
export function votesBelow(state: ConsensusState): readonly Vote[] {
  if (state.kind !== 'running' && state.kind !== 'decided') return []
  return allVotes(state.votes).filter((vote) => {
    const token = state.tokens.get(vote.cluster)
    return token !== undefined && compareTokens(vote, token) < 0
  })
}

function isVoid(vote: Vote, tokens: readonly TokenEntry[]): boolean {
  const entry = tokens.find(({ cluster }) => cluster === vote.cluster)
  return entry !== undefined && compareTokens(vote, entry) < 0
}
