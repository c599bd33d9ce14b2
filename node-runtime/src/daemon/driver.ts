/**
 * Runs one node's machine on a real host. Inputs queue up while the event loop turns; each batch is stepped through, its
 * writes are committed with one fsync (group commit), and only then does anything leave (core/step.ts):
 * stream → write → fsync → send → timers → events.
 */

import type { Application } from '@baton/shared/core/ledger/application'
import type { NodeContext, NodeEvent, NodeInput, NodeSend, NodeTimer } from '@baton/shared/core/node/io'
import { nodeStep } from '@baton/shared/core/node/machine'
import type { NodeState } from '@baton/shared/core/node/state'
import type { HashFunction, Rejection, TimerRequest } from '@baton/shared/core/step'
import type { Instant } from '@baton/shared/ids'
import type { NodeStore, NodeWrite } from '@baton/shared/ports/node-store'
import type { Timers } from '@baton/shared/ports/timers'
import { namedTimers } from '../adapters/timers.ts'

export interface DriverPorts {
  readonly now: () => Instant
  readonly hash: HashFunction
  readonly store: NodeStore
  readonly application: Application
  /** Carries out one output; called in order, after the commit (or before it, for `stream`). */
  readonly perform: (send: NodeSend, driver: Driver) => void
  /** Looks whether this process has stood still: it then calls `enqueueFirst` (EL2). */
  readonly checkStall: () => void
  /** Lets go of what `perform` has streamed: the fsync that follows would hold it back. */
  readonly flush: () => void
  readonly observe: (event: NodeEvent) => void
  readonly rejected: (rejection: Rejection, input: NodeInput) => void
  /** A broken invariant or a failed disk: nothing may be sent any more. Must end the process. */
  readonly fail: (error: unknown) => void
}

/** Inputs stepped through before their writes are committed. */
const BATCH_MAX = 256
/** Derived writes that no promise has carried along are committed after this long. */
const LAZY_COMMIT_MS = 25

export class Driver {
  #state: NodeState
  readonly #ports: DriverPorts
  readonly #queue: NodeInput[] = []
  readonly #timers: Timers<NodeTimer>
  #scheduled = false
  #lazy: NodeJS.Timeout | null = null
  #stopped = false

  constructor(state: NodeState, ports: DriverPorts) {
    this.#state = state
    this.#ports = ports
    this.#timers = namedTimers(ports, (name) => this.enqueue({ i: 'timer', name }))
  }

  get state(): NodeState {
    return this.#state
  }

  get queued(): number {
    return this.#queue.length
  }

  enqueue(input: NodeInput): void {
    if (this.#stopped) return
    this.#queue.push(input)
    this.#schedule()
  }

  /** EL2: nothing is answered from behind a stall, so the stall is told before what has waited behind it. */
  enqueueFirst(input: NodeInput): void {
    if (this.#stopped) return
    this.#queue.unshift(input)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#run)
  }

  /** Commits what is pending; nothing is stepped or sent after this. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#timers.stop()
    if (this.#lazy !== null) {
      clearTimeout(this.#lazy)
      this.#ports.store.commit()
    }
  }

  readonly #run = (): void => {
    this.#scheduled = false
    if (this.#stopped) return
    try {
      this.#ports.checkStall()
      this.#batch()
    } catch (error) {
      this.#stopped = true
      this.#ports.fail(error)
      return
    }
    if (this.#queue.length > 0) this.#schedule()
  }

  #batch(): void {
    const { store, application, hash, now, perform } = this.#ports
    const inputs = this.#queue.splice(0, BATCH_MAX)
    const sends: NodeSend[] = []
    const timers: TimerRequest<NodeTimer>[] = []
    const events: NodeEvent[] = []
    let promises = false
    let streamed = false
    let derived = false
    for (const input of inputs) {
      const context: NodeContext = { now: now(), hash, log: store, chain: store, application }
      const step = nodeStep(this.#state, input, context)
      this.#state = step.state
      for (const send of step.stream ?? []) {
        perform(send, this)
        streamed = true
      }
      if (step.write.length > 0) {
        store.apply(step.write)
        if (step.write.some(isPromise)) promises = true
        else derived = true
      }
      sends.push(...step.send)
      timers.push(...step.timers)
      events.push(...step.events)
      if (step.rejected !== undefined) this.#ports.rejected(step.rejected, input)
    }
    if (promises) {
      if (streamed) this.#ports.flush()
      this.#commit()
    } else if (derived) this.#lazy ??= setTimeout(this.#commitLazily, LAZY_COMMIT_MS)
    for (const send of sends) {
      if (send.s === 'self') this.enqueue(send.input)
      else perform(send, this)
    }
    for (const { name, after } of timers) this.#timers.set(name, after)
    for (const event of events) this.#ports.observe(event)
  }

  #commit(): void {
    if (this.#lazy !== null) clearTimeout(this.#lazy)
    this.#lazy = null
    this.#ports.store.commit()
  }

  readonly #commitLazily = (): void => {
    this.#lazy = null
    if (this.#stopped) return
    try {
      this.#ports.store.commit()
    } catch (error) {
      this.#stopped = true
      this.#ports.fail(error)
    }
  }
}

/** What must be on disk before anything leaves; the rest is derived from decided blocks and may ride along. */
function isPromise(write: NodeWrite): boolean {
  switch (write.w) {
    case 'block':
    case 'transaction':
    case 'state':
    case 'bucket':
    case 'compact':
      return false
    default:
      return true
  }
}
