/** A screened proposal or vote meets a running or decided height. */
import type { ClusterId, Round } from '../../ids.ts'
import { decideIn, reportMissingBlock } from './decide.ts'
import { type Effects, reject } from './effects.ts'
import type { Proposal, Vote } from './messages.ts'
import { addProposal, isProposed, type JudgedProposal } from './proposal-book.ts'
import { skipToRound } from './round.ts'
import { settle } from './rules.ts'
import { tooOld } from './screen.ts'
import type { ConsensusState, DecidedState, RunningState } from './types.ts'
import { addConflicting, addVote, hear, inWindow, roundToSkipTo, votesOfRound } from './vote-keeper.ts'

export function receiveVote(before: RunningState, vote: Vote, effects: Effects): ConsensusState {
  const { round } = vote
  let state: RunningState = { ...before, votes: hear(before.votes, vote.cluster, round) }
  if (inWindow(round, before.round)) {
    const votes = keepVote(state, vote, effects)
    if (votes === state.votes && state.votes === before.votes) return before
    const decided = vote.type === 'precommit' ? votesOfRound(state.votes, round).precommit.quorum : null
    state = { ...state, votes }
    if (vote.type === 'precommit') {
      const decision = decideIn(state, round, effects)
      if (decision !== null) return decision
      const quorumIsNew = decided === undefined && votesOfRound(votes, round).precommit.quorum !== undefined
      if (quorumIsNew) reportMissingBlock(state, round, effects)
    }
  } else if (round < before.round) {
    effects.rejected = tooOld(round, before.round)
    return before
  }
  return advance(state, round, effects)
}

export function receiveProposal(before: RunningState, judged: JudgedProposal, effects: Effects): ConsensusState {
  const { round, cluster } = judged.proposal
  let state: RunningState = { ...before, votes: hear(before.votes, cluster, round) }
  if (inWindow(round, before.round)) {
    const proposals = keepProposal(state, judged, effects)
    if (proposals === before.proposals) return before
    state = { ...state, proposals }
    const decision = decideIn(state, round, effects)
    if (decision !== null) return decision
    if (!judged.valid && votesOfRound(state.votes, round).precommit.quorum === judged.proposal.block) {
      reportMissingBlock(state, round, effects)
    }
  } else if (round < before.round) {
    effects.rejected = tooOld(round, before.round)
    return before
  }
  return advance(state, round, effects)
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
  const { book, outcome } = addProposal(state.proposals, judged)
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
