/**
 * One turn of a node: collects what its machines want done. Machines are called one after another, each with the state
 * the one before left; their outputs keep that order.
 */
import { assert } from '../../assert.ts'
import type { NodeId } from '../../ids.ts'
import type { NodeWrite } from '../../ports/node-store.ts'
import type { PeerMessage } from '../../protocol/peer.ts'
import type { Rejection, TimerRequest } from '../step.ts'
import type { NodeContext, NodeEvent, NodeInput, NodeSend, NodeStep, NodeTimer } from './io.ts'
import type { NodeState } from './state.ts'

export interface Turn {
  state: NodeState
  readonly context: NodeContext
  readonly stream: NodeSend[]
  readonly write: NodeWrite[]
  readonly send: NodeSend[]
  readonly timers: TimerRequest<NodeTimer>[]
  readonly events: NodeEvent[]
  rejected: Rejection | undefined
  /** Calls between machines in this turn: bounded, since a cycle would be a bug. */
  depth: number
}

/** Far above what one input can cause: a handful of calls per machine and buffered message. */
const DEPTH_MAX = 10_000

export function beginTurn(state: NodeState, context: NodeContext): Turn {
  return { state, context, stream: [], write: [], send: [], timers: [], events: [], rejected: undefined, depth: 0 }
}

export function endTurn(turn: Turn): NodeStep {
  const { state, stream, write, send, timers, events, rejected } = turn
  return { state, stream, write, send, timers, events, ...(rejected === undefined ? {} : { rejected }) }
}

export function countCall(turn: Turn): void {
  turn.depth += 1
  assert(turn.depth < DEPTH_MAX, 'the machines of a node call each other without end')
}

export function sendTo(turn: Turn, to: NodeId, message: PeerMessage): void {
  turn.send.push({ s: 'peer', to, message })
}

/** Feeds an input back after this turn's outputs have left. */
export function later(turn: Turn, input: NodeInput): void {
  turn.send.push({ s: 'self', input })
}

export function reject(turn: Turn, rejection: Rejection | undefined): void {
  if (rejection !== undefined) turn.rejected ??= rejection
}
