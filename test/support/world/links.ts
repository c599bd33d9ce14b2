/**
 * Links between hosts: in order and whole, as `ports/peer-links.ts` promises. A cut link closes at both ends at once; a clogged one
 * stays up in silence, and what it carries arrives when it flows again. What is under way when a link closes is lost.
 */
import type { NodeId } from '@baton/shared/ids'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import { decodePeer, encodePeer } from '@baton/shared/protocol/peer-codec'
import type { Host } from './host.ts'
import type { Schedule } from './schedule.ts'

interface Link {
  readonly ends: readonly [Host, Host]
  open: boolean
  /** When the last message of each end arrives: the next one is not earlier. */
  readonly arrival: [number, number]
  /** What waits while a direction is clogged, by the end that sent it. */
  readonly waiting: readonly [(() => void)[], (() => void)[]]
}

/**
 * Links as no transport of ours may be: what is said is lost, comes twice or in another order although the link stays open. The core is
 * promised better (`ports/peer-links.ts`), so under this only safety is asked for.
 */
export interface Adversity {
  readonly loss: number
  readonly duplication: number
  readonly reordering: number
}

export interface LinksPorts {
  readonly schedule: Schedule
  /** Every message goes through the real codec: what it cannot carry would not arrive. */
  readonly codec: boolean
  readonly latencyMs: () => number
  /** In [0, 1): draws what an adverse link does. */
  readonly draw: () => number
  readonly opened: (host: Host, peer: Host) => void
  readonly closed: (host: Host, peer: Host) => void
  readonly arrived: (host: Host, from: NodeId, message: PeerMessage) => void
}

export class Links {
  readonly #ports: LinksPorts
  readonly #links = new Map<string, Link>()
  readonly #cut = new Set<string>()
  /** Directions that carry nothing, as `from>to`. */
  readonly #clogged = new Set<string>()
  adversity: Adversity | null = null
  /** One message to several peers is encoded and decoded once. */
  #carried: { readonly message: PeerMessage; readonly arrives: PeerMessage } | null = null

  constructor(ports: LinksPorts) {
    this.#ports = ports
  }

  isCut(a: string, b: string): boolean {
    return this.#cut.has(pair(a, b))
  }

  /** Neither refuses nor answers: a connection attempt runs into its timeout. */
  isSilent(a: string, b: string): boolean {
    return this.isCut(a, b) || this.#isClogged(a, b) || this.#isClogged(b, a)
  }

  isOpen(a: string, b: string): boolean {
    return this.#links.has(pair(a, b))
  }

  /** A message would arrive soon. */
  flows(a: string, b: string): boolean {
    return this.#links.has(pair(a, b)) && !this.#isClogged(a, b) && !this.#isClogged(b, a)
  }

  open(a: Host, b: Host): void {
    const key = pair(a.node, b.node)
    if (a === b || !a.alive || !b.alive || this.isSilent(a.node, b.node) || this.#links.has(key)) return
    this.#links.set(key, { ends: [a, b], open: true, arrival: [0, 0], waiting: [[], []] })
    this.#ports.opened(a, b)
    this.#ports.opened(b, a)
  }

  close(a: Host, b: Host): void {
    const key = pair(a.node, b.node)
    const link = this.#links.get(key)
    if (link === undefined) return
    link.open = false
    this.#links.delete(key)
    for (const [host, peer] of [link.ends, [link.ends[1], link.ends[0]]] as const) {
      if (host.alive) this.#ports.closed(host, peer)
    }
  }

  renew(): void {
    const ends = [...this.#links.values()].map((link) => link.ends)
    for (const [a, b] of ends) this.close(a, b)
    for (const [a, b] of ends) this.open(a, b)
  }

  cut(a: Host, b: Host): void {
    this.#cut.add(pair(a.node, b.node))
    this.close(a, b)
  }

  /** What `from` says to `to` waits; the other direction goes on. */
  clog(from: Host, to: Host): void {
    this.#clogged.add(`${from.node}>${to.node}`)
  }

  /** Ends a cut, and a clog of either direction. */
  mend(a: Host, b: Host): void {
    this.#cut.delete(pair(a.node, b.node))
    this.#clogged.delete(`${a.node}>${b.node}`)
    this.#clogged.delete(`${b.node}>${a.node}`)
    const link = this.#links.get(pair(a.node, b.node))
    if (link !== undefined) for (const waiting of link.waiting) for (const arrive of waiting.splice(0)) arrive()
    this.open(a, b)
  }

  send(from: Host, to: NodeId, message: PeerMessage): void {
    if (!this.isOpen(from.node, to)) return
    const arrives = this.#carry(message)
    this.carry(from, to, (receiver) => this.#ports.arrived(receiver, from.node, arrives))
  }

  /** What is no peer message: it fares as one would, and no codec is asked. */
  carry(from: Host, to: NodeId, arrive: (receiver: Host) => void): void {
    const link = this.#links.get(pair(from.node, to))
    if (link === undefined) return
    const { adversity } = this
    const { draw } = this.#ports
    if (adversity !== null && draw() < adversity.loss) return
    this.#carryOver(link, from, arrive, adversity !== null && draw() < adversity.reordering)
    if (adversity !== null && draw() < adversity.duplication) this.#carryOver(link, from, arrive, true)
  }

  #carryOver(link: Link, from: Host, arrived: (receiver: Host) => void, outOfOrder: boolean): void {
    const end = link.ends[0] === from ? 0 : 1
    const receiver = link.ends[1 - end]!
    const { schedule, latencyMs, draw } = this.#ports
    const soonest = schedule.now + latencyMs() + (outOfOrder ? 20 * draw() : 0)
    const at = outOfOrder ? soonest : Math.max(soonest, link.arrival[end])
    if (!outOfOrder) link.arrival[end] = at
    const arrive = () => {
      if (!link.open) return
      if (this.#isClogged(from.node, receiver.node)) link.waiting[end].push(arrive)
      else if (receiver.alive) arrived(receiver)
    }
    schedule.after(at - schedule.now, arrive)
  }

  #isClogged(from: string, to: string): boolean {
    return this.#clogged.size > 0 && this.#clogged.has(`${from}>${to}`)
  }

  #carry(message: PeerMessage): PeerMessage {
    if (!this.#ports.codec) return message
    if (this.#carried?.message === message) return this.#carried.arrives
    const decoded = decodePeer(encodePeer(message))
    if (!decoded.ok) throw new Error(`${message.t}: ${decoded.why}`)
    this.#carried = { message, arrives: decoded.message }
    return decoded.message
  }
}

export function pair(a: string, b: string): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`
}
