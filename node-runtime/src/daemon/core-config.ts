/** The part of the configuration that the machines need. */
import { assert } from '@baton/shared/assert'
import type { CoreNodeConfig } from '@baton/shared/core/node/state'
import type { Ms } from '@baton/shared/ids'
import type { NodeConfig } from '../config/types.ts'

export function coreConfig(config: NodeConfig): CoreNodeConfig {
  const { genesis, timing, consensus } = config
  return {
    genesis,
    clusters: genesis.clusters.map(({ cluster }) => cluster).sort(),
    election: {
      network: genesis.network,
      cluster: config.cluster,
      node: config.node,
      site: config.site,
      priority: config.priority,
      noFailover: config.noFailover,
      heartbeatMs: timing.heartbeatMs,
      suspectAfterMs: timing.suspectAfterMs,
      masterTtlMs: timing.masterTtlMs,
      recoverAfterMs: recoverAfterOf(config),
    },
    guard: {
      self: config.node,
      durability: config.durability,
      syncReplicas: config.syncReplicas,
      suspectAfter: timing.suspectAfterMs,
    },
    timeouts: {
      proposeMs: consensus.proposeMs,
      proposeDeltaMs: consensus.proposeStepMs,
      prevoteMs: consensus.prevoteMs,
      prevoteDeltaMs: consensus.prevoteStepMs,
      precommitMs: consensus.precommitMs,
      precommitDeltaMs: consensus.precommitStepMs,
    },
    heartbeatBlockMs: genesis.heartbeatBlockMs,
    sites: new Map(),
  }
}

/** One value for the whole cluster: the authority waits as long (RG6). */
function recoverAfterOf({ genesis, cluster }: NodeConfig): Ms {
  const own = genesis.clusters.find((one) => one.cluster === cluster)
  assert(own !== undefined, `the genesis does not name the cluster ${cluster}`)
  return own.policy.recoverAfterMs as Ms
}
