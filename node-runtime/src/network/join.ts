/**
 * ID3: a fresh host becomes a node of a running network. Every step looks first at what is there already, so that it may be done again
 * after a crash anywhere: the key is made once, the certificate of a key once, and the authority counts one use for both.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join as joinPath, resolve } from 'node:path'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { certificateExpired, peekCertificate, verifyChain } from '@baton/shared/crypto/certificate-chain'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { type OpenedJoinToken, readJoinToken } from '@baton/shared/crypto/join-token-text'
import { exportPrivateJwk, generateKeyPair, type KeyPair } from '@baton/shared/crypto/keys'
import { signStatement } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import { genesisHash } from '@baton/shared/genesis-schema'
import { isName, type Jws, type NodeId, type SiteId, type UnixMs } from '@baton/shared/ids'
import { formatAddress } from '../config/address.ts'
import { reasonOf } from '../config/genesis-file.ts'
import { replaceFile } from '../identity/durable-file.ts'
import { IdentityClient, type ListedNode } from '../identity/identity-client.ts'
import { readKeyFile } from '../identity/key-file.ts'
import { askNotices, keepNotices } from '../identity/known-notices.ts'
import { ensureX509File } from '../identity/x509-file.ts'
import type { NodeAddresses } from './addresses.ts'
import { configText, type NodeSettings } from './config-text.ts'
import { checkMayJoin } from './fixed-members.ts'
import { systemdUnit } from './systemd-unit.ts'

export interface JoinOptions {
  readonly token: string
  /** Folder of the node. */
  readonly folder: string
  readonly node?: string
  readonly site?: string
  readonly addresses: NodeAddresses
  readonly priority: number
  readonly settings?: NodeSettings
  /** Wall clock; default `Date.now`. */
  readonly now?: () => number
}

export interface Joined {
  readonly node: NodeId
  readonly cluster: string
  readonly site: SiteId
  readonly folder: string
  readonly configFile: string
  readonly expiresAt: UnixMs
  readonly usesLeft: number | null
}

const VALID_MS = 365 * 24 * 3_600_000

/**
 * Leaves a folder that `baton run` starts from.
 * @throws BatonError TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED_UP, NODE_EXISTS, GENESIS_INVALID, BAD_REQUEST, IDENTITY_INVALID, UNREACHABLE,
 *   STORAGE_FAILED
 */
export async function joinNetwork(options: JoinOptions): Promise<Joined> {
  const opened = await readJoinToken(options.token)
  if (!opened.ok) throw new BatonError(opened.code, opened.why)
  const token = opened.value
  const folder = resolve(options.folder)
  const { node, site } = namesOf(options, token)
  const client = new IdentityClient(token.authority, token.token.network)
  const genesis = await fetchGenesis(client, token)
  checkMayJoin(genesis, token.token.cluster)
  const { trust, statements } = await askNotices(client, genesis)
  makeFolder(folder)
  keepGenesis(joinPath(folder, 'genesis.json'), genesis)
  const keys = await ensureKey(joinPath(folder, 'node.key.json'))
  const certificateFile = joinPath(folder, 'node.certificate.jws')
  const certificate = await ensureCertificate(certificateFile, { genesis: trust, token, keys, node, site }, options.now)
  const { cluster, network } = token.token
  const request = await signStatement(
    'joinRequest',
    { network, cluster, node, certificate, at: (options.now ?? Date.now)() as UnixMs },
    keys.privateKey,
  )
  const { usesLeft } = await client.join(cluster, request)
  await ensureX509File(certificateFile, certificate, keys)
  const known = (await Promise.all(genesis.clusters.map((each) => client.nodes(each.cluster)))).flat()
  await keepNotices(genesis, joinPath(folder, 'data'), statements)
  writeConfig(folder, options, { genesis, token, node, site, known })
  const read = peekCertificate(certificate)
  if (!read.ok) throw new BatonError(read.code, read.why)
  const configFile = joinPath(folder, 'baton.toml')
  return { node, cluster, site, folder, configFile, expiresAt: read.value.expiresAt, usesLeft }
}

function namesOf({ node, site }: JoinOptions, { token }: OpenedJoinToken): { node: NodeId; site: SiteId } {
  const named = pick('node', node, token.node)
  const placed = pick('site', site, token.site)
  return { node: named as NodeId, site: placed as SiteId }
}

function pick(what: 'node' | 'site', given: string | undefined, allowed: string | undefined): string {
  const name = given ?? allowed
  if (name === undefined)
    throw new BatonError('BAD_REQUEST', `the token leaves the ${what} open: give it with --${what}`)
  if (!isName(name)) {
    throw new BatonError('BAD_REQUEST', `"${name}" is not a name: 1 to 63 lower-case letters, digits and inner hyphens`)
  }
  if (allowed === undefined || allowed === name) return name
  throw new BatonError('TOKEN_INVALID', `the token is for ${what} ${allowed}, not ${name}`)
}

