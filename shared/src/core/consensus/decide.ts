/** L49–L51: a decision, in whatever round its precommits were cast. */
import type { Round } from '../../ids.ts'
import { precommitsFor } from './certificate.ts'
import { cancelTimers, type Effects } from './effects.ts'
import { proposalOf } from './proposal-book.ts'
import type { DecidedState, RunningState } from './types.ts'
import { votesOfRound } from './vote-keeper.ts'

/** The decided state when `round` decides, else null. Void precommits do not count (NW3). */
export function decideIn(state: RunningState, round: Round, effects: Effects): DecidedState | null {
  const block = votesOfRound(state.votes, round).precommit.quorum
  if (typeof block !== 'string' || !proposalOf(state.proposals, round, block)?.valid) return null
  const votes = precommitsFor(state, round, block)
  if (votes.length < state.setting.roster.quorum) return null
  cancelTimers(state, effects)
  effects.send.push({ kind: 'decide', height: state.height, round, block, votes })
  const { height, setting, tokens, proposals } = state
  return { kind: 'decided', height, setting, tokens, round, block, votes: state.votes, proposals }
}

/** Tells the host that the others decide a block this node cannot judge valid (GU5). */
export function reportMissingBlock(state: RunningState, round: Round, effects: Effects): void {
  const block = votesOfRound(state.votes, round).precommit.quorum
  if (typeof block !== 'string') return
  const known = proposalOf(state.proposals, round, block)
  if (known?.valid) return
  const reason = known === null ? 'unknown' : 'invalid'
  effects.events.push({ kind: 'commitWithoutBlock', height: state.height, round, block, reason })
}
