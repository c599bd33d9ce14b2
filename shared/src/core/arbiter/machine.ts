/**
 * One member of a majority that keeps its cluster's registry (MJ1): a pure machine, run by each of them. It decides nothing about the mastership
 * itself: that is `core/registry`, run over what a majority holds and hears. The rules are in SPEC.md.
 */
import { assert } from '../../assert.ts'
import type { Instant, NodeId } from '../../ids.ts'
import { onAccept, onPrepare } from './acceptor.ts'
import { brokenInStep } from './invariants.ts'
import { onDecided } from './learner.ts'
import { askForMemory, onMemory, onRecall } from './memory.ts'
import type { ArbiterContext, ArbiterInput, ArbiterMessage, ArbiterStep } from './messages.ts'
import { objectionTo } from './objection.ts'
import { next, onAccepted, onAsk, onPromise, onProposalTimer, onRefused } from './proposer.ts'
import { considerSession, onHeard, onLink, onOwnReport, onReport } from './session.ts'
import { Turn } from './turn.ts'
import type { ArbiterConfig, ArbiterState, Seat, Standing } from './types.ts'

export const NO_SEAT: Seat = { promised: null, accepted: null }

/** The state of a process that starts at `startedAt` over what it has on disk; `life` names it. */
export function startArbiter(config: ArbiterConfig, seat: Seat, life: string, startedAt: Instant): ArbiterState {
  assert(config.members.includes(config.member.node), `MJ1: ${config.member.node} is not a member`)
  assert(config.members.length >= 3, `MJ1: a majority of ${config.members.length} members survives nobody`)
  return {
    config,
    life,
    seat,
    standing: seat.accepted === null ? { s: 'asking', told: new Map() } : { s: 'seated' },
    decided: null,
    hearing: { since: startedAt, reports: new Map(), links: new Map(), grantedAt: null, foreignSilence: null },
    proposal: null,
    asks: [],
    up: false,
    unheard: [],
    counter: seat.promised?.counter ?? 0,
  }
}

type MessageName = ArbiterMessage['m']
type Cell<Name extends MessageName> = (
  turn: Turn,
  from: NodeId,
  message: Extract<ArbiterMessage, { readonly m: Name }>,
) => void
type Row = { readonly [Name in MessageName]: Cell<Name> }

const HEARD_BY_ALL = {
  promise: onPromise,
  accepted: onAccepted,
  refused: onRefused,
  decided: (turn, _from, message) => onDecided(turn, message),
  report: onReport,
  heard: onHeard,
  recall: onRecall,
  memory: onMemory,
} satisfies Partial<Row>

/** What happens on each message in each standing: the compiler refuses a missing cell. */
export const TRANSITIONS: { readonly [S in Standing['s']]: Row } = {
  asking: { ...HEARD_BY_ALL, prepare: hasNoVote, accept: hasNoVote },
  fresh: { ...HEARD_BY_ALL, prepare: onPrepare, accept: onAccept },
  seated: { ...HEARD_BY_ALL, prepare: onPrepare, accept: onAccept },
}

function hasNoVote(turn: Turn): void {
  turn.reject('PEER_UNEXPECTED', 'this member has no vote before all others have told what they hold')
}

/** What comes of `input`. Throws only on our own bugs; what a peer says is `rejected` at worst. */
export function arbiterStep(state: ArbiterState, input: ArbiterInput, context: ArbiterContext): ArbiterStep {
  const turn = new Turn(state, context)
  handle(turn, input)
  considerSession(turn)
  next(turn)
  const taken = turn.finish()
  const broken = brokenInStep(state, taken)
  assert(broken.length === 0, broken.join('; '))
  return taken
}

function handle(turn: Turn, input: ArbiterInput): void {
  switch (input.i) {
    case 'message': {
      const { from, message } = input
      if (!turn.state.config.members.includes(from)) {
        turn.reject('UNKNOWN_NODE', `${from} is no member`)
        return
      }
      const objection = objectionTo(turn.state, message)
      if (objection !== null) {
        turn.reject(objection.code, objection.why)
        return
      }
      const cell = TRANSITIONS[turn.state.standing.s][message.m] as Cell<MessageName>
      cell(turn, from, message)
      return
    }
    case 'link':
      onLink(turn, input)
      return
    case 'ask':
      onAsk(turn, input.ask)
      return
    case 'report':
      onOwnReport(turn, input.report)
      return
    case 'foreignSilence': {
      const { reporters, clusters, silentForMs } = input
      const foreignSilence = { at: turn.context.now, reporters, clusters, silentForMs }
      turn.set({ hearing: { ...turn.state.hearing, foreignSilence } })
      return
    }
    case 'member': {
      const { config } = turn.state
      assert(input.member.node === config.member.node, 'MJ1: a member became another node')
      turn.set({ config: { ...config, member: input.member } })
      return
    }
    case 'timer':
      if (input.name === 'recall') askForMemory(turn)
      else onProposalTimer(turn)
      return
  }
}
