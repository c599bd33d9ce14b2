import type { Genesis } from '@baton/shared/genesis'
import type { PartialConfig } from './partial.ts'
import type { Problem } from './problems.ts'

/** Durability and standbys: with each other, with the genesis policy, with the nodes there are. */
export function checkReplication(config: PartialConfig, genesis: Genesis | null): Problem[] {
  const problems: Problem[] = []
  const policy = genesis?.clusters.find(({ cluster }) => cluster === config.cluster)?.policy
  const written = config.replication ?? {}
  const durability = written.durability ?? policy?.durability
  const syncReplicas = written.syncReplicas ?? policy?.syncReplicas
  const path = ['replication', written.syncReplicas === undefined ? 'durability' : 'syncReplicas']
  if (durability === 'required' && syncReplicas === 0) {
    problems.push({
      path,
      message: 'syncReplicas = 0 contradicts durability = "required": it needs at least 1 standby',
    })
  }
  if (policy !== undefined && written.durability !== undefined && written.durability !== policy.durability) {
    problems.push({
      path: ['replication', 'durability'],
      message: `durability = "${written.durability}" must equal the genesis policy of cluster ${config.cluster}, durability = "${policy.durability}"`,
    })
  }
  if (written.syncReplicas !== undefined && config.peers !== undefined) {
    const others = config.peers.filter((peer) => peer.cluster === config.cluster && peer.node !== config.node).length
    if (written.syncReplicas > others) {
      problems.push({
        path: ['replication', 'syncReplicas'],
        message: `syncReplicas = ${written.syncReplicas} must be at most the number of other nodes of cluster ${config.cluster} in [[peers]] (${others})`,
      })
    }
  }
  return problems
}
