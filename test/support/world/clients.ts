/** Clients that submit throughout, and ask again for what nobody has answered. */
import type { SignedTransaction } from '@baton/shared/core/ledger/types'
import type { Hash } from '@baton/shared/ids'
import type { Random } from './random.ts'
import type { World } from './world.ts'

const ASK_AGAIN_MS = 500
const UNANSWERED_MAX = 200
/** Of the answered ones, those that are sent once more. */
const LATE = 0.05

export class Clients {
  readonly #world: World
  readonly #random: Random
  readonly #everyMs: number
  readonly #unanswered = new Map<Hash, { readonly signed: SignedTransaction; askedAt: number }>()
  #submitting = true

  /** One transaction every `everyMs` on average. */
  constructor(world: World, random: Random, everyMs: number) {
    this.#world = world
    this.#random = random
    this.#everyMs = everyMs
  }

  start(): void {
    this.#askAgain()
    if (this.#submitting && this.#unanswered.size < UNANSWERED_MAX) this.#submit()
    const pause = this.#submitting ? this.#random.between(0, 2) * this.#everyMs : 100
    this.#world.after(pause, () => this.start())
  }

  /** No new ones; those without an answer are still asked for. */
  stop(): void {
    this.#submitting = false
  }

  answered(): boolean {
    return [...this.#unanswered.keys()].every((id) => this.#world.answered.has(id))
  }

  #submit(): void {
    const node = this.#random.pick([...this.#world.hosts.keys()])
    const signed = this.#world.submit(node, `k${this.#random.integer(50)}`)
    this.#unanswered.set(signed.id, { signed, askedAt: this.#world.now })
  }

  #askAgain(): void {
    const { now, answered } = this.#world
    for (const [id, waiting] of this.#unanswered) {
      if (answered.has(id)) {
        this.#unanswered.delete(id)
        if (this.#random.chance(LATE)) this.#world.resubmit(waiting.signed, true)
      } else if (now - waiting.askedAt >= ASK_AGAIN_MS) {
        waiting.askedAt = now
        this.#world.resubmit(waiting.signed)
      }
    }
  }
}
