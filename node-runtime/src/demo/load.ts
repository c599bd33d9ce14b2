/**
 * Submits the input to the network and remembers what was acknowledged. The scenario sets the pace: while a fault
 * is still to come, some of the input is held back, so that it strikes under load.
 */
import { createWriteStream, type WriteStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Action, Receipt } from '@baton/shared/core/ledger/types'
import { type Input, orderingKey } from './input.ts'
import { nowMs } from './now.ts'
import { OrderedDispatch } from './ordered-dispatch.ts'

/** Signs an action once and submits the same bytes until they are acknowledged or time is up. */
export type Submit = (action: Action) => Promise<Receipt>

export interface Acknowledged {
  readonly id: string
  readonly height: number
  readonly index: number
  /** When the answer came. */
  readonly atMs: number
  /** From the first attempt to the answer. */
  readonly latencyMs: number
}

export interface LoadFailure {
  readonly action: Action
  readonly why: string
}

export interface Pace {
  /** Transactions started per second; Infinity is as fast as `inFlightMax` allows. */
  readonly perSecond: number
  /** So many stay unsubmitted until the pace changes. */
  readonly reserve: number
}

export class Load {
  readonly acknowledged: Acknowledged[] = []
  readonly failures: LoadFailure[] = []
  readonly #input: Input
  readonly #submit: Submit
  readonly #dispatch: OrderedDispatch
  readonly #journal: WriteStream
  #pace: Pace = { perSecond: Number.POSITIVE_INFINITY, reserve: 0 }
  #paceChanged: () => void = () => undefined
  #submitted = 0
  #stopped = false
  #done = false

  /** @param journalFile one JSON line per acknowledgement: what the checker holds the nodes to */
  constructor(input: Input, submit: Submit, options: { inFlightMax: number; journalFile: string }) {
    this.#input = input
    this.#submit = submit
    this.#dispatch = new OrderedDispatch(options.inFlightMax)
    this.#journal = createWriteStream(options.journalFile, { flags: 'a' })
  }

  get submitted(): number {
    return this.#submitted
  }

  get unsubmitted(): number {
    return this.#input.count - this.#submitted
  }

  /** What is left is the reserve: nothing more is started until the pace changes. */
  get held(): boolean {
    return this.unsubmitted <= this.#pace.reserve
  }

  get inFlight(): number {
    return this.#dispatch.inFlight
  }

  /** Everything is submitted and answered, or given up. */
  get done(): boolean {
    return this.#done
  }

  get count(): number {
    return this.#input.count
  }

  setPace(pace: Pace): void {
    this.#pace = pace
    this.#paceChanged()
  }

  stop(): void {
    this.#stopped = true
    this.#paceChanged()
  }

  /** Resolves when every line was submitted and answered, or given up by `submit`. */
  async run(): Promise<void> {
    for await (const action of this.#input.actions()) {
      await this.#turn()
      if (this.#stopped) break
      this.#submitted += 1
      await this.#dispatch.add(orderingKey(action), () => this.#one(action))
    }
    await this.#dispatch.drained()
    await new Promise<void>((resolve) => this.#journal.end(resolve))
    this.#done = true
  }

  async #turn(): Promise<void> {
    while (!this.#stopped && this.unsubmitted <= this.#pace.reserve) {
      await new Promise<void>((resolve) => {
        this.#paceChanged = resolve
      })
    }
    if (Number.isFinite(this.#pace.perSecond)) await sleep(this.#dueInMs())
  }

  #nextAt = 0
  /** Spaces the starts evenly; time lost while the network stood still is not made up for. */
  #dueInMs(): number {
    const now = performance.now()
    this.#nextAt = Math.max(this.#nextAt, now - 20) + 1000 / this.#pace.perSecond
    return Math.max(0, this.#nextAt - now)
  }

  async #one(action: Action): Promise<void> {
    const start = nowMs()
    try {
      const receipt = await this.#submit(action)
      if (!receipt.ok) {
        this.failures.push({ action, why: `${receipt.code}: ${receipt.why}` })
        return
      }
      const atMs = nowMs()
      const entry = { id: receipt.id, height: receipt.height, index: receipt.index, atMs, latencyMs: atMs - start }
      this.acknowledged.push(entry)
      this.#journal.write(`${JSON.stringify(entry)}\n`)
    } catch (error) {
      this.failures.push({ action, why: (error as Error).message })
    }
  }
}
