/**
 * RC3, the other side: a node that follows a recovering master shows it its whole log before anything of it is cut. It has promised the
 * new token by then, so that nothing more is held under the old one with its help.
 */
import type { LogIndex, Ms, NodeId, Token } from '../../ids.ts'
import { compareTokens, sameToken } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { OwnToken } from '../../ports/node-store.ts'
import type { LegacyAck } from '../../protocol/peer.ts'
import { positionAt } from '../guard/log.ts'
import { runGuard } from './run-guard.ts'
import { type NodeState, tipHeight } from './state.ts'
import { reject, sendTo, type Turn } from './turn.ts'

export interface HandOver {
  readonly token: Token
  readonly master: NodeId
}

/** EL5, GU3: the guard promises the highest token, and follows its master as soon as this log may be cut. */
export function followMaster(turn: Turn, own: OwnToken): void {
  const { state } = turn
  if (state.handOver !== null && sameToken(state.handOver.token, own.token)) return
  if (state.handOver !== null) endHandOver(turn)
  if (!crosses(state, own.token)) runGuard(turn, { i: 'follow', token: own.token, master: own.node, across: false })
  else if (mustHandOver(state, own)) {
    turn.state = { ...turn.state, handOver: { token: own.token, master: own.node } }
    runGuard(turn, { i: 'follow', token: own.token, master: null, across: true })
    offerLog(turn)
  } else cross(turn, own.token, own.node)
}

/** Between the log here and that of the new master lies a recovering grant, or one that this node has missed and cannot exclude. */
function crosses(state: NodeState, token: Token): boolean {
  const { guard, crossed } = state
  if (isRecovering(state, token) || (crossed !== null && sameToken(crossed, token))) return true
  // It was to cross under the token before, and its log has not met that master's yet.
  if (guard.role.role === 'following' && guard.role.across && !guard.role.attached) return true
  if (compareTokens(token, guard.token) === 0) return false
  return token.generation !== guard.token.generation || token.epoch > guard.token.epoch + 1
}

function isRecovering({ masterships, config }: NodeState, token: Token): boolean {
  const mastership = masterships.get(config.election.cluster)
  return mastership !== undefined && sameToken(mastership, token) && mastership.recovering
}

/** EL6: a log that is not complete is no record of anything; one that has crossed already was shown before. */
function mustHandOver(state: NodeState, { token, node }: OwnToken): boolean {
  if (state.resync !== null || node === state.config.election.node || !isRecovering(state, token)) return false
  return state.crossed === null || !sameToken(state.crossed, token)
}

/** The mark is on disk before anything is cut. */
function cross(turn: Turn, token: Token, master: NodeId): void {
  const { crossed } = turn.state
  if (crossed === null || !sameToken(crossed, token)) {
    turn.state = { ...turn.state, crossed: token }
    turn.write.push({ w: 'crossed', token })
  }
  runGuard(turn, { i: 'follow', token, master, across: true })
}

/** From the beginning: at first, on a new link, and when no answer has come. */
export function offerLog(turn: Turn): void {
  if (turn.state.handOver === null) return
  sendChunk(turn, turn.state.guard.base.index, true)
}

function sendChunk(turn: Turn, after: LogIndex, first: boolean): void {
  const { handOver, guard, crossed, config } = turn.state
  if (handOver === null) return
  const { log } = turn.context
  const position = positionAt(guard, log, after)
  if (position === null) return
  const to = Math.min(guard.last.index, after + LIMITS.appendEntries) as LogIndex
  const entries = to === after ? [] : log.entries((after + 1) as LogIndex, to, LIMITS.appendBytes)
  sendTo(turn, handOver.master, {
    t: 'legacy',
    token: handOver.token,
    crossed,
    lastToken: guard.last.token,
    height: tipHeight(turn.state),
    first,
    after: { index: position.index, hash: position.hash },
    entries,
    last: (entries.at(-1)?.index ?? after) === guard.last.index,
  })
  turn.timers.push({ name: 'legacy', after: config.election.suspectAfterMs as Ms })
}

export function receiveLegacyAck(turn: Turn, from: NodeId, { token, index, done }: LegacyAck): void {
  const { handOver, guard } = turn.state
  if (handOver === null || handOver.master !== from || !sameToken(handOver.token, token)) {
    reject(turn, { code: 'PEER_UNEXPECTED', why: `${from} acknowledges a log that was not handed over to it` })
    return
  }
  if (!done) {
    if (index >= guard.base.index && index < guard.last.index) sendChunk(turn, index, false)
    return
  }
  endHandOver(turn)
  turn.events.push({ event: 'legacy-handed-over', to: from, token })
  cross(turn, token, from)
}

function endHandOver(turn: Turn): void {
  turn.state = { ...turn.state, handOver: null }
  turn.timers.push({ name: 'legacy', after: null })
}
