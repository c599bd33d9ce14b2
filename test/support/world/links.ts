/**
 * Links between hosts: in order and whole, as `ports/peer-links.ts` promises. A cut link closes at both ends at once; a clogged one
 * stays up in silence, and what it carries arrives when it flows again. What is under way when a link closes is lost. Of two copies of a
 * node each peer is linked with one; cuts and clogs are of names, so of both.
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

/** Two copies of one node, and the places from which its name leads to the second. */
export interface Twins {
  readonly first: Host
  readonly second: Host
  readonly reachedFrom: ReadonlySet<string>
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
  /** Names that two hosts have. */
  readonly #twins = new Map<NodeId, Twins>()
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

  /** From now on each peer is linked with the copy that it reaches, and no longer with the other. */
  route(twins: Twins, peers: Iterable<Host>): void {
    const { first, second } = twins
    this.#twins.set(second.node, twins)
    for (const peer of peers) {
      const reached = this.#reached(peer, first)
      this.close(peer, reached === first ? second : first)
      this.open(peer, reached)
    }
  }

  open(a: Host, b: Host): void {
    if (a.node === b.node || !a.alive || !b.alive || this.isSilent(a.node, b.node)) return
    if (this.#reached(a, b) !== b || this.#reached(b, a) !== a) return
    const key = pair(a.place, b.place)
    if (this.#links.has(key)) return
    this.#links.set(key, { ends: [a, b], open: true, arrival: [0, 0], waiting: [[], []] })
    this.#ports.opened(a, b)
    this.#ports.opened(b, a)
  }

  close(a: Host, b: Host): void {
    const key = pair(a.place, b.place)
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
    this.close(this.#reached(b, a), this.#reached(a, b))
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
    const [one, other] = [this.#reached(b, a), this.#reached(a, b)]
    const link = this.#links.get(pair(one.place, other.place))
    if (link !== undefined) for (const waiting of link.waiting) for (const arrive of waiting.splice(0)) arrive()
    this.open(one, other)
  }

  send(from: Host, to: NodeId, message: PeerMessage): void {
    const link = this.#linkOf(from, to)
    if (link === undefined) return
    const arrives = this.#carry(message)
    this.#say(link, from, (receiver) => this.#ports.arrived(receiver, from.node, arrives))
  }

  /** What is no peer message: it fares as one would, and no codec is asked. */
  carry(from: Host, to: NodeId, arrive: (receiver: Host) => void): void {
    const link = this.#linkOf(from, to)
    if (link !== undefined) this.#say(link, from, arrive)
  }

  #say(link: Link, from: Host, arrive: (receiver: Host) => void): void {
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

  /** Who answers to the name of `to` where `from` stands. */
  #reached(from: Host, to: Host): Host {
    if (this.#twins.size === 0) return to
    const twins = this.#twins.get(to.node)
    if (twins === undefined) return to
    return twins.reachedFrom.has(from.place) ? twins.second : twins.first
  }

  #linkOf(from: Host, to: NodeId): Link | undefined {
    const twins = this.#twins.size === 0 ? undefined : this.#twins.get(to)
    return this.#links.get(pair(from.place, twins?.reachedFrom.has(from.place) ? twins.second.place : to))
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
