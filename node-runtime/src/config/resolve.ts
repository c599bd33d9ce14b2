import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, Ms, NodeId, SiteId } from '@baton/shared/ids'
import { formatAddress, parseAddress } from './address.ts'
import { consensusDefaults } from './consensus-defaults.ts'
import { APPLICATION_FILE, type RawConfig } from './schema.ts'
import { timingOf } from './timing.ts'
import type { Address, NodeConfig } from './types.ts'

/** Fills in every default. The input has passed the schema and all relations. */
export function resolveConfig(raw: RawConfig, file: string, genesis: Genesis): NodeConfig {
  const folder = dirname(file)
  const policy = genesis.clusters.find(({ cluster }) => cluster === raw.cluster)!.policy
  const timing = timingOf(raw, genesis).value
  const peer = parseAddress(raw.listen.peer) as Address
  const api = parseAddress(raw.listen.api) as Address
  return {
    file,
    node: raw.node as NodeId,
    cluster: raw.cluster as ClusterId,
    site: raw.site as SiteId,
    dataFolder: resolve(folder, raw.data),
    genesisFile: resolve(folder, raw.genesis),
    genesis,
    keyFile: resolve(folder, raw.key),
    certificateFile: resolve(folder, raw.certificate),
    listen: { peer, api },
    advertise: {
      peer: raw.advertise?.peer ?? formatAddress(peer),
      api: raw.advertise?.api ?? formatAddress(api),
    },
    authorityUrl: raw.authority.url.replace(/\/+$/, ''),
    peers: (raw.peers ?? [])
      .filter(({ node }) => node !== raw.node)
      .map(({ node, cluster, address }) => ({ node: node as NodeId, cluster: cluster as ClusterId, address })),
    timing: {
      preset: raw.timing?.preset ?? 'genesis',
      heartbeatMs: timing.heartbeatMs as Ms,
      suspectAfterMs: timing.suspectAfterMs as Ms,
      masterTtlMs: timing.masterTtlMs as Ms,
    },
    durability: raw.replication?.durability ?? policy.durability,
    syncReplicas: raw.replication?.syncReplicas ?? policy.syncReplicas,
    priority: raw.election?.priority ?? 100,
    noFailover: raw.election?.noFailover ?? false,
    consensus: consensusDefaults(timing.heartbeatMs!, raw.consensus ?? {}),
    application: genesis.application,
    applicationFile: APPLICATION_FILE.test(raw.application ?? '') ? resolve(folder, raw.application!) : null,
    voteJournal: raw.debug?.voteJournal ?? false,
    injectFsyncMs: (raw.debug?.injectFsyncMs ?? 0) as Ms,
    log: { level: raw.log?.level ?? 'info' },
    alerts:
      raw.alerts === undefined
        ? null
        : { url: raw.alerts.webhook, secret: readFileSync(resolve(folder, raw.alerts.secret), 'utf8').trim() },
  }
}
