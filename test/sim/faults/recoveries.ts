/** Clusters that lose their whole sync set: for a while, for ever, or only from everybody else's sight (section 6). */
import type { Host } from '../../support/world/host.ts'
import type { Fault, Stage } from './stage.ts'

export const recoveryFaults = {
  loseSyncSet: {
    weight: 0.06,
    strike: (stage, random) => {
      const { cluster } = stage.victim(random)
      const lost = syncSetOf(stage, cluster)
      const forMs = random.between(1_000, 12_000)
      for (const host of lost) if (host.alive) stage.kill(host, forMs * random.between(0.5, 1))
      return lost.length === 0 ? null : `${lost.map(({ node }) => node).join(' ')} for ${(forMs / 1_000).toFixed(1)} s`
    },
  },
  forgetSyncSet: {
    weight: 0.06,
    strike: (stage, random) => {
      const { cluster } = stage.victim(random)
      const lost = syncSetOf(stage, cluster)
      // Somebody outside it must be left to be granted (RG6); a cluster all of whose disks are empty is the operator's case.
      const outside = stage.world.nodesOf(cluster).some((host) => !lost.includes(host) && host.remembers)
      if (lost.length === 0 || !outside || !stage.mayForget(cluster)) return null
      for (const host of lost) {
        if (host.alive) stage.world.kill(host.node)
        stage.world.wipe(host.node)
        stage.during(random.between(0, 8_000), () => stage.world.start(host.node))
      }
      return lost.map(({ node }) => node).join(' ')
    },
  },
  hideSyncSet: {
    weight: 0.06,
    strike: (stage, random) => {
      const { cluster } = stage.victim(random)
      const hidden = new Set<string>(syncSetOf(stage, cluster).map(({ node }) => node))
      const fromForeign = random.chance(0.5)
      const forMs = random.between(1_000, 12_000)
      const pairs = [...hidden].flatMap((a) =>
        stage.hosts
          .filter((host) => !hidden.has(host.node) && (fromForeign || host.cluster === cluster))
          .map(({ node }) => [a, node] as const),
      )
      for (const [a, b] of pairs) stage.world.cut(a, b)
      for (const node of hidden) stage.world.cutEdge(node)
      stage.during(forMs, () => {
        for (const [a, b] of pairs) stage.world.mend(a, b)
        for (const node of hidden) stage.world.mendEdge(node)
      })
      return `${[...hidden].join(' ')} from the edge and ${fromForeign ? 'everybody' : 'their cluster'}`
    },
  },
} satisfies Record<string, Fault>

/** The recorded sync set, and what its master counts besides. */
function syncSetOf(stage: Stage, cluster: string): readonly Host[] {
  const hosts = stage.world.nodesOf(cluster)
  const { registry } = stage.world.authorities.get(hosts[0]!.cluster)!.state
  if (registry.status !== 'founded') return []
  const counted = hosts.flatMap(({ disk }) => disk.required?.pending ?? [])
  return hosts.filter(({ node }) => registry.syncSet.includes(node) || counted.includes(node))
}
