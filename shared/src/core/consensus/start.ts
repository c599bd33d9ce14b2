/** Starting a height: afresh, or from what this cluster's earlier masters wrote down (GU7). */
import { assert } from '../../assert.ts'
import type { Round } from '../../ids.ts'
import { cancelTimers, type Effects, startTimer } from './effects.ts'
import { proposer } from './proposer.ts'
import type { OwnRecord, ResumeState } from './resume.ts'
import { type Roster, rosterOf } from './roster.ts'
import { blankHeight, enterRound } from './round.ts'
import { LAN_TIMEOUTS } from './timeouts.ts'
import type {
  ConsensusRequest,
  ConsensusState,
  HeightSetting,
  InputOf,
  RoundProgress,
  RunningState,
  WaitingState,
} from './types.ts'
import { withPolka } from './vote-keeper.ts'

/** Any state may be left for a height that is not lower; a decided height is never started again. */
export function startHeight(before: ConsensusState, input: InputOf<'start'>, effects: Effects): ConsensusState {
  const { height, self, resume, mayVote } = input
  if (before.kind !== 'idle') assert(height >= before.height, 'heights never fall')
  if (before.kind === 'decided') assert(height > before.height, 'a decided height is not started again')
  assert(resume === null || resume.height === height, 'resume from records of this height')
  cancelTimers(before, effects)
  const roster = rosterFor(before, input)
  assert(roster.positions.has(self), 'this cluster is one of the network')
  const setting: HeightSetting = { roster, self, mayVote, timeouts: input.timeouts ?? LAN_TIMEOUTS }
  const waiting: WaitingState = { kind: 'waiting', height, setting, tokens: new Map() }
  if (resume === null) return waiting
  if (!mayVote) return enterRound(blankHeight(waiting), resume.round, effects)
  return resumeHeight(waiting, resume, effects)
}

/** Leaves `waiting` for round 0. */
export function begin(state: WaitingState, effects: Effects): RunningState {
  return enterRound(blankHeight(state), 0 as Round, effects)
}

/**
 * GU7: the round, step, lock and valid block the records prove. Every act is released again, since it may never have left, or have left
 * under a lower token; none is made anew, so nothing can contradict it. Votes count when the host feeds them back; those that the lock
 * rests on have counted before, and are here to be shown (L28).
 */
function resumeHeight(at: WaitingState, resume: ResumeState, effects: Effects): RunningState {
  const { round, acts, locked, polka } = resume
  const blank = blankHeight(at)
  const state: RunningState = {
    ...blank,
    votes: polka === null ? blank.votes : withPolka(blank.votes, polka),
    round,
    acts,
    locked,
    valid: locked,
    progress: resumedProgress(resume),
  }
  const turn = proposer(at.setting.roster.clusters, at.height, round)
  effects.events.push({ kind: 'roundEntered', height: at.height, round, proposer: turn })
  for (const record of resume.records) effects.send.push(releasedAgain(record))
  if (state.progress.step === 'propose') startTimer(state, 'propose', effects)
  return state
}

function resumedProgress({ round, acts }: ResumeState): RoundProgress {
  if (acts.precommit.has(round)) return { step: 'precommit' }
  if (acts.prevote.has(round)) return { step: 'prevote', timer: false }
  // The only act of this round is our proposal.
  return { step: 'propose', awaitsValue: false }
}

function releasedAgain(record: OwnRecord): ConsensusRequest {
  return record.kind === 'proposal' ? { ...record, kind: 'propose', again: true } : { ...record, again: true }
}

/** The roster of the height before serves again while the list of clusters is the same object. */
function rosterFor(before: ConsensusState, { clusters }: InputOf<'start'>): Roster {
  if (before.kind !== 'idle' && before.setting.roster.clusters === clusters) return before.setting.roster
  return rosterOf(clusters)
}
