/** All votes of one height, in a bounded window of rounds. Immutable: adding a vote copies one tally and the list of rounds. */
import { assert } from '../../assert.ts'
import type { ClusterId, Hash, Round } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { Vote } from './messages.ts'
import type { PolkaRecord } from './resume.ts'
import type { Roster } from './roster.ts'
import { addToTally, countBesides, EMPTY_TALLY, type Tally, type TallyOutcome, votesIn } from './tally.ts'

export interface RoundVotes {
  readonly prevote: Tally
  readonly precommit: Tally
}

export interface VoteKeeper {
  readonly roster: Roster
  readonly rounds: ReadonlyMap<Round, RoundVotes>
  /** Highest round in which each cluster was heard (by position, hole: never); not bounded by the window. */
  readonly heard: readonly (Round | undefined)[]
}

const NO_VOTES: RoundVotes = { prevote: EMPTY_TALLY, precommit: EMPTY_TALLY }

export function emptyKeeper(roster: Roster): VoteKeeper {
  return { roster, rounds: new Map(), heard: [] }
}

export function votesOfRound(keeper: VoteKeeper, round: Round): RoundVotes {
  return keeper.rounds.get(round) ?? NO_VOTES
}

/** Whether more than two thirds prevoted `block` in `round` (a polka). */
export function hasPolka(keeper: VoteKeeper, round: Round, block: Hash): boolean {
  return keeper.rounds.get(round)?.prevote.quorum === block
}

/** The prevotes for `block` in `round`. */
export function prevotesFor(keeper: VoteKeeper, round: Round, block: Hash): readonly Vote[] {
  return votesIn(votesOfRound(keeper, round).prevote).filter((vote) => vote.block === block)
}

/** GU7: with the prevotes of a lock, in whatever round. They counted when they were written down. */
export function withPolka(keeper: VoteKeeper, { height, round, block, votes }: PolkaRecord): VoteKeeper {
  const known = votes.filter(({ cluster }) => keeper.roster.positions.has(cluster))
  return known.reduce((kept, vote) => addVote(kept, { ...vote, height, round, type: 'prevote', block }).keeper, keeper)
}

/** Whether f + 1 clusters voted for `block` in `round`: one of them is correct. */
export function isBacked(keeper: VoteKeeper, round: Round, block: Hash): boolean {
  const { prevote, precommit } = votesOfRound(keeper, round)
  return [prevote, precommit].some(({ counts }) =>
    counts.some((entry) => entry.block === block && entry.count >= keeper.roster.oneCorrect),
  )
}

/** True when votes of `round` are kept while this node is in round `current`. */
export function inWindow(round: Round, current: Round): boolean {
  return round < current + LIMITS.roundsKept && round > current - LIMITS.roundsKept
}

export interface Kept {
  readonly keeper: VoteKeeper
  readonly outcome: TallyOutcome
}

/** Adds a vote of a cluster of the roster, for a round inside the window. */
export function addVote(keeper: VoteKeeper, vote: Vote): Kept {
  const tally = votesOfRound(keeper, vote.round)[vote.type]
  const added = addToTally(tally, positionOf(keeper, vote.cluster), vote, keeper.roster.quorum)
  return { keeper: withTally(keeper, vote, added.tally), outcome: added.outcome }
}

/** Counts a vote that `addVote` found in conflict, for its own block. Only for proposed blocks, so that the number stays bounded. */
export function addConflicting(keeper: VoteKeeper, vote: Vote): VoteKeeper {
  const tally = votesOfRound(keeper, vote.round)[vote.type]
  return withTally(keeper, vote, countBesides(tally, positionOf(keeper, vote.cluster), vote, keeper.roster.quorum))
}

function withTally(keeper: VoteKeeper, { round, type }: Vote, tally: Tally): VoteKeeper {
  const votes = votesOfRound(keeper, round)
  if (votes[type] === tally) return keeper
  return { ...keeper, rounds: new Map(keeper.rounds).set(round, { ...votes, [type]: tally }) }
}

/** Clusters of which nothing at all has come in. */
export function silentClusters({ roster, heard }: VoteKeeper): readonly ClusterId[] {
  return roster.clusters.filter((_, position) => heard[position] === undefined)
}

/** Notes that `cluster` said anything at all in `round`. */
export function hear(keeper: VoteKeeper, cluster: ClusterId, round: Round): VoteKeeper {
  const position = positionOf(keeper, cluster)
  const before = keeper.heard[position]
  if (before !== undefined && before >= round) return keeper
  const heard = keeper.heard.slice()
  heard[position] = round
  return { ...keeper, heard }
}

/**
 * L55: the highest round above `current` that f + 1 clusters have reached, or null. The paper asks for f + 1 messages of the
 * same round; one correct cluster at this round *or higher* proves as much, and needs no votes kept beyond the window.
 */
export function roundToSkipTo(keeper: VoteKeeper, current: Round): Round | null {
  const above = keeper.heard.filter((round): round is Round => round !== undefined && round > current)
  if (above.length < keeper.roster.oneCorrect) return null
  above.sort((a, b) => b - a)
  return above[keeper.roster.oneCorrect - 1]!
}

/**
 * Forgets rounds that fell out of the window. The newest polka below it stays: a proposal may still
 * refer to it (L28).
 */
export function pruneRounds(keeper: VoteKeeper, current: Round): VoteKeeper {
  const old = [...keeper.rounds.keys()].filter((round) => round < current && !inWindow(round, current))
  if (old.length === 0) return keeper
  const polkas = old.filter((round) => typeof votesOfRound(keeper, round).prevote.quorum === 'string')
  const newestPolka = Math.max(...polkas)
  const rounds = new Map(keeper.rounds)
  for (const round of old) if (round !== newestPolka) rounds.delete(round)
  return { ...keeper, rounds }
}

/**
 * Every counted vote: what a peer that comes back may have missed. Send the proposals first: a conflicting vote
 * counts only for a block the receiver has seen proposed.
 */
export function allVotes(keeper: VoteKeeper): readonly Vote[] {
  return [...keeper.rounds.values()].flatMap((votes) => [...votesIn(votes.prevote), ...votesIn(votes.precommit)])
}

function positionOf(keeper: VoteKeeper, cluster: ClusterId): number {
  const position = keeper.roster.positions.get(cluster)
  assert(position !== undefined, 'votes are screened before they are kept')
  return position
}
