/** The genesis of a world and the configuration of its nodes. */

import type { AuditPolicy } from '@baton/shared/core/audit/policy'
import { LAN_TIMEOUTS } from '@baton/shared/core/consensus/timeouts'
import type { Application } from '@baton/shared/core/ledger/application'
import type { CoreNodeConfig } from '@baton/shared/core/node/state'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { ClusterPolicy, Genesis } from '@baton/shared/genesis'
import { POLICY_DEFAULTS } from '@baton/shared/genesis'
import type { ClusterId, Ms, NetworkId, NodeId, SiteId } from '@baton/shared/ids'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import type { Slander } from './directory.ts'
import type { Host } from './host.ts'
import type { WorldObserver } from './observer.ts'

export interface WorldOptions {
  readonly clusters: number
  readonly nodes: number
  /** Two companies, when not given. */
  readonly layout?: 'two-company' | 'four-company'
  readonly seed?: number
  readonly heartbeatBlockMs?: number
  readonly durability?: 'preferred' | 'required'
  readonly syncReplicas?: number
  /** Instead of the defaults of genesis. */
  readonly policy?: Partial<ClusterPolicy>
  /** So many clusters, the first ones, are their own arbiter (MJ1); they have three nodes or more. */
  readonly majorities?: number
  /** Of the directory's audit, instead of the defaults. */
  readonly audit?: Partial<AuditPolicy>
  /** The longest commit; 0: commits take no time. */
  readonly commitMs?: number
  /** The longest delay of a message beside the least one; most have far less. */
  readonly jitterMs?: number
  /** Messages on peer links go through the real codec; the default. */
  readonly codec?: boolean
  /** Acts are signed with real Ed25519 instead of a keyed hash. */
  readonly ed25519?: boolean
  /** Nodes that stop on an assertion of the core are no breach. */
  readonly failsQuietly?: boolean
  readonly observer?: WorldObserver
  /** What a lying master reports to the directory. */
  readonly slander?: Slander
  /** What is said in place of a message, or nothing: a node that lies. */
  readonly tamper?: (host: Host, to: NodeId, message: PeerMessage) => PeerMessage | null
}

const BUCKETS = 256

export function genesisOf(options: WorldOptions): Genesis {
  const policy = {
    heartbeatMs: 50,
    suspectAfterMs: 500,
    masterTtlMs: 1_000,
    ...POLICY_DEFAULTS,
    // These worlds live for seconds, and hand over to and fro (EL8).
    settleTimeMs: 100,
    ...options.policy,
    startupGraceMs: 2_000,
    durability: options.durability ?? 'preferred',
    syncReplicas: options.syncReplicas ?? 1,
  }
  return {
    format: 'baton-genesis/1',
    network: 'world' as NetworkId,
    createdAt: '2026-01-01T00:00:00Z',
    authorityKeys: [],
    application: 'records-and-transfers',
    heartbeatBlockMs: options.heartbeatBlockMs ?? 10_000,
    clusters: Array.from({ length: options.clusters }, (_, i) => {
      const cluster = `c${i + 1}` as ClusterId
      return { cluster, ownerKeys: [], founder: `${cluster}-n1` as NodeId, policy }
    }),
  }
}

/**
 * DESIGN section 9. Two companies: standby at the other site, the others at home. Four companies, their sites in a ring: master at home,
 * standby at the next site, ordinary node at the one after.
 */
export function siteOf({ layout, clusters }: WorldOptions, cluster: number, node: number): SiteId {
  if (layout === 'four-company') return RING[(Math.floor((4 * cluster) / clusters) + node) % RING.length] as SiteId
  const home = cluster < clusters / 2 ? 0 : 1
  return RING[node === 1 ? 1 - home : home] as SiteId
}

const RING = ['x', 'y', 'z', 'w'] as const

export function originOf({ network, clusters }: Genesis, application: Application) {
  const genesis = sha256(Buffer.from('genesis of the world'))
  return { network, genesis, clusters: clusters.map(({ cluster }) => cluster), application, buckets: BUCKETS }
}

export function coreConfigOf(genesis: Genesis, host: Host, hosts: Iterable<Host>): CoreNodeConfig {
  const { policy } = genesis.clusters.find(({ cluster }) => cluster === host.cluster)!
  return {
    genesis,
    clusters: genesis.clusters.map(({ cluster }) => cluster).sort(),
    election: {
      network: genesis.network,
      cluster: host.cluster,
      node: host.node,
      site: host.site,
      priority: 0,
      noFailover: false,
      heartbeatMs: policy.heartbeatMs as Ms,
      suspectAfterMs: policy.suspectAfterMs as Ms,
      masterTtlMs: policy.masterTtlMs as Ms,
      recoverAfterMs: policy.recoverAfterMs as Ms,
    },
    guard: {
      self: host.node,
      durability: policy.durability,
      syncReplicas: policy.syncReplicas,
      suspectAfter: policy.suspectAfterMs as Ms,
    },
    timeouts: LAN_TIMEOUTS,
    heartbeatBlockMs: genesis.heartbeatBlockMs,
    sites: new Map([...hosts].map(({ node, site }) => [node, site])),
  }
}
