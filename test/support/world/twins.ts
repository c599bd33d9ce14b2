/**
 * Two copies of one node: one name, one key, one history up to the moment at which the machine was cloned, and from then on two processes
 * that know nothing of each other. What the two sign contradicts, so their cluster counts as one that lies.
 */
import type { ClusterId, NodeId } from '@baton/shared/ids'
import type { Host } from './host.ts'
import type { Links } from './links.ts'

export interface TwinsPorts {
  readonly links: () => Links
  /** By name: the first copies, and all others. */
  readonly hosts: ReadonlyMap<NodeId, Host>
  readonly nodesOf: (cluster: ClusterId) => readonly Host[]
  readonly kill: (host: Host) => void
  readonly start: (host: Host) => void
  /** A machine that nobody has heard of yet. */
  readonly machine: (like: Host, place: string) => Host
  /** What this cluster promises means nothing from now on. */
  readonly lies: (cluster: ClusterId) => void
}

export class TwinCopies {
  /** By name: the second copies. */
  readonly seconds = new Map<NodeId, Host>()
  readonly #ports: TwinsPorts

  constructor(ports: TwinsPorts) {
    this.#ports = ports
  }

  *everyone(): Iterable<Host> {
    yield* this.#ports.hosts.values()
    yield* this.seconds.values()
  }

  /** The process is stopped, its disk copied, and both begin. Peers at the places that `reachesSecond` names reach the second one. */
  make(first: Host, reachesSecond: (peer: Host) => boolean): Host {
    if (this.seconds.has(first.node)) throw new Error(`${first.node} has a twin`)
    const { kill, start, machine, nodesOf, lies } = this.#ports
    for (const host of nodesOf(first.cluster)) host.traitor = true
    lies(first.cluster)
    kill(first)
    const second = machine(first, `${first.node}'`)
    second.traitor = true
    second.disk = first.disk.copy()
    this.seconds.set(first.node, second)
    this.route(first, reachesSecond)
    start(first)
    start(second)
    return second
  }

  /** Who reaches which copy from now on. */
  route(first: Host, reachesSecond: (peer: Host) => boolean): void {
    const second = this.seconds.get(first.node)
    if (second === undefined) throw new Error(`${first.node} has no twin`)
    const peers = [...this.everyone()].filter(({ node }) => node !== first.node)
    const reachedFrom = new Set(peers.filter(reachesSecond).map(({ place }) => place))
    this.#ports.links().route({ first, second, reachedFrom }, peers)
  }
}
