/**
 * The guard: the replicated log of one cluster, and the one place that says what may leave it (GU1, GU2). A master writes
 * records and learns when they are held; a follower puts the master's entries on disk and acknowledges them.
 */
import { assert, unreachable } from '../../assert.ts'
import { compareTokens, type LogIndex, type NodeId, sameToken } from '../../ids.ts'
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

export function guardStep(state: GuardState, input: GuardInput, context: GuardContext): GuardStep {
  const step = react(state, input, context)
  const broken = brokenGuard(state, step)
  assert(broken === null, `guard: ${broken} (${input.i})`)
  return step
}

type RoleName = GuardState['role']['role']
type InputName = GuardInput['i']
type Input<Name extends InputName> = Extract<GuardInput, { readonly i: Name }>
type Cell<Name extends InputName> = (state: GuardState, input: Input<Name>, context: GuardContext) => GuardStep

/** Whoever leads, follows or is sealed: a grant makes it a master, a higher token a follower, and its log may be compacted. */
const IN_ANY_ROLE = { lead, resume, follow, seal, message: receive, compact } as const

/** What happens on each input in each role: the compiler refuses a missing cell. */
export const TRANSITIONS: { readonly [Role in RoleName]: { readonly [Name in InputName]: Cell<Name> } } = {
  following: {
    ...IN_ANY_ROLE,
    append: takesNoRecord,
    linkUp: (state, input, context) => (isMaster(state, input.peer) ? seekMaster(state, context) : unchanged(state)),
    linkDown: loseMaster,
    dead: loseMaster,
    rebase: (state, input, context) => rebase(state, input.base, context),
    registry: unchangedBy,
    candidates: unchangedBy,
    authorityUp: unchangedBy,
    timer: (state, _input, context) => seekMaster(state, context),
  },
  leading: {
    ...IN_ANY_ROLE,
    append: (state, input, context) => appendRecord(state, input.kind, input.body, context),
    linkUp: unchangedBy,
    linkDown: (state, input, context) => peerGone(state, input.peer, false, context),
    dead: (state, input, context) => peerGone(state, input.peer, true, context),
    rebase: unchangedBy,
    registry: registryShows,
    candidates: (state, input, context) => setCandidates(state, input.nodes, context),
    authorityUp: (state, _input, context) => lookAround(state, context, true),
    timer: (state, _input, context) => lookAround(state, context, false),
  },
  /** The mastership has ended here; only another one brings this guard back. */
  sealed: {
    ...IN_ANY_ROLE,
    append: takesNoRecord,
    linkUp: unchangedBy,
    linkDown: unchangedBy,
    dead: unchangedBy,
    rebase: unchangedBy,
    registry: unchangedBy,
    candidates: unchangedBy,
    authorityUp: unchangedBy,
    timer: unchangedBy,
  },
}

function react(state: GuardState, input: GuardInput, context: GuardContext): GuardStep {
  const cell = TRANSITIONS[state.role.role][input.i] as Cell<InputName>
  return cell(state, input, context)
}

function unchangedBy(state: GuardState): GuardStep {
  return unchanged(state)
}

function takesNoRecord(state: GuardState): GuardStep {
  return unchanged(state, { code: 'NOT_MASTER', why: `no record is taken while ${state.role.role}` })
}

function isMaster({ role }: GuardState, peer: NodeId): boolean {
  return role.role === 'following' && role.master === peer
}

/** It attaches anew when the link is back. */
function loseMaster(state: GuardState, { peer }: Input<'linkDown'> | Input<'dead'>): GuardStep {
  const { role } = state
  if (role.role !== 'following' || role.master !== peer) return unchanged(state)
  return unchanged({ ...state, role: { ...role, attached: false } })
}

function lead(state: GuardState, input: Input<'lead'>, context: GuardContext): GuardStep {
  const { token, version, syncSet, nonce } = input
  assert(compareTokens(token, state.token) >= 0, 'a grant below the promised token reached the guard')
  return startLeading(state, { token, version, syncSet, pending: [] }, nonce, context)
}

function resume(state: GuardState, { required, nonce }: Input<'resume'>, context: GuardContext): GuardStep {
  assert(sameToken(required.token, state.token), 'RG2: resuming needs the required set of the promised token')
  return startLeading(state, required, nonce, context)
}

function seal(state: GuardState): GuardStep {
  return unchanged({ ...state, role: { role: 'sealed' } })
}

function receive(state: GuardState, { from, message }: Input<'message'>, context: GuardContext): GuardStep {
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
function follow(state: GuardState, { token, master, across }: Input<'follow'>, context: GuardContext): GuardStep {
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
function compact(state: GuardState, { upTo }: Input<'compact'>, context: GuardContext): GuardStep {
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
