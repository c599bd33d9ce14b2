/**
 * Runs the machine of one member of a majority (MJ1). What one step writes is on stable storage before anything of it, or of a later one, leaves: each
 * input is stepped through, written and let go before the next one. They are few, and a vote waits for nobody.
 */
import { arbiterStep, startArbiter } from '@baton/shared/core/arbiter/machine'
import type {
  ArbiterContext,
  ArbiterEvent,
  ArbiterInput,
  ArbiterSend,
  ArbiterTimer,
} from '@baton/shared/core/arbiter/messages'
import type { ArbiterConfig, ArbiterState } from '@baton/shared/core/arbiter/types'
import type { Rejection } from '@baton/shared/core/step'
import type { Clock } from '@baton/shared/ports/clock'
import type { Timers } from '@baton/shared/ports/timers'
import type { SeatStore } from '../../adapters/seat-store.ts'
import { namedTimers } from '../../adapters/timers.ts'

export interface MemberDriverPorts {
  readonly clock: Clock
  readonly store: SeatStore
  readonly prove: ArbiterContext['prove']
  readonly perform: (send: ArbiterSend) => void
  readonly observe: (event: ArbiterEvent) => void
  readonly rejected: (rejection: Rejection, input: ArbiterInput) => void
  /** A broken invariant or a failed disk: nothing may be sent any more. Must end the process. */
  readonly fail: (error: unknown) => void
}

export class MemberDriver {
  #state: ArbiterState
  readonly #ports: MemberDriverPorts
  readonly #queue: ArbiterInput[] = []
  readonly #timers: Timers<ArbiterTimer>
  #running = false
  #stopped = false

  /** `life` names this process. @throws BatonError STORAGE_DAMAGED */
  constructor(config: ArbiterConfig, life: string, ports: MemberDriverPorts) {
    this.#ports = ports
    this.#timers = namedTimers(ports.clock, (name) => this.feed({ i: 'timer', name }))
    this.#state = startArbiter(config, ports.store.load(), life, ports.clock.now())
  }

  get state(): ArbiterState {
    return this.#state
  }

  /** Stepped through at once, or after those that wait: an output may bring another input. */
  feed(input: ArbiterInput): void {
    if (this.#stopped) return
    this.#queue.push(input)
    if (this.#running) return
    this.#running = true
    try {
      for (let next = this.#queue.shift(); next !== undefined && !this.#stopped; next = this.#queue.shift()) {
        this.#step(next)
      }
    } catch (error) {
      this.stop()
      this.#ports.fail(error)
    } finally {
      this.#running = false
    }
  }

  stop(): void {
    this.#stopped = true
    this.#timers.stop()
  }

  #step(input: ArbiterInput): void {
    const { clock, store, prove, perform, observe, rejected } = this.#ports
    const step = arbiterStep(this.#state, input, { now: clock.now(), wallClock: clock.wallNow(), prove })
    for (const { seat } of step.write) store.keep(seat)
    this.#state = step.state
    for (const send of step.send) perform(send)
    for (const { name, after } of step.timers) this.#timers.set(name, after)
    for (const event of step.events) observe(event)
    if (step.rejected !== undefined) rejected(step.rejected, input)
  }
}
