/** One step in the making: the state as it changes and the outputs so far. Lives only inside `step`. */
import type { ErrorCode } from '../../errors.ts'
import type { Ms, NodeId } from '../../ids.ts'
import type { RegistryEvent, RegistrySend } from '../registry/messages.ts'
import type { Rejection } from '../step.ts'
import type {
  ArbiterContext,
  ArbiterEvent,
  ArbiterMessage,
  ArbiterSend,
  ArbiterStep,
  ArbiterTimer,
  ArbiterWrite,
} from './messages.ts'
import type { ArbiterState, Seat } from './types.ts'

export class Turn {
  state: ArbiterState
  readonly context: ArbiterContext
  #seat: Seat | null = null
  readonly #send: ArbiterSend[] = []
  readonly #timers = new Map<ArbiterTimer, Ms | null>()
  readonly #events: ArbiterEvent[] = []
  #rejected: Rejection | undefined

  constructor(state: ArbiterState, context: ArbiterContext) {
    this.state = state
    this.context = context
  }

  set(change: Partial<ArbiterState>): void {
    this.state = { ...this.state, ...change }
  }

  /** On disk before anything of this step leaves. */
  keep(seat: Seat): void {
    this.set({ seat })
    this.#seat = seat
  }

  tell(to: NodeId, message: ArbiterMessage): void {
    this.send({ s: 'member', to, message })
  }

  tellOthers(message: ArbiterMessage): void {
    const { member: me, members } = this.state.config
    for (const member of members) if (member !== me.node) this.tell(member, message)
  }

  send(send: ArbiterSend): void {
    this.#send.push(send)
  }

  /** What the registry machine said to what was asked here; how it tells of its state is not for members. */
  answer(sends: readonly RegistrySend[], events: readonly RegistryEvent[]): void {
    for (const send of sends) if (send.s === 'reply') this.send({ s: 'registry', send })
    for (const event of events) this.event({ e: 'registry', event })
  }

  timer(name: ArbiterTimer, after: Ms | null): void {
    this.#timers.set(name, after)
  }

  event(event: ArbiterEvent): void {
    this.#events.push(event)
  }

  reject(code: ErrorCode, why: string): void {
    this.#rejected = { code, why }
  }

  finish(): ArbiterStep {
    const write: ArbiterWrite[] = this.#seat === null ? [] : [{ w: 'seat', seat: this.#seat }]
    return {
      state: this.state,
      write,
      send: this.#send,
      timers: [...this.#timers].map(([name, after]) => ({ name, after })),
      events: this.#events,
      ...(this.#rejected === undefined ? {} : { rejected: this.#rejected }),
    }
  }
}
