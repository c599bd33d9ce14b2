/** What one step gathers for the driver. Written to inside a step only; the state itself never changes in place. */
import type { ErrorCode } from '../../errors.ts'
import type { Ms } from '../../ids.ts'
import type { Rejection, TimerRequest } from '../step.ts'
import { type TimeoutKind, timeoutOf } from './timeouts.ts'
import type { ConsensusEvent, ConsensusRequest, ConsensusState, ConsensusTimer, RunningState } from './types.ts'

export interface Effects {
  readonly send: ConsensusRequest[]
  readonly timers: TimerRequest<ConsensusTimer>[]
  readonly events: ConsensusEvent[]
  rejected: Rejection | null
}

export function noEffects(): Effects {
  return { send: [], timers: [], events: [], rejected: null }
}

export function reject(effects: Effects, code: ErrorCode, why: string): void {
  effects.rejected = { code, why }
}

/** Starts the timer of a step of the current round. */
export function startTimer(state: RunningState, timeout: TimeoutKind, effects: Effects): void {
  setTimer(effects, timeout, timeoutOf(state.setting.timeouts, timeout, state.round))
}

export function cancelTimer(effects: Effects, timeout: TimeoutKind): void {
  setTimer(effects, timeout, null)
}

/** Cancels what runs in this state: a timer never outlives its round. */
export function cancelTimers(state: ConsensusState, effects: Effects): void {
  if (state.kind !== 'running') return
  if (state.progress.step === 'propose') cancelTimer(effects, 'propose')
  if (state.progress.step === 'prevote' && state.progress.timer) cancelTimer(effects, 'prevote')
  if (state.precommitTimer) cancelTimer(effects, 'precommit')
}

function setTimer(effects: Effects, timeout: TimeoutKind, after: Ms | null): void {
  effects.timers.push({ name: `consensus.${timeout}`, after })
}
