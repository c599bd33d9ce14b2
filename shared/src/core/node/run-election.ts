/** The node's side of the election: its role follows from it. */
import { unreachable } from '../../assert.ts'
import { compareTokens } from '../../ids.ts'
import { electionStep } from '../election/machine.ts'
import type { ElectionInput, ElectionSend, LogStatus } from '../election/types.ts'
import { durableIndex } from '../guard/state.ts'
import { followMaster } from './hand-over.ts'
import { beginLeading, endLeading, resumeLeading } from './leadership.ts'
import { type NodeState, tipHeight } from './state.ts'
import { countCall, reject, sendTo, type Turn } from './turn.ts'

/** Runs the election, always with the log status of this moment, and whatever follows from it in this turn. */
export function runElection(turn: Turn, input: ElectionInput): void {
  const log = logStatus(turn.state)
  if (input.i !== 'started' && differs(log, turn.state.election.log)) call(turn, { i: 'logStatus', log })
  call(turn, input)
  followOwnToken(turn)
}

export function logStatus(state: NodeState): LogStatus {
  return {
    durableIndex: durableIndex(state.guard),
    height: tipHeight(state),
    complete: state.resync === null,
    cannotHoldSince: state.guard.role.role === 'leading' ? state.guard.role.unheldSince : null,
  }
}

function differs(a: LogStatus, b: LogStatus): boolean {
  return (
    a.durableIndex !== b.durableIndex ||
    a.height !== b.height ||
    a.complete !== b.complete ||
    a.cannotHoldSince !== b.cannotHoldSince
  )
}

function call(turn: Turn, input: ElectionInput): void {
  countCall(turn)
  const step = electionStep(turn.state.election, input, { now: turn.context.now })
  turn.state = { ...turn.state, election: step.state }
  reject(turn, step.rejected)
  turn.write.push(...step.write)
  for (const timer of step.timers) turn.timers.push({ name: `election:${timer.name}`, after: timer.after })
  turn.events.push(...step.events)
  for (const send of step.send) route(turn, send)
}

function route(turn: Turn, send: ElectionSend): void {
  switch (send.s) {
    case 'peer':
      sendTo(turn, send.peer, send.message)
      return
    case 'report':
    case 'claim':
    case 'confirm':
    case 'probe':
    case 'signResignation':
      turn.send.push(send)
      return
    case 'becomeMaster':
      beginLeading(turn, send.grant)
      return
    case 'resumeMaster':
      resumeLeading(turn)
      return
    case 'stepDown':
      endLeading(turn, send.token, send.reason)
      return
    case 'sealGuard':
      endLeading(turn, send.token, 'resigning')
      call(turn, { i: 'sealed', token: send.token })
      return
    default:
      unreachable(send)
  }
}

/** EL5: the guard promises the highest token of its cluster as soon as the election has it on disk. */
function followOwnToken(turn: Turn): void {
  const { election, guard, config } = turn.state
  const own = election.own
  if (own === null || guard.role.role === 'leading') return
  // A resigned master keeps its seal until somebody else's higher token is known.
  if (guard.role.role === 'sealed' && compareTokens(own.token, guard.token) <= 0) return
  if (compareTokens(own.token, guard.token) < 0) return
  if (guard.role.role === 'following' && guard.role.master === own.node && compareTokens(own.token, guard.token) === 0)
    return
  if (own.node === config.election.node && election.role.r === 'master') return
  followMaster(turn, own)
}
