/**
 * What happened, as a number: every event is mixed into a hash, so that two runs are the same exactly when their hashes are. An event
 * is one step of a machine that changed its state or said something. Rare states are counted by name.
 */
import type { AuditInput, AuditState, AuditStep } from '@baton/shared/core/audit/types'
import type { NodeEvent, NodeInput, NodeStep } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import type { RegistryInput, RegistryStep } from '@baton/shared/core/registry/messages'
import type { RegistryState } from '@baton/shared/core/registry/types'
import type { WorldAuthority } from '../../support/world/authority.ts'
import type { Host } from '../../support/world/host.ts'
import type { WorldObserver } from '../../support/world/observer.ts'

export class Trace implements WorldObserver {
  events = 0
  readonly reached = new Map<string, number>()
  /** Called after every `RECOUNT_EVERY` events. */
  readonly #recount: () => void
  #low = 0x811c9dc5
  #high = 0x9e3779b9
  #sinceRecount = 0

  constructor(recount: () => void) {
    this.#recount = recount
  }

  get hash(): string {
    const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0')
    return hex(this.#high) + hex(this.#low)
  }

  stepped(host: Host, before: NodeState, input: NodeInput, step: NodeStep): void {
    const { state, send, write, events, rejected } = step
    const stream = step.stream ?? []
    if (rejected !== undefined) this.note(`rejected ${rejected.code}`)
    if (state === before && send.length + write.length + stream.length === 0) return
    for (const event of events) this.#noteNode(event)
    const { last } = state.guard
    this.#mix(nameNumber(host.node), nameNumber(input.i), last.index, state.chain.tip.height)
    this.#mix(send.length, write.length, stream.length, hashNumber(last.hash))
    this.#event()
  }

  registryStepped(authority: WorldAuthority, before: RegistryState, input: RegistryInput, step: RegistryStep): void {
    const { state, send, write, events, rejected } = step
    if (rejected !== undefined) this.note(`registry rejected ${rejected.code}`)
    if (state === before && send.length + write.length === 0) return
    for (const { event, code } of events) this.note(code === null ? `registry ${event}` : `registry ${event} ${code}`)
    const { registry } = state
    const version = registry.status === 'absent' ? -1 : registry.version
    this.#mix(nameNumber(authority.cluster), nameNumber(input.i), version, send.length + 16 * write.length)
    this.#event()
  }

  audited(before: AuditState, input: AuditInput, { state, send, write, events }: AuditStep): void {
    for (const { event } of events) this.note(`audit ${event}`)
    for (const each of send) if (each.s === 'order') this.note(each.bars ? 'audit order' : 'audit order without a bar')
    if (state === before && send.length + write.length === 0) return
    const about = 'by' in input ? nameNumber(input.by.node) : 0
    this.#mix(nameNumber(input.i), about, state.reports.size, send.length + 16 * write.length)
    this.#event()
  }

  stopped(host: Host, why: string): void {
    this.note(`disk: ${why}`)
    this.#mix(nameNumber(host.node), nameNumber(why), 0, 0)
  }

  note(name: string): void {
    this.reached.set(name, (this.reached.get(name) ?? 0) + 1)
  }

  #noteNode(event: NodeEvent): void {
    if ('e' in event) {
      const { e } = event
      this.note(e === 'claimRefused' ? `claim refused ${event.code}` : `election ${e}`)
    } else if ('kind' in event) {
      if (event.kind !== 'roundEntered') this.note(`consensus ${event.kind}`)
      else if (event.round > 0) this.note(event.round > 3 ? 'consensus round above 3' : 'consensus round above 0')
    } else if (event.event === 'promoted') this.note(event.resumed ? 'resumed' : 'promoted')
    else this.note(event.event)
  }

  #event(): void {
    this.events += 1
    this.#sinceRecount += 1
    if (this.#sinceRecount < RECOUNT_EVERY) return
    this.#sinceRecount = 0
    this.#recount()
  }

  #mix(a: number, b: number, c: number, d: number): void {
    let low = Math.imul(this.#low ^ a, 0x01000193)
    low = Math.imul(low ^ b, 0x01000193) + (this.#high >>> 7)
    let high = Math.imul(this.#high ^ c, 0x85ebca6b)
    high = Math.imul(high ^ d, 0xc2b2ae35) + (low >>> 9)
    this.#low = low | 0
    this.#high = high | 0
  }
}

const RECOUNT_EVERY = 1_000
const numbers = new Map<string, number>()

function nameNumber(name: string): number {
  const known = numbers.get(name)
  if (known !== undefined) return known
  let mixed = 0x811c9dc5
  for (let at = 0; at < name.length; at++) mixed = Math.imul(mixed ^ name.charCodeAt(at), 0x01000193)
  numbers.set(name, mixed)
  return mixed
}

/** The first 31 bits of a hash in hex. */
function hashNumber(hash: string): number {
  let value = 0
  for (let at = 0; at < 8; at++) value = (Math.imul(value, 31) + hash.charCodeAt(at)) | 0
  return value
}
