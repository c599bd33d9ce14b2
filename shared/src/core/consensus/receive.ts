/** A screened proposal or vote meets a running or decided height. */
import type { ClusterId, Round } from '../../ids.ts'
import { decideIn, reportMissingBlock } from './decide.ts'
import { type Effects, reject } from './effects.ts'
import type { Proposal, Vote } from './messages.ts'
import { addProposal, isProposed, type JudgedProposal } from './proposal-book.ts'
import { skipToRound } from './round.ts'
import { settle } from './rules.ts'
import type { ConsensusState, DecidedState, RunningState } from './types.ts'
import { addConflicting, addVote, hear, inWindow, isBacked, roundToSkipTo, votesOfRound } from './vote-keeper.ts'

export function receiveVote(before: RunningState, vote: Vote, effects: Effects): ConsensusState {
  const { round, type, cluster } = vote
  const asked = isAskedFor(before, vote)
  if (!asked && isForgotten(round, before.round)) return refuseOld(before, round, effects)
  const heard: RunningState = { ...before, votes: hear(before.votes, cluster, round) }
  const votes = asked || inWindow(round, before.round) ? keepVote(heard, vote, effects) : heard.votes
  if (votes === before.votes) return before
  const state: RunningState = { ...before, votes }
  if (type === 'precommit') {
    const decision = decideIn(state, round, effects)
    if (decision !== null) return decision
    if (votesOfRound(before.votes, round).precommit.quorum === undefined) reportMissingBlock(state, round, effects)
  }
  return advance(state, round, effects)
}

export function receiveProposal(before: RunningState, judged: JudgedProposal, effects: Effects): ConsensusState {
  const { round, cluster, block } = judged.proposal
  if (isForgotten(round, before.round)) return refuseOld(before, round, effects)
  const heard: RunningState = { ...before, votes: hear(before.votes, cluster, round) }
  if (!inWindow(round, before.round)) return advance(heard, round, effects)
  const proposals = keepProposal(heard, judged, effects)
  if (proposals === before.proposals) return before
  const state: RunningState = { ...heard, proposals }
  const decision = decideIn(state, round, effects)
  if (decision !== null) return decision
  if (votesOfRound(state.votes, round).precommit.quorum === block) reportMissingBlock(state, round, effects)
  return advance(state, round, effects)
}

/** L28: a prevote of the round that the proposal of this round names is taken, however long ago that was. One such round at a time. */
function isAskedFor({ proposals, round }: RunningState, vote: Vote): boolean {
  return vote.type === 'prevote' && proposals.get(round)?.first.proposal.validRound === vote.round
}

function isForgotten(round: Round, current: Round): boolean {
  return round < current && !inWindow(round, current)
}

function refuseOld(state: RunningState, round: Round, effects: Effects): RunningState {
  reject(effects, 'PEER_UNEXPECTED', `round ${round} is forgotten in round ${state.round}`)
  return state
}

/** L55–L56, then the rules of the round reached. */
function advance(state: RunningState, heard: Round, effects: Effects): RunningState {
  const skip = heard > state.round ? roundToSkipTo(state.votes, state.round) : null
  return settle(skip === null ? state : skipToRound(state, skip, effects), effects)
}

/** After the decision a vote only completes the certificate, or proves a fault. */
export function receiveLateVote(state: DecidedState, vote: Vote, effects: Effects): DecidedState {
  if (!inWindow(vote.round, state.round)) return state
  const votes = keepVote(state, vote, effects)
  return votes === state.votes ? state : { ...state, votes }
}

export function receiveLateProposal(state: DecidedState, judged: JudgedProposal, effects: Effects): DecidedState {
  if (!inWindow(judged.proposal.round, state.round)) return state
  const proposals = keepProposal(state, judged, effects)
  return proposals === state.proposals ? state : { ...state, proposals }
}

function keepVote(state: RunningState | DecidedState, vote: Vote, effects: Effects): RunningState['votes'] {
  const { keeper, outcome } = addVote(state.votes, vote)
  if (outcome.kind !== 'conflict') return keeper
  reportConflict(vote.cluster, outcome.first, vote, outcome.fresh, effects)
  const counts = vote.block !== null && isProposed(state.proposals, vote.block)
  return counts ? addConflicting(keeper, vote) : keeper
}

function keepProposal(
  state: RunningState | DecidedState,
  judged: JudgedProposal,
  effects: Effects,
): RunningState['proposals'] {
  const { round, block } = judged.proposal
  const backed = isBacked(state.votes, round, block)
  const { book, outcome } = addProposal(state.proposals, judged, backed)
  if (outcome.kind === 'conflict') {
    const { first, fresh } = outcome
    reportConflict(judged.proposal.cluster, first, judged.proposal, fresh, effects)
  }
  return book
}

/** NW4: evidence once. */
function reportConflict<Message extends Vote | Proposal>(
  cluster: ClusterId,
  first: Message,
  second: Message,
  fresh: boolean,
  effects: Effects,
): void {
  if (fresh) effects.events.push({ kind: 'equivocation', evidence: { cluster, first, second } })
  reject(effects, 'PEER_UNEXPECTED', `${cluster} contradicts itself in round ${first.round}`)
}
