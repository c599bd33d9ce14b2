/** Tendermint over clusters (arXiv 1807.04938, Algorithm 1): one pure step per input. SPEC.md has states, rules and tests. */
import { unreachable } from '../../assert.ts'
import { compareTokens, type Round } from '../../ids.ts'
import type { Step } from '../step.ts'
import { type Effects, noEffects, reject } from './effects.ts'
import type { JudgedProposal } from './proposal-book.ts'
import { proposer } from './proposer.ts'
import { receiveLateProposal, receiveLateVote, receiveProposal, receiveVote } from './receive.ts'
import { precommit, prevote, propose, skipToRound } from './round.ts'
import { settle } from './rules.ts'
import { screenProposal, screenVote } from './screen.ts'
import { begin, startHeight } from './start.ts'
import type { TimeoutKind } from './timeouts.ts'
import type {
  ConsensusContext,
  ConsensusEvent,
  ConsensusInput,
  ConsensusRequest,
  ConsensusState,
  ConsensusTimer,
  DecidedState,
  InputName,
  InputOf,
  RunningState,
  StateName,
  WaitingState,
} from './types.ts'

export const IDLE: ConsensusState = { kind: 'idle' }

export type ConsensusOutput = Step<ConsensusState, never, ConsensusRequest, ConsensusTimer, ConsensusEvent>

/** Requests to the host come in `send`; the machine itself writes nothing. */
export function consensusStep(
  state: ConsensusState,
  input: ConsensusInput,
  _context: ConsensusContext,
): ConsensusOutput {
  const effects = noEffects()
  const handle = TABLE[state.kind][input.kind] as Handler<ConsensusState, ConsensusInput>
  const next = handle(state, input, effects)
  const { send, timers, events, rejected } = effects
  const result = { state: next, write: [], send, timers, events }
  return rejected === null ? result : { ...result, rejected }
}

type Handler<State, Input> = (state: State, input: Input, effects: Effects) => ConsensusState
type StateOf<Name extends StateName> = Extract<ConsensusState, { readonly kind: Name }>

const TABLE: { readonly [S in StateName]: { readonly [I in InputName]: Handler<StateOf<S>, InputOf<I>> } } = {
  idle: {
    start: startHeight,
    work: stay,
    proposal: refuse,
    vote: refuse,
    timeout: stay,
    value: stay,
    suspectProposer: stay,
    repriseTokens: stay,
  },
  waiting: {
    start: startHeight,
    work: (state, _input, effects) => begin(state, effects),
    proposal: onProposal,
    vote: onVote,
    timeout: stay,
    value: stay,
    suspectProposer: stay,
    repriseTokens: noteToken,
  },
  running: {
    start: startHeight,
    work: stay,
    proposal: onProposal,
    vote: onVote,
    timeout: onTimeout,
    value: onValue,
    suspectProposer: onSuspicion,
    repriseTokens: noteToken,
  },
  decided: {
    start: startHeight,
    work: stay,
    proposal: onProposal,
    vote: onVote,
    timeout: stay,
    value: stay,
    suspectProposer: stay,
    repriseTokens: noteToken,
  },
}

function stay(state: ConsensusState): ConsensusState {
  return state
}

function refuse(state: ConsensusState, _input: unknown, effects: Effects): ConsensusState {
  reject(effects, 'PEER_UNEXPECTED', 'no height has started')
  return state
}

type AtHeight = WaitingState | RunningState | DecidedState

function onVote(state: AtHeight, { vote }: InputOf<'vote'>, effects: Effects): ConsensusState {
  effects.rejected = screenVote(vote, state.height, state.setting)
  if (effects.rejected !== null) return state
  if (state.kind === 'decided') return receiveLateVote(state, vote, effects)
  return receiveVote(state.kind === 'waiting' ? begin(state, effects) : state, vote, effects)
}

function onProposal(state: AtHeight, input: InputOf<'proposal'>, effects: Effects): ConsensusState {
  const { proposal, valid, needsPolka = false, tokens } = input
  effects.rejected = screenProposal(proposal, state.height, state.setting)
  if (effects.rejected !== null) return state
  const judged: JudgedProposal = { proposal, valid, needsPolka, tokens }
  if (state.kind === 'decided') return receiveLateProposal(state, judged, effects)
  return receiveProposal(state.kind === 'waiting' ? begin(state, effects) : state, judged, effects)
}

function onTimeout(state: RunningState, input: InputOf<'timeout'>, effects: Effects): ConsensusState {
  const { timeout, height, round } = input
  if (height !== state.height || round !== state.round) return state
  const next = timedOut(state, timeout, effects)
  if (next === null) return state
  effects.events.push({ kind: 'timedOut', timeout, height, round })
  return settle(next, effects)
}

/** Null when that timer does not run in this state. */
function timedOut(state: RunningState, kind: TimeoutKind, effects: Effects): RunningState | null {
  const { progress, precommitTimer, round } = state
  switch (kind) {
    case 'propose': // L57–L60
      return progress.step === 'propose' ? prevote(state, null, effects) : null
    case 'prevote': // L61–L64
      return progress.step === 'prevote' && progress.timer ? precommit(state, null, effects) : null
    case 'precommit': // L65–L67
      return precommitTimer ? skipToRound(state, (round + 1) as Round, effects) : null
    default:
      return unreachable(kind)
  }
}

/** L18–L19; an answer that comes after the step propose is of no use. */
function onValue(state: RunningState, { height, round, block }: InputOf<'value'>, effects: Effects): ConsensusState {
  const awaited = state.progress.step === 'propose' && state.progress.awaitsValue
  if (!awaited || height !== state.height || round !== state.round) return state
  return propose(state, -1, block, effects)
}

/** L57 early, unless the proposal is here already. */
function onSuspicion(state: RunningState, input: InputOf<'suspectProposer'>, effects: Effects): ConsensusState {
  const { height, round, setting, proposals } = state
  const turn = proposer(setting.roster.clusters, height, round)
  if (input.cluster !== turn || turn === setting.self || proposals.has(round)) return state
  return onTimeout(state, { kind: 'timeout', timeout: 'propose', height, round }, effects)
}

function noteToken(state: AtHeight, { cluster, token }: InputOf<'repriseTokens'>): ConsensusState {
  const known = state.tokens.get(cluster)
  if (known !== undefined && compareTokens(token, known) <= 0) return state
  return { ...state, tokens: new Map(state.tokens).set(cluster, token) }
}