/** What the authority says is believed only when its hash is the one in the token, which the owner copied from its own file. */
async function fetchGenesis(client: IdentityClient, token: OpenedJoinToken): Promise<Genesis> {
  const genesis = await client.genesis()
  if (genesisHash(sha256, genesis) === token.genesis && genesis.network === token.token.network) return genesis
  throw new BatonError('GENESIS_INVALID', `${token.authority} serves another genesis document than the token names`, {
    remedy:
      'let the owner make a token with the genesis.json of this network, and the address of its authentication node',
  })
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 })
  } catch (error) {
    throw new BatonError('STORAGE_FAILED', `${folder} cannot be made: ${reasonOf(error)}`, { cause: error })
  }
}

function keepGenesis(file: string, genesis: Genesis): void {
  const text = `${JSON.stringify(genesis, null, 2)}\n`
  if (!existsSync(file)) {
    replaceFile(file, text)
    return
  }
  if (readFileSync(file, 'utf8') === text) return
  throw new BatonError('GENESIS_INVALID', `${file} is of another network: this folder belongs to another node`, {
    remedy: 'choose another folder with --data',
  })
}

/** Mode 0600, on disk before anybody hears of its public half, and never made twice (ID2). */
async function ensureKey(file: string): Promise<KeyPair> {
  if (existsSync(file)) return readKeyFile(file)
  const pair = await generateKeyPair()
  replaceFile(file, await exportPrivateJwk(pair), true)
  return pair
}

interface Wanted {
  /** With the owner keys that count now. */
  readonly genesis: Trust
  readonly token: OpenedJoinToken
  readonly keys: KeyPair
  readonly node: NodeId
  readonly site: SiteId
}

/** The certificate that is there, if it is this one; else a new one, signed with the token's key. */
async function ensureCertificate(file: string, wanted: Wanted, now: () => number = Date.now): Promise<Jws> {
  const { genesis, token, keys, node, site } = wanted
  const at = Math.max(now(), token.token.issuedAt) as UnixMs
  const stored = existsSync(file) ? (readFileSync(file, 'utf8').trim() as Jws) : null
  if (stored !== null) {
    const chain = await verifyChain(genesis, stored)
    if (chain.ok && !certificateExpired(chain.value.certificate, at)) {
      const { certificate, token: under } = chain.value
      const same = certificate.node === node && certificate.site === site && certificate.key === keys.publicKey
      // Signed by the owner itself, or under this very token: an earlier token may have been used up.
      if (same && (under === null || under.id === token.token.id)) return stored
    }
  }
  if (at >= token.token.expiresAt) {
    throw new BatonError('TOKEN_EXPIRED', `the join token expired at ${new Date(token.token.expiresAt).toISOString()}`)
  }
  const { network, cluster } = token.token
  const payload = { network, cluster, node, key: keys.publicKey, site, issuedAt: at, token: token.statement }
  const expiresAt = (at + VALID_MS) as UnixMs
  const certificate = await signStatement('certificate', { ...payload, expiresAt }, token.keys.privateKey)
  const chain = await verifyChain(genesis, certificate)
  if (!chain.ok) throw new BatonError(chain.code, chain.why)
  replaceFile(file, certificate)
  return certificate
}

/** Written once: what an operator has changed since stays. */
function writeConfig(
  folder: string,
  { addresses, priority, settings }: JoinOptions,
  {
    genesis,
    token,
    node,
    site,
    known,
  }: Pick<Wanted, 'genesis' | 'token' | 'node' | 'site'> & { known: readonly ListedNode[] },
): void {
  const { cluster } = token.token
  const others = known.filter((each) => each.node !== node && !each.revoked)
  const peers = [
    ...others.map((each) => ({ node: each.node, cluster: each.cluster, address: each.peerAddress })),
    { node, cluster, address: addresses.advertise.peer },
  ]
  const authorityUrl = token.authority
  const config = configText({
    network: genesis.network,
    node,
    cluster,
    site,
    priority,
    addresses,
    authorityUrl,
    peers,
    settings: settings ?? {},
  })
  for (const [name, content] of [
    ['baton.service', systemdUnit(genesis.network, node)],
    // Last: a folder with a configuration is complete.
    ['baton.toml', config],
  ] as const) {
    const file = joinPath(folder, name)
    if (!existsSync(file)) replaceFile(file, content)
  }
}

/** On one host name: peers on `basePort`, clients on the next. A loopback address is listened on as it is. */
export function joinAddresses(host: string, basePort: number): NodeAddresses {
  const listenHost = /^(?:127\.|::1$|localhost$)/.test(host) ? host : '0.0.0.0'
  const at = (name: string) => ({
    peer: formatAddress({ host: name, port: basePort }),
    api: formatAddress({ host: name, port: basePort + 1 }),
  })
  return { listen: at(listenHost), advertise: at(host) }
}
