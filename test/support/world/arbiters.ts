/** What keeps the registry of each cluster of a world: an authority at the edge, or its members (MJ1). */
import type { RegistryInput, RegistryStep } from '@baton/shared/core/registry/messages'
import type { RegistryState } from '@baton/shared/core/registry/types'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, NodeId } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import { EdgeAuthority, type WorldAuthority } from './authority.ts'
import type { WorldDirectory } from './directory.ts'
import type { Edge } from './edge.ts'
import type { Host } from './host.ts'
import type { Links } from './links.ts'
import { type MajorityPorts, WorldMajority } from './majority.ts'
import type { WorldOptions } from './network.ts'
import type { Random } from './random.ts'
import type { Schedule } from './schedule.ts'
import type { Watch } from './watch.ts'

export interface ArbiterPorts extends Pick<MajorityPorts, 'failed' | 'stopped'> {
  readonly schedule: Schedule
  readonly watch: Watch
  readonly hosts: ReadonlyMap<NodeId, Host>
  readonly authorities: Map<ClusterId, WorldAuthority>
  readonly links: Links
  readonly edge: Edge
  readonly directory: () => WorldDirectory
  /** How long the commits of members take. */
  readonly seats: Random
}

/** Clusters whose members are their own arbiter. */
export class Majorities {
  readonly #of: ReadonlyMap<ClusterId, WorldMajority>

  constructor(of: ReadonlyMap<ClusterId, WorldMajority>) {
    this.#of = of
  }

  of({ cluster }: Host): WorldMajority | undefined {
    return this.#of.get(cluster)
  }

  link(host: Host, peer: Host, up: boolean): void {
    if (host.cluster === peer.cluster) this.of(host)?.link(host, peer.node, up)
  }
}

/** Fills `authorities`. */
export function makeArbiters(genesis: Genesis, options: WorldOptions, ports: ArbiterPorts): Majorities {
  const { schedule, watch, hosts, authorities, links, edge, directory } = ports
  const { observer, nodes, majorities = 0 } = options
  const shared = {
    now: () => schedule.now,
    granted: (view: RegistryView) => {
      edge.broadcast(view)
      directory().learn(view)
    },
    stepped: (from: WorldAuthority, before: RegistryState, input: RegistryInput, step: RegistryStep) => {
      watch.registryStepped(from.cluster, before, input, step)
      observer?.registryStepped(from, before, input, step)
    },
  }
  const found = new Map<ClusterId, WorldMajority>()
  for (const [at, { cluster, founder, policy }] of genesis.clusters.entries()) {
    if (at >= majorities || nodes < 3) {
      const edgeOnly = {
        ...shared,
        after: (ms: number, run: () => void) => schedule.after(ms, run),
        deliver: edge.deliver.bind(edge),
        dropped: edge.dropped.bind(edge),
      }
      authorities.set(cluster, new EdgeAuthority(genesis.network, cluster, founder, policy, edgeOnly))
      continue
    }
    const names = Array.from({ length: nodes }, (_, n) => `${cluster}-n${n + 1}` as NodeId)
    const majority = new WorldMajority(genesis.network, cluster, founder, policy, names, {
      ...shared,
      schedule,
      commitMs: () => (options.commitMs ?? 0) * ports.seats.next() ** 2,
      failed: ports.failed,
      stopped: ports.stopped,
      breach: (sentence) => watch.undecided(cluster, sentence),
      carry: (from, to, arrive) => links.carry(from, to, arrive),
      linked: (a, b) => hosts.has(a) && links.isOpen(a, b),
    })
    found.set(cluster, majority)
    authorities.set(cluster, majority)
  }
  return new Majorities(found)
}
