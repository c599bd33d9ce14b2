/** The paper's "upon" rules of the current round. Each arm cites its lines of Algorithm 1 (arXiv 1807.04938). */
import { assert, unreachable } from '../../assert.ts'
import type { Round } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { type Effects, startTimer } from './effects.ts'
import { type JudgedProposal, proposalOf } from './proposal-book.ts'
import { precommit, prevote, skipToRound } from './round.ts'
import type { RunningState } from './types.ts'
import { hasPolka, votesOfRound } from './vote-keeper.ts'

/** Applies rules until none fires. Each one moves the step, the round or a flag forward, so this ends. */
export function settle(before: RunningState, effects: Effects): RunningState {
  let state = before
  // Six rules at most fire in a round, and only the rounds that are kept hold votes.
  for (let fired = 0; fired <= 6 * (LIMITS.roundsKept + 1); fired += 1) {
    const next = upon(state, effects)
    if (next === null) return state
    state = next
  }
  assert(false, 'rules of a round fire without end')
}

function upon(state: RunningState, effects: Effects): RunningState | null {
  return uponStep(state, effects) ?? uponPrecommits(state, effects)
}

function uponStep(state: RunningState, effects: Effects): RunningState | null {
  const { progress, proposals, round } = state
  switch (progress.step) {
    case 'propose': {
      const judged = proposals.get(round)?.first
      return judged === undefined ? null : uponProposal(state, judged, effects)
    }
    case 'prevote': {
      const { quorum, total } = votesOfRound(state.votes, round).prevote
      // L36–L43 while the step is prevote: lock and precommit.
      if (typeof quorum === 'string' && proposalOf(proposals, round, quorum)?.valid) {
        const value = { round, block: quorum }
        return { ...precommit(state, quorum, effects), valid: value }
      }
      // L44–L46
      if (quorum === null) return precommit(state, null, effects)
      // L34–L35
      if (!progress.timer && total >= state.setting.roster.quorum) {
        startTimer(state, 'prevote', effects)
        return { ...state, progress: { step: 'prevote', timer: true } }
      }
      return null
    }
    case 'precommit': {
      // L36, L42–L43 after the step prevote: remember the block, lock nothing. Once: validRound is then this round.
      if (state.valid?.round === round) return null
      const { quorum } = votesOfRound(state.votes, round).prevote
      if (typeof quorum !== 'string' || !proposalOf(proposals, round, quorum)?.valid) return null
      return { ...state, valid: { round, block: quorum } }
    }
    default:
      return unreachable(progress)
  }
}

function uponProposal(state: RunningState, judged: JudgedProposal, effects: Effects): RunningState | null {
  const { locked } = state
  const { block, validRound } = judged.proposal
  // L22–L27: a new block.
  if (validRound === -1) {
    const acceptable = judged.valid && (locked === null || locked.block === block)
    const isNew = locked?.block !== block
    return prevote(state, acceptable && !(isNew && judged.needsPolka) ? block : null, effects)
  }
  // L28–L33: a block that was valid before; wait for the prevotes that made it so.
  if (!hasPolka(state.votes, validRound as Round, block)) return null
  const acceptable = judged.valid && (locked === null || locked.round <= validRound || locked.block === block)
  return prevote(state, acceptable ? block : null, effects)
}

function uponPrecommits(state: RunningState, effects: Effects): RunningState | null {
  const { quorum, total } = votesOfRound(state.votes, state.round).precommit
  // L47, L65 at once: nothing can be decided in a round where more than two thirds precommitted nil, so waiting gains nothing. Only where no
  // proposal came (a dead proposer): else a network that finds every block invalid would spin at full speed.
  if (quorum === null && !state.proposals.has(state.round)) {
    return skipToRound(state, (state.round + 1) as Round, effects)
  }
  // L47–L48
  if (!state.precommitTimer && total >= state.setting.roster.quorum) {
    startTimer(state, 'precommit', effects)
    return { ...state, precommitTimer: true }
  }
  return null
}
