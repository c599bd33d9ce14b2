/** Disks that are emptied, damaged, full, slow, or do not sync. */
import type { Host } from '../../support/world/host.ts'
import type { Fault, Stage } from './stage.ts'

export const diskFaults = {
  wipe: {
    weight: 0.15,
    strike: (stage, random) => {
      const host = stage.victim(random)
      if (!mayForget(stage, host)) return null
      if (host.alive) stage.world.kill(host.node)
      stage.world.wipe(host.node)
      stage.during(random.between(0, 500), () => stage.world.start(host.node))
      return host.node
    },
  },
  damage: {
    weight: 0.15,
    strike: (stage, random) => {
      const host = stage.victim(random)
      if (!mayForget(stage, host)) return null
      if (host.alive) stage.world.kill(host.node)
      const { base, entries } = host.disk
      const torn = stage.world.damage(host.node, base.index + 1 + random.integer(Math.max(1, entries.length)))
      stage.during(random.between(0, 500), () => stage.world.start(host.node))
      return torn ? host.node : `${host.node}, whose log is empty`
    },
  },
  syncFails: {
    weight: 0.2,
    strike: (stage, random) => {
      const host = stage.victim(random)
      if (!stage.mayFail(host)) return null
      host.diskFault = 'syncFails'
      stage.during(random.between(100, 4_000), () => {
        host.diskFault = 'none'
        stage.world.start(host.node)
      })
      return host.node
    },
  },
  diskFull: {
    weight: 0.1,
    strike: (stage, random) => {
      const host = stage.victim(random)
      if (!stage.mayFail(host)) return null
      host.diskFault = 'full'
      const tries = () => {
        if (host.diskFault !== 'full') return
        stage.world.start(host.node)
        stage.soon(400, tries)
      }
      stage.soon(400, tries)
      stage.during(random.between(500, 4_000), () => {
        host.diskFault = 'none'
        stage.world.start(host.node)
      })
      return host.node
    },
  },
  slowDisk: {
    weight: 0.2,
    strike: (stage, random) => {
      const host = stage.victim(random)
      host.diskSlowness = random.pick([5, 50, 1_000])
      stage.during(random.between(200, 4_000), () => {
        host.diskSlowness = 1
      })
      return `${host.node}, ${host.diskSlowness} times`
    },
  },
} satisfies Record<string, Fault>

/**
 * A disk may be lost as long as another node of its cluster that could be granted the next epoch keeps what is held; that of a node outside the
 * sync set while anybody has a log. A cluster all of whose disks are empty is the operator's case. So is a network of one cluster whose registry is
 * restored: who is in its sync set, the restored copy does not know, and nobody else has heard its votes (RG6).
 */
export function mayForget(stage: Stage, host: Host): boolean {
  if (host.alive && !stage.mayFail(host)) return false
  const { registry } = stage.world.authorities.get(host.cluster)!.state
  if (registry.status !== 'founded') return false
  const unsure = registry.frozen !== null || registry.restore !== null
  if (unsure && stage.world.genesis.clusters.length === 1) return false
  const counted = registry.syncSet.includes(host.node) || isPending(stage, host)
  const remembers = (other: Host) => other !== host && other.remembers
  if (!counted) return stage.world.nodesOf(host.cluster).some(remembers)
  return registry.syncSet.some((node) => remembers(stage.world.host(node)))
}

function isPending(stage: Stage, { cluster, node }: Host): boolean {
  return stage.world.nodesOf(cluster).some(({ disk, state }) => {
    const role = state.guard.role
    const inMemory = role.role === 'leading' && role.required.pending.includes(node)
    return inMemory || (disk.required?.pending.includes(node) ?? false)
  })
}
