/** What is broken when a network is healed: each kind has its own time in which the network must go on again. */
import { unreachable } from '@baton/shared/assert'
import { LAN_TIMEOUTS, timeoutOf } from '@baton/shared/core/consensus/timeouts'
import { isLeading } from '@baton/shared/core/node/state'
import type { ClusterPolicy } from '@baton/shared/genesis'
import type { ClusterId, Round } from '@baton/shared/ids'
import type { World } from '../../support/world/world.ts'

/** From the worst to the least. A run has that of its worst cluster. */
export const DAMAGES = ['restore', 'recovery', 'failover', 'none'] as const
export type Damage = (typeof DAMAGES)[number]

/** Of the clusters that are waited for, when nothing is healed yet but the time of faults is over. */
export function damageOf(world: World, clusters: readonly ClusterId[]): Damage {
  const found = new Set(clusters.map((cluster) => damageOfCluster(world, cluster)))
  return DAMAGES.find((damage) => found.has(damage)) ?? 'none'
}

function damageOfCluster(world: World, cluster: ClusterId): Damage {
  const { registry } = world.authorities.get(cluster)!.state
  if (registry.status !== 'founded' || registry.frozen !== null || registry.restore !== null) return 'restore'
  const remembering = registry.syncSet.some((node) => {
    const { wiped, state } = world.host(node)
    return !wiped && state.resync === null
  })
  if (registry.recovery !== null || !remembering) return 'recovery'
  const master = world.host(registry.master)
  // One that has stood still over its disk may find that out only now, and resign (EL2).
  const works = master.alive && !master.frozen && master.diskSlowness === 1
  return works && isLeading(master.state) ? 'none' : 'failover'
}

/** Lost time that no policy names: retries, slow disks, delays of messages up to those that are drawn. */
const SLACK_MS = 3_000
/** The longest that `restore` (faults/operators.ts) waits for nodes that do not come. */
const RESTORE_GIVES_UP_MS = 20_000

export interface Circumstances {
  readonly policy: ClusterPolicy
  /** The highest that a master is in. */
  readonly round: number
  /** How long the slowest commit still takes that began before the disk was healed. */
  readonly stallMs: number
}

/**
 * In how much time, from the moment of healing, every cluster has one master and two more heights. Taken from the policy, generous and yet
 * telling: over 90 seeds runs took up to 1.4 s with `none`, 2.1 s with `failover`, 8.8 s (`recoverAfter` 5 s) with `recovery`.
 */
export function goesOnWithinMs(damage: Damage, { policy, round, stallMs }: Circumstances): number {
  const { suspectAfterMs, masterTtlMs, startupGraceMs, recoverAfterMs } = policy
  // The round that runs may just have begun, and the proposer of the next may be the one that is dead.
  const blocks = SLACK_MS + stallMs + roundMs(round) + roundMs(round + 1)
  const failover = blocks + suspectAfterMs + 2 * masterTtlMs + startupGraceMs
  // Silence of the sync set, then a word about votes elsewhere that is said every sixth of it, and asked for again.
  const recovery = failover + 2 * recoverAfterMs
  switch (damage) {
    case 'none':
      return blocks
    case 'failover':
      return failover
    case 'recovery':
      return recovery
    case 'restore':
      return RESTORE_GIVES_UP_MS + recovery
    default:
      return unreachable(damage)
  }
}

/** The longer a network has stood still, the longer its timeouts; and a commit cannot be hurried. */
export function circumstancesOf(world: World): Circumstances {
  const { policy } = world.genesis.clusters[0]!
  const alive = [...world.hosts.values()].filter((host) => host.alive)
  const rounds = alive.map(({ state: { consensus } }) => (consensus.kind === 'running' ? consensus.round : 0))
  const stalls = alive.map(({ commitsUntil }) => commitsUntil - world.now)
  return { policy, round: Math.max(0, ...rounds), stallMs: Math.max(0, ...stalls) }
}

function roundMs(round: number): number {
  const kinds = ['propose', 'prevote', 'precommit'] as const
  return kinds.reduce((sum, kind) => sum + timeoutOf(LAN_TIMEOUTS, kind, round as Round), 0)
}
