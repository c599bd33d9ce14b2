import { join, resolve } from 'node:path'
import { RECORDS_AND_TRANSFERS } from '@baton/shared/core/ledger/records-and-transfers'
import { exportPrivateJwk, exportPrivatePem, generateKeyPair, type KeyPair } from '@baton/shared/crypto/keys'
import { signStatement } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import {
  type ClusterPolicy,
  type Genesis,
  type GenesisAudit,
  type MajorityArbiter,
  POLICY_DEFAULTS,
  TIMING_PRESETS,
  type TimingPreset,
} from '@baton/shared/genesis'
import { parseGenesis } from '@baton/shared/genesis-schema'
import type { ClusterId, NetworkId, NodeId, SiteId, UnixMs } from '@baton/shared/ids'
import { createX509 } from '../identity/x509-create.ts'
import { x509FileOf } from '../identity/x509-file.ts'
import type { AddressOf } from './addresses.ts'
import { configText, type NodeSettings } from './config-text.ts'
import { type ClusterPlan, checkPlan, type NodePlan } from './plan.ts'
import { systemdUnit } from './systemd-unit.ts'
import { type FileToWrite, writeNewFiles } from './write-files.ts'

export interface NetworkOptions {
  readonly network: string
  /** Folder to write into; must not hold any of the files yet. */
  readonly out: string
  readonly clusters: readonly ClusterPlan[]
  readonly addressOf: AddressOf
  readonly authorityUrl: string
  /** Genesis policy of every cluster; default `lan`. */
  readonly preset?: TimingPreset
  /** Single values of the policy over the preset. */
  readonly policy?: Partial<ClusterPolicy>
  readonly heartbeatBlockMs?: number
  /** NW5: how errors of masters count; what is not said is the default. */
  readonly audit?: GenesisAudit
  readonly settings?: NodeSettings
  readonly now?: number
}

/** Absolute paths of everything that was written. */
export interface NetworkFiles {
  readonly folder: string
  readonly genesis: Genesis
  readonly genesisFile: string
  /** JWK, secret: goes into the control plane. */
  readonly authorityKeyFile: string
  /** PKCS#8 PEM, secret: stay with the members. */
  readonly owners: readonly { readonly cluster: ClusterId; readonly keyFile: string }[]
  readonly nodes: readonly NodeFiles[]
}

export interface NodeFiles {
  readonly node: NodeId
  readonly cluster: ClusterId
  readonly site: SiteId
  readonly founder: boolean
  readonly folder: string
  readonly configFile: string
  readonly keyFile: string
  readonly certificateFile: string
  readonly dataFolder: string
  /** Advertised `host:port`. */
  readonly peerAddress: string
  readonly apiAddress: string
}

const CERTIFICATE_FILE = 'node.certificate.jws'
const YEAR_MS = 365 * 24 * 60 * 60 * 1_000
/** ID8: how long node and authority together may extend a certificate without its owner. */
const RENEWAL_YEARS = 5

/**
 * Makes a network: genesis, authority key, one owner key per cluster, and for every node a folder with key, certificate
 * (one year), configuration and systemd unit that can be copied to its host. Private keys have mode 0600.
 * @throws BatonError BAD_REQUEST for a plan that cannot be, GENESIS_INVALID for timings that cannot, CONFIG_INVALID when a file exists, STORAGE_FAILED
 */
export async function createNetwork(options: NetworkOptions): Promise<NetworkFiles> {
  checkPlan(options.network, options.clusters)
  const folder = resolve(options.out)
  const now = options.now ?? Date.now()
  const authority = await generateKeyPair()
  const owners = await Promise.all(options.clusters.map(() => generateKeyPair()))
  const places = await placeNodes(options)
  const genesis = describe(options, places, authority, owners, now)
  const genesisText = `${JSON.stringify(genesis, null, 2)}\n`
  const checked = parseGenesis(genesisText)
  if (!checked.ok) throw new BatonError(checked.code, checked.why, { remedy: 'change the timings or the policy' })

  const files: FileToWrite[] = [
    { path: 'genesis.json', content: genesisText },
    { path: 'authority/authority.key.json', content: await exportPrivateJwk(authority), secret: true },
  ]
  const nodes: NodeFiles[] = []
  for (const [at, { cluster }] of options.clusters.entries()) {
    const owner = owners[at]!
    files.push({ path: `owners/${cluster}.key.pem`, content: await exportPrivatePem(owner), secret: true })
    for (const place of places.filter((candidate) => candidate.cluster === cluster)) {
      files.push(...(await nodeFiles(options, place, places, { owner, genesisText, now })))
      nodes.push(describeNode(folder, place))
    }
  }
  writeNewFiles(folder, files)
  return {
    folder,
    genesis,
    genesisFile: join(folder, 'genesis.json'),
    authorityKeyFile: join(folder, 'authority/authority.key.json'),
    owners: options.clusters.map(({ cluster }) => ({
      cluster: cluster as ClusterId,
      keyFile: join(folder, `owners/${cluster}.key.pem`),
    })),
    nodes,
  }
}

