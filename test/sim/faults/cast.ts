/** Who plays which part in a fault. */
import type { Host } from '../../support/world/host.ts'
import type { Random } from '../../support/world/random.ts'
import type { Stage } from './stage.ts'

/** A living master, and another living node of its recorded sync set. Null when the cluster drawn has none. */
export function masterAndStandby(
  stage: Stage,
  random: Random,
): { readonly master: Host; readonly standby: Host } | null {
  const { cluster } = stage.victim(random)
  const master = stage.world.masterOf(cluster)
  const standbys = stage.world
    .nodesOf(cluster)
    .filter((host) => host.alive && host !== master && syncSetOf(stage, cluster).includes(host.node))
  return master === null || standbys.length === 0 ? null : { master, standby: random.pick(standbys) }
}

export function syncSetOf(stage: Stage, cluster: Host['cluster']): readonly string[] {
  const { registry } = stage.world.authorities.get(cluster)!.state
  return registry.status === 'founded' ? registry.syncSet : []
}
