/** Starts one node: opens what is on its disk, its links and its API, and runs its machine until it is stopped. */
import { randomBytes } from 'node:crypto'
import { genesisChain } from '@baton/shared/core/ledger/chain'
import { loadChain } from '@baton/shared/core/ledger/stored-chain'
import { openNode } from '@baton/shared/core/node/open'
import type { CoreNodeConfig } from '@baton/shared/core/node/state'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { genesisHash } from '@baton/shared/genesis-schema'
import type { Ms } from '@baton/shared/ids'
import type { Log } from '@baton/shared/ports/log'
import type { NodeConfig } from '../config/types.ts'

export interface RunningNode {
  /** Resolves when the node has ended by itself: a failed disk, a broken invariant. `process.exitCode` is set then. */
  readonly ended: Promise<void>
  /** Hands the mastership over first, then stops everything. */
  stop(): Promise<void>
}

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
    heartbeatBlockMs: genesis.heartbeatBlockMs as Ms,
    sites: new Map(),
  }
}
