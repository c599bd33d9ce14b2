/**
 * What the members of a majority tell the edge (MJ1): the newest decided value, what their registry has said (RG11), and what came of that which
 * the edge has submitted. While there is no edge, events wait, up to a bound.
 */
import type { RegisterValue } from '@baton/shared/core/arbiter/types'
import type { Outcome, RegistryEvent } from '@baton/shared/core/registry/messages'
import { compareTokens } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { ControlNotice } from '@baton/shared/ports/control-link'
import type { Log } from '@baton/shared/ports/log'
import { writeValue } from '@baton/shared/protocol/arbiter/messages'
import { MIRROR_SINCE } from '@baton/shared/protocol/control'

export interface EdgeMirrorPorts {
  /** False when there is no session. */
  readonly send: (notice: ControlNotice) => boolean
  readonly log: Log
}

export class EdgeMirror {
  readonly #ports: EdgeMirrorPorts
  /** Of the last session; below `MIRROR_SINCE` it takes nothing. */
  #protocol = 0
  #value: RegisterValue | null = null
  #events: RegistryEvent[] = []
  #lost = 0
  /** Orders that are asked for, by id, and the number of each request. */
  readonly #orders = new Map<string, number>()
  /** What the registry has said in the present step. */
  #said: RegistryEvent[] = []
  #due = false

  constructor(ports: EdgeMirrorPorts) {
    this.#ports = ports
  }

  /** A session begins: the edge may know less, or nothing. */
  up(protocol: number, value: RegisterValue | null): void {
    this.#protocol = protocol
    this.#value = value
    this.#flush(true)
  }

  report(report: Extract<ControlNotice, { readonly t: 'report' }>): void {
    this.#ports.send(report)
  }

  /** A newer decided value. */
  show(value: RegisterValue): void {
    const before = this.#value
    this.#value = value
    if (before === null || isNewer(value, before)) this.#soon()
  }

  tell(event: RegistryEvent): void {
    this.#events.push(event)
    this.#said = [...this.#said, event].slice(-LIMITS.eventsPerFrame)
    if (this.#events.length > LIMITS.arbiterEvents) {
      this.#events.shift()
      this.#lost += 1
    }
    this.#soon()
    if (event.evidence?.kind !== 'order') return
    const { id } = event.evidence.order
    const request = this.#orders.get(id)
    if (request === undefined || (event.event !== 'ordered' && event.event !== 'order-refused')) return
    this.#orders.delete(id)
    const { code, why } = event
    this.answer(request, code === null ? { ok: true } : { ok: false, code, why, retryAfterMs: null })
  }

  awaitOrder(request: number, id: string): void {
    this.#orders.set(id, request)
    // The edge asks again when it has waited long enough.
    if (this.#orders.size > LIMITS.ordersStanding) this.#orders.delete(this.#orders.keys().next().value as string)
  }

  /** The value that this answer left behind goes first. */
  answer(request: number, outcome: Outcome): void {
    queueMicrotask(() => {
      const events = this.#said
      this.#flush(false)
      this.#ports.send({ t: 'asked', request, outcome, events })
    })
  }

  /** Once for everything of one step. */
  #soon(): void {
    if (this.#due) return
    this.#due = true
    queueMicrotask(() => this.#flush(false))
  }

  #flush(begins: boolean): void {
    if (!this.#due && !begins) return
    this.#due = false
    this.#said = []
    if (this.#protocol < MIRROR_SINCE || !isFounded(this.#value)) return
    const value = writeValue(this.#value)
    do {
      const events = this.#events.slice(0, LIMITS.eventsPerFrame)
      if (!this.#ports.send({ t: 'mirror', value, events })) return
      this.#events.splice(0, events.length)
    } while (this.#events.length > 0)
    if (this.#lost > 0) {
      this.#ports.log.warn(
        { event: 'mirror-events-lost', lost: this.#lost },
        `${this.#lost} events of the registry have waited too long for the edge: they are in the logs of the members alone`,
      )
      this.#lost = 0
    }
  }
}

/** What nobody has been granted yet is not shown. */
function isFounded(value: RegisterValue | null): value is RegisterValue {
  return value !== null && value.registry.status === 'founded' && value.proof !== null
}

function isNewer({ registry }: RegisterValue, { registry: known }: RegisterValue): boolean {
  if (registry.status !== 'founded' || known.status !== 'founded') return registry.status !== known.status
  const order = compareTokens(registry.lastGrant, known.lastGrant)
  return order > 0 || (order === 0 && registry.version > known.version)
}