interface Place extends NodePlan {
  readonly cluster: string
  readonly founder: boolean
  readonly addresses: ReturnType<AddressOf>
  readonly keys: KeyPair
}

async function placeNodes({ clusters, addressOf }: NetworkOptions): Promise<readonly Place[]> {
  const flat = clusters.flatMap(({ cluster, nodes }) =>
    nodes.map((plan, at) => ({ ...plan, cluster, founder: at === 0 })),
  )
  return Promise.all(
    flat.map(async (place, index) => ({ ...place, addresses: addressOf(place, index), keys: await generateKeyPair() })),
  )
}

function describe(
  options: NetworkOptions,
  places: readonly Place[],
  authority: KeyPair,
  owners: readonly KeyPair[],
  now: number,
): Genesis {
  const timing = TIMING_PRESETS[options.preset ?? 'lan']
  const masterTtlMs = options.policy?.masterTtlMs ?? timing.masterTtlMs
  return {
    format: 'baton-genesis/1',
    network: options.network as NetworkId,
    createdAt: new Date(now).toISOString(),
    authorityKeys: [authority.publicKey],
    application: RECORDS_AND_TRANSFERS,
    heartbeatBlockMs: options.heartbeatBlockMs ?? 10_000,
    ...(options.audit === undefined ? {} : { audit: options.audit }),
    clusters: options.clusters.map(({ cluster, nodes, arbiter }, at) => ({
      cluster: cluster as ClusterId,
      ownerKeys: [owners[at]!.publicKey],
      founder: nodes[0]!.node as NodeId,
      policy: {
        ...timing,
        ...POLICY_DEFAULTS,
        startupGraceMs: 2 * masterTtlMs,
        durability: 'preferred',
        syncReplicas: Math.min(1, nodes.length - 1),
        ...options.policy,
      },
      ...(arbiter === 'majority' ? { arbiter: membersOf(places, cluster) } : {}),
    })),
  }
}

function membersOf(places: readonly Place[], of: string): MajorityArbiter {
  const members = places.filter(({ cluster }) => cluster === of)
  return { kind: 'majority', members: members.map(({ node, keys }) => ({ node: node as NodeId, key: keys.publicKey })) }
}

async function nodeFiles(
  options: NetworkOptions,
  place: Place,
  places: readonly Place[],
  { owner, genesisText, now }: { owner: KeyPair; genesisText: string; now: number },
): Promise<FileToWrite[]> {
  const { keys: pair } = place
  const certificate = await signStatement(
    'certificate',
    {
      network: options.network as NetworkId,
      cluster: place.cluster as ClusterId,
      node: place.node as NodeId,
      key: pair.publicKey,
      site: place.site as SiteId,
      issuedAt: now as UnixMs,
      expiresAt: (now + YEAR_MS) as UnixMs,
      renewUntil: (now + RENEWAL_YEARS * YEAR_MS) as UnixMs,
    },
    owner.privateKey,
  )
  const x509 = await createX509(pair, certificate)
  const config = configText({
    ...place,
    network: options.network,
    authorityUrl: options.authorityUrl,
    peers: places.map(({ node, cluster, addresses }) => ({ node, cluster, address: addresses.advertise.peer })),
    settings: options.settings ?? {},
  })
  const inFolder = (name: string) => `nodes/${place.node}/${name}`
  return [
    { path: inFolder('genesis.json'), content: genesisText },
    { path: inFolder('node.key.json'), content: await exportPrivateJwk(pair), secret: true },
    { path: inFolder(CERTIFICATE_FILE), content: certificate },
    { path: x509FileOf(inFolder(CERTIFICATE_FILE)), content: x509 },
    { path: inFolder('baton.toml'), content: config },
    { path: inFolder('baton.service'), content: systemdUnit(options.network, place.node) },
  ]
}

function describeNode(folder: string, place: Place): NodeFiles {
  const own = join(folder, 'nodes', place.node)
  return {
    node: place.node as NodeId,
    cluster: place.cluster as ClusterId,
    site: place.site as SiteId,
    founder: place.founder,
    folder: own,
    configFile: join(own, 'baton.toml'),
    keyFile: join(own, 'node.key.json'),
    certificateFile: join(own, CERTIFICATE_FILE),
    dataFolder: join(own, 'data'),
    peerAddress: place.addresses.advertise.peer,
    apiAddress: place.addresses.advertise.api,
  }
}
