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
  clogged: boolean
  /** When the last message of each end arrives: the next one is not earlier. */
  readonly arrival: [number, number]
  /** What waits while the link is clogged. */
  readonly waiting: (() => void)[]
}

export interface LinksPorts {
  readonly schedule: Schedule
  /** Every message goes through the real codec: what it cannot carry would not arrive. */
  readonly codec: boolean
  readonly latencyMs: () => number
  readonly opened: (host: Host, peer: Host) => void
  readonly closed: (host: Host, peer: Host) => void
  readonly arrived: (host: Host, from: NodeId, message: PeerMessage) => void
}

export class Links {
  readonly #ports: LinksPorts
  readonly #links = new Map<string, Link>()
  readonly #cut = new Set<string>()
  readonly #clogged = new Set<string>()
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
    return this.isCut(a, b) || this.#clogged.has(pair(a, b))
  }

  /** A message would arrive soon. */
  flows(a: string, b: string): boolean {
    const link = this.#links.get(pair(a, b))
    return link !== undefined && !link.clogged
  }

  open(a: Host, b: Host): void {
    const key = pair(a.node, b.node)
    if (a === b || !a.alive || !b.alive || this.isSilent(a.node, b.node) || this.#links.has(key)) return
    this.#links.set(key, { ends: [a, b], open: true, clogged: false, arrival: [0, 0], waiting: [] })
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

  cut(a: Host, b: Host): void {
    this.#cut.add(pair(a.node, b.node))
    this.close(a, b)
  }

  clog(a: Host, b: Host): void {
    this.#clogged.add(pair(a.node, b.node))
    const link = this.#links.get(pair(a.node, b.node))
    if (link !== undefined) link.clogged = true
  }

  /** Ends a cut and a clog. */
  mend(a: Host, b: Host): void {
    const key = pair(a.node, b.node)
    this.#cut.delete(key)
    this.#clogged.delete(key)
    const link = this.#links.get(key)
    if (link?.clogged) {
      link.clogged = false
      for (const arrive of link.waiting.splice(0)) arrive()
    }
    this.open(a, b)
  }

  send(from: Host, to: NodeId, message: PeerMessage): void {
    const link = this.#links.get(pair(from.node, to))
    if (link === undefined) return
    const arrives = this.#carry(message)
    const end = link.ends[0] === from ? 0 : 1
    const receiver = link.ends[1 - end]!
    const { schedule, latencyMs, arrived } = this.#ports
    const at = Math.max(schedule.now + latencyMs(), link.arrival[end])
    link.arrival[end] = at
    const arrive = () => {
      if (!link.open) return
      if (link.clogged) link.waiting.push(arrive)
      else if (receiver.alive) arrived(receiver, from.node, arrives)
    }
    schedule.after(at - schedule.now, arrive)
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
