/**
 * What the members of a majority tell the edge (MJ1): the newest decided value, what their registry has said (RG11), and what came of that which
 * the edge has submitted. While there is no edge, events wait, up to a bound.
 */
import { isNewer } from '@baton/shared/core/arbiter/newer'
import type { RegisterValue } from '@baton/shared/core/arbiter/types'
import type { Outcome, RegistryEvent } from '@baton/shared/core/registry/messages'
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
  /** The edge has not been shown this value. */
  #news = false
  /** Not yet told to the edge, oldest first, and how many were dropped. */
  readonly #events: RegistryEvent[] = []
  #dropped = 0
  /** Orders that are asked for, by id, and the number of each request. */
  readonly #orders = new Map<string, number>()
  /** Of the present step of the registry: what it has said, and the answers that leave with it. */
  #said: RegistryEvent[] = []
  #answers: ((events: readonly RegistryEvent[]) => void)[] = []
  #due = false

  constructor(ports: EdgeMirrorPorts) {
    this.#ports = ports
  }

  /** A session begins: the edge may know less, or nothing. */
  up(protocol: number, value: RegisterValue | null): void {
    this.#protocol = protocol
    this.#value = value
    this.#news = true
    this.#soon()
  }

  report(report: Extract<ControlNotice, { readonly t: 'report' }>): void {
    this.#ports.send(report)
  }

  /** A newer decided value. */
  show(value: RegisterValue): void {
    const before = this.#value
    this.#value = value
    if (before !== null && !isNews(value, before)) return
    this.#news = true
    this.#soon()
  }

  /** The registry has said something; an order is answered by what it says of it. */
  tell(event: RegistryEvent): void {
    this.#said.push(event)
    this.#events.push(event)
    if (this.#events.length > LIMITS.arbiterEvents) {
      this.#events.shift()
      this.#dropped += 1
    }
    this.#soon()
    if (event.evidence?.kind !== 'order' || (event.event !== 'ordered' && event.event !== 'order-refused')) return
    const { id } = event.evidence.order
    const request = this.#orders.get(id)
    if (request === undefined) return
    this.#orders.delete(id)
    const { code, why } = event
    this.answer(request, code === null ? { ok: true } : { ok: false, code, why, retryAfterMs: null })
  }

  awaitOrder(request: number, id: string): void {
    this.#orders.set(id, request)
    // Of those that nothing was said of, the edge asks again.
    if (this.#orders.size > LIMITS.ordersStanding) this.#orders.delete(this.#orders.keys().next().value as string)
  }

  answer(request: number, outcome: Outcome): void {
    this.afterStep((events) => this.#ports.send({ t: 'asked', request, outcome, events }))
  }

  /** When the present step is over, with what the registry has said in it. */
  afterStep(leave: (events: readonly RegistryEvent[]) => void): void {
    this.#answers.push(leave)
    this.#soon()
  }

  /** Once for everything of one step. */
  #soon(): void {
    if (this.#due) return
    this.#due = true
    queueMicrotask(() => this.#leave())
  }

  /** The value that an answer left behind goes before the answer. */
  #leave(): void {
    this.#due = false
    const events = this.#said.splice(0).slice(-LIMITS.eventsPerFrame)
    this.#mirror()
    for (const leave of this.#answers.splice(0)) leave(events)
  }

  #mirror(): void {
    if (!this.#news && this.#events.length === 0) return
    if (this.#protocol < MIRROR_SINCE || !isFounded(this.#value)) return
    const value = writeValue(this.#value)
    while (this.#news || this.#events.length > 0) {
      const events = this.#events.slice(0, LIMITS.eventsPerFrame)
      if (!this.#ports.send({ t: 'mirror', value, events })) return
      this.#news = false
      this.#events.splice(0, events.length)
    }
    if (this.#dropped === 0) return
    const sentence = `${this.#dropped} events of the registry have waited too long for the edge: only the logs of the members have them`
    this.#ports.log.warn({ event: 'mirror-events-dropped', dropped: this.#dropped }, sentence)
    this.#dropped = 0
  }
}

/** What nobody has been granted yet is not shown. */
function isFounded(value: RegisterValue | null): value is RegisterValue {
  return value !== null && value.registry.status === 'founded' && value.proof !== null
}

function isNews({ registry }: RegisterValue, { registry: known }: RegisterValue): boolean {
  if (registry.status !== 'founded' || known.status !== 'founded') return registry.status !== known.status
  return isNewer(registry, known)
}
