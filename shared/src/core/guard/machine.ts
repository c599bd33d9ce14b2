/**
 * The guard: the replicated log of one cluster, and the one place that says what may leave it (GU1, GU2). A master writes
 * records and learns when they are held; a follower puts the master's entries on disk and acknowledges them.
 */
import { assert, unreachable } from '../../assert.ts'
import { compareTokens, type LogIndex, sameToken } from '../../ids.ts'
import { unchanged } from '../step.ts'
import { rebase, receiveAppend, receiveBehind, seekMaster } from './following.ts'
import { requiredOthers } from './held.ts'
import { brokenGuard } from './invariants.ts'
import {
  appendRecord,
  lookAround,
  peerGone,
  receiveAck,
  receiveAttach,
  registryShows,
  setCandidates,
  startLeading,
} from './leading.ts'
import { compactTo, positionAt } from './log.ts'
import type { GuardContext, GuardInput, GuardStep } from './machine-types.ts'
import type { GuardState } from './state.ts'
import type { Append, AppendAck, Attach, Behind, RequiredSet } from './types.ts'

export function guardStep(state: GuardState, input: GuardInput, context: GuardContext): GuardStep {
  const step = react(state, input, context)
  const broken = brokenGuard(state, step)
  assert(broken === null, `guard: ${broken} (${input.i})`)
  return step
}

function react(state: GuardState, input: GuardInput, context: GuardContext): GuardStep {
  switch (input.i) {
    case 'lead': {
      assert(compareTokens(input.token, state.token) >= 0, 'a grant below the promised token reached the guard')
      const required: RequiredSet = { token: input.token, version: input.version, syncSet: input.syncSet, pending: [] }
      return startLeading(state, required, input.nonce, context)
    }
    case 'resume':
      assert(sameToken(input.required.token, state.token), 'RG2: resuming needs the required set of the promised token')
      return startLeading(state, input.required, input.nonce, context)
    case 'follow':
      return follow(state, input, context)
    case 'seal':
      return { ...unchanged(state), state: { ...state, role: { role: 'sealed' } } }
    case 'append':
      if (state.role.role !== 'leading')
        return unchanged(state, { code: 'NOT_MASTER', why: `no record is taken while ${state.role.role}` })
      return appendRecord(state, input.kind, input.body, context)
    case 'linkUp':
      if (state.role.role !== 'following' || state.role.master !== input.peer) return unchanged(state)
      return seekMaster(state, context)
    case 'linkDown':
    case 'dead':
      if (state.role.role === 'leading') return peerGone(state, input.peer, input.i === 'dead', context)
      if (state.role.role === 'following' && state.role.master === input.peer) {
        return { ...unchanged(state), state: { ...state, role: { ...state.role, attached: false } } }
      }
      return unchanged(state)
    case 'message':
      return receive(state, input.from, input.message, context)
    case 'rebase':
      return rebase(state, input.base, context)
    case 'registry':
      return state.role.role === 'leading' ? registryShows(state, input, context) : unchanged(state)
    case 'candidates':
      return state.role.role === 'leading' ? setCandidates(state, input.nodes, context) : unchanged(state)
    case 'authorityUp':
      return state.role.role === 'leading' ? lookAround(state, context, true) : unchanged(state)
    case 'timer':
      return state.role.role === 'leading' ? lookAround(state, context, false) : seekMaster(state, context)
    case 'compact':
      return compact(state, input.upTo, context)
    default:
      return unreachable(input)
  }
}

function receive(
  state: GuardState,
  from: Extract<GuardInput, { i: 'message' }>['from'],
  message: Attach | Append | AppendAck | Behind,
  context: GuardContext,
): GuardStep {
  switch (message.t) {
    case 'append':
      return receiveAppend(state, from, message, context)
    case 'behind':
      return receiveBehind(state, from, message, context)
    case 'attach':
    case 'appendAck':
      if (state.role.role !== 'leading') {
        return unchanged(state, { code: 'NOT_MASTER', why: `a ${message.t} reached a node that is ${state.role.role}` })
      }
      return message.t === 'attach'
        ? receiveAttach(state, from, message, context)
        : receiveAck(state, from, message, context)
    default:
      return unreachable(message)
  }
}

/** A higher token ends what this node did under a lower one; the same token may only name the same master. */
function follow(
  state: GuardState,
  { token, master, across }: Extract<GuardInput, { i: 'follow' }>,
  context: GuardContext,
): GuardStep {
  const order = compareTokens(token, state.token)
  if (order < 0) return unchanged(state, { code: 'LOWER_TOKEN', why: 'a lower token is promised already' })
  if (order === 0 && state.role.role === 'leading') return unchanged(state)
  if (order === 0 && state.role.role === 'following' && state.role.master === master) return unchanged(state)
  // GU3: what was held of an epoch whose whole sync set was lost need not be in the log that goes on. A restart forgets it as well.
  const knownHeld = across && master !== null ? state.base.index : state.knownHeld
  const role = { role: 'following', master, attached: false, across } as const
  const next: GuardState = { ...state, token, knownHeld, role }
  return seekMaster(next, context)
}

/** GU6: forgets entries of decided heights, never one that a required node may still need; others catch up by blocks. */
function compact(state: GuardState, upTo: LogIndex, context: GuardContext): GuardStep {
  let limit: number = Math.min(upTo, state.role.role === 'leading' ? state.role.held : state.knownHeld)
  if (state.role.role === 'leading') {
    for (const node of requiredOthers(state.policy, state.role)) {
      limit = Math.min(limit, state.role.followers.get(node)?.acked.index ?? 0)
    }
  }
  if (limit <= state.base.index) return unchanged(state)
  const base = positionAt(state, context.log, limit as LogIndex)
  assert(base !== null, `cannot compact to ${limit}`)
  return { ...unchanged({ ...state, ...compactTo(state, base) }), write: [{ w: 'compact', base }] }
}
