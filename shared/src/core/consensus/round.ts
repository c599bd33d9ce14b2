/** Entering a round and casting its two votes: the moves every rule is made of. */
import type { Hash, Round } from '../../ids.ts'
import { cancelTimer, cancelTimers, type Effects, startTimer } from './effects.ts'
import type { VoteType } from './messages.ts'
import { NO_ACTS, type OwnActs, withProposal, withVote } from './own-acts.ts'
import { proposer } from './proposer.ts'
import type { ValueAtRound } from './resume.ts'
import type { RunningState, WaitingState } from './types.ts'
import { emptyKeeper, hasPolka, prevotesFor, pruneRounds } from './vote-keeper.ts'

/** L1–L9: nothing is known of the height. `enterRound` follows. */
export function blankHeight(at: Omit<WaitingState, 'kind'>): RunningState {
  return {
    kind: 'running',
    height: at.height,
    setting: at.setting,
    tokens: at.tokens,
    round: 0 as Round,
    progress: { step: 'propose', awaitsValue: false },
    precommitTimer: false,
    locked: null,
    valid: null,
    votes: emptyKeeper(at.setting.roster),
    proposals: new Map(),
    acts: NO_ACTS,
  }
}

/** L11–L21, StartRound. Whoever proposes waits no longer than the others: its own host may fail to give a block. */
export function enterRound(before: RunningState, round: Round, effects: Effects): RunningState {
  const { height, setting } = before
  const turn = proposer(setting.roster.clusters, height, round)
  const state: RunningState = {
    ...before,
    round,
    progress: { step: 'propose', awaitsValue: false },
    precommitTimer: false,
    votes: pruneRounds(before.votes, round),
  }
  startTimer(state, 'propose', effects)
  effects.events.push({ kind: 'roundEntered', height, round, proposer: turn })
  if (turn !== setting.self || !setting.mayVote) return state
  if (state.valid !== null) return propose(state, shownRound(state, state.valid), state.valid.block, effects)
  effects.send.push({ kind: 'getValue', height, round })
  return { ...state, progress: { step: 'propose', awaitsValue: true } }
}

/**
 * The round whose polka makes the block acceptable to whoever has not locked it (L28). A new master that has not been sent the polka of its
 * lock may be the only one that remembers it: proposed as new, its block needs none.
 */
function shownRound({ votes }: RunningState, { round, block }: ValueAtRound): number {
  return hasPolka(votes, round, block) ? round : -1
}

/** Leaves a round for a later one. */
export function skipToRound(state: RunningState, round: Round, effects: Effects): RunningState {
  cancelTimers(state, effects)
  return enterRound(state, round, effects)
}

/** L19. `validRound` is -1 for a new block. */
export function propose(state: RunningState, validRound: number, block: Hash, effects: Effects): RunningState {
  const { height, round } = state
  effects.send.push({ kind: 'propose', height, round, validRound, block, again: false })
  return {
    ...state,
    acts: withProposal(state.acts, round, { validRound, block }),
    progress: { step: 'propose', awaitsValue: false },
  }
}

/** Leaves the step propose with a prevote. */
export function prevote(state: RunningState, block: Hash | null, effects: Effects): RunningState {
  cancelTimer(effects, 'propose')
  const acts = castVote(state, 'prevote', block, effects)
  return { ...state, acts, progress: { step: 'prevote', timer: false } }
}

/** Leaves the step prevote with a precommit, and locks the block (L38–L39). An observer promises nothing, so it locks nothing. */
export function precommit(state: RunningState, block: Hash | null, effects: Effects): RunningState {
  if (state.progress.step === 'prevote' && state.progress.timer) cancelTimer(effects, 'prevote')
  const acts = castVote(state, 'precommit', block, effects)
  const locked = block !== null && state.setting.mayVote ? { round: state.round, block } : state.locked
  return { ...state, acts, locked, progress: { step: 'precommit' } }
}

function castVote(state: RunningState, type: VoteType, block: Hash | null, effects: Effects): OwnActs {
  if (!state.setting.mayVote) return state.acts
  const { height, round } = state
  const polka = type === 'precommit' && block !== null ? { polka: prevotesFor(state.votes, round, block) } : {}
  effects.send.push({ kind: 'vote', height, round, type, block, again: false, ...polka })
  return withVote(state.acts, round, type, block)
}
