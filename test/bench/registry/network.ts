/** Networks with real keys and certificates, made before anything is measured, each behind a control plane of its own. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { exportPrivateJwk, generateKeyPair, type KeyPair } from '@baton/shared/crypto/keys'
import { signStatement } from '@baton/shared/crypto/statements'
import { type Genesis, type GenesisCluster, POLICY_DEFAULTS, TIMING_PRESETS } from '@baton/shared/genesis'
import type { ClusterId, Jws, NetworkId, NodeId, SiteId, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { freePorts } from '../../../node-runtime/src/demo/free-ports.ts'
import {
  bundleWorker,
  type LocalAuthority,
  startLocalAuthority,
} from '../../../node-runtime/src/demo/local-authority.ts'

export const NODES_PER_CLUSTER = 4

export interface Identity {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly node: NodeId
  readonly keys: KeyPair
  readonly certificate: Jws
}

export interface Member {
  readonly cluster: GenesisCluster
  /** The founder first. */
  readonly nodes: readonly Identity[]
  /** Of a viewer: it reads the counters. */
  readonly viewer: Jws
}

export interface MeasuredNetwork {
  readonly genesis: Genesis
  readonly members: readonly Member[]
  readonly authority: LocalAuthority
  readonly databases: string
}

const HOUR_MS = 3_600_000

/**
 * A genesis has at most `LIMITS.clusters` clusters, so many nodes are several networks. Each control plane is a workerd of its own, as each
 * network has a deployment of its own.
 */
export async function startNetworks(clusters: number, folder: string): Promise<readonly MeasuredNetwork[]> {
  const count = Math.ceil(clusters / LIMITS.clusters)
  const workerScript = join(folder, 'worker.js')
  await bundleWorker(workerScript)
  const ports = await freePorts(count)
  const networks: MeasuredNetwork[] = []
  for (const [at, port] of ports.entries()) {
    const size = Math.floor(clusters / count) + (at < clusters % count ? 1 : 0)
    networks.push(await startNetwork(`n${at + 1}` as NetworkId, size, { port, workerScript, folder }))
  }
  return networks
}

interface Place {
  readonly port: number
  readonly workerScript: string
  readonly folder: string
}

async function startNetwork(network: NetworkId, size: number, place: Place): Promise<MeasuredNetwork> {
  const key = await generateKeyPair()
  const members = await Promise.all(
    Array.from({ length: size }, (_, at) => makeMember(network, `c${at + 1}` as ClusterId)),
  )
  const genesis: Genesis = {
    format: 'baton-genesis/1',
    network,
    createdAt: new Date().toISOString(),
    authorityKeys: [key.publicKey],
    application: 'ledger',
    heartbeatBlockMs: 10_000,
    clusters: members.map(({ cluster }) => cluster),
  }
  const persistFolder = join(place.folder, network)
  const authority = await startLocalAuthority({
    port: place.port,
    persistFolder,
    genesis,
    authorityKeyJwk: await exportPrivateJwk(key),
    workerScript: place.workerScript,
  })
  return { genesis, members, authority, databases: join(persistFolder, 'databases') }
}

async function makeMember(network: NetworkId, cluster: ClusterId): Promise<Member> {
  const owner = await generateKeyPair()
  const validity = { issuedAt: Date.now() as UnixMs, expiresAt: (Date.now() + 24 * HOUR_MS) as UnixMs }
  const nodes = Array.from({ length: NODES_PER_CLUSTER }, async (_, at): Promise<Identity> => {
    const keys = await generateKeyPair()
    const named = { network, cluster, node: `${cluster}-n${at + 1}` as NodeId }
    const certified = { ...named, key: keys.publicKey, site: (at % 2 === 0 ? 'x' : 'y') as SiteId, ...validity }
    return { ...named, keys, certificate: await signStatement('certificate', certified, owner.privateKey) }
  })
  const viewer = { network, cluster, name: 'bench', role: 'viewer', id: 'bench', ...validity } as const
  const masterTtlMs = TIMING_PRESETS.lan.masterTtlMs
  return {
    cluster: {
      cluster,
      ownerKeys: [owner.publicKey],
      founder: `${cluster}-n1` as NodeId,
      policy: {
        ...TIMING_PRESETS.lan,
        ...POLICY_DEFAULTS,
        startupGraceMs: 2 * masterTtlMs,
        durability: 'preferred',
        syncReplicas: 1,
      },
    },
    nodes: await Promise.all(nodes),
    viewer: await signStatement('operatorToken', viewer, owner.privateKey),
  }
}

/** Of all databases of a network, write-ahead logs included. */
export function storedBytes({ databases }: MeasuredNetwork): number {
  const files = readdirSync(databases, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}
