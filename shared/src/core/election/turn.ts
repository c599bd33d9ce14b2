/** One step in the making: the state as it changes and the outputs so far. Lives only inside `step`. */
import type { ErrorCode } from '../../errors.ts'
import type { Instant, Ms, NodeId } from '../../ids.ts'
import type { Rejection } from '../step.ts'
import type {
  ElectionEvent,
  ElectionSend,
  ElectionState,
  ElectionStep,
  ElectionTimer,
  ElectionWrite,
  PeerState,
  Role,
} from './types.ts'

/** Timers that belong to one role and end with it. */
const ROLE_TIMERS = {
  starting: [],
  follower: [],
  suspecting: ['stand'],
  preVoting: ['preVote'],
  claiming: ['claim'],
  master: [],
  resigning: ['handover'],
  stopped: [],
  frozen: [],
} as const satisfies Record<Role['r'], readonly ElectionTimer[]>

export class Turn {
  state: ElectionState
  readonly now: Instant
  readonly #write: ElectionWrite[] = []
  readonly #send: ElectionSend[] = []
  readonly #timers = new Map<ElectionTimer, Ms | null>()
  readonly #events: ElectionEvent[] = []
  #rejected: Rejection | undefined

  constructor(state: ElectionState, now: Instant) {
    this.state = state
    this.now = now
  }

  set(change: Partial<ElectionState>): void {
    this.state = { ...this.state, ...change }
  }

  setPeer(peer: NodeId, change: Partial<PeerState>): void {
    const known = this.state.peers.get(peer)
    if (known === undefined) return
    this.set({ peers: new Map(this.state.peers).set(peer, { ...known, ...change }) })
  }

  /** Enters a role; timers of the one that is left end. Set timers of the new role after this. */
  become(role: Role, why: string): void {
    const from = this.state.role.r
    for (const name of ROLE_TIMERS[from]) this.timer(name, null)
    this.set({ role })
    if (from !== role.r) this.event({ e: 'role', from, to: role.r, why })
  }

  write(write: ElectionWrite): void {
    this.#write.push(write)
  }

  send(send: ElectionSend): void {
    this.#send.push(send)
  }

  timer(name: ElectionTimer, after: Ms | null): void {
    this.#timers.set(name, after)
  }

  event(event: ElectionEvent): void {
    this.#events.push(event)
  }

  reject(code: ErrorCode, why: string): void {
    this.#rejected = { code, why }
  }

  finish(): ElectionStep {
    return {
      state: this.state,
      write: this.#write,
      send: this.#send,
      timers: [...this.#timers].map(([name, after]) => ({ name, after })),
      events: this.#events,
      ...(this.#rejected === undefined ? {} : { rejected: this.#rejected }),
    }
  }
}
