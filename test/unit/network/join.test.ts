import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toBase64Url } from '@baton/shared/crypto/bytes'
import { verifyChain } from '@baton/shared/crypto/certificate-chain'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { writeJoinToken } from '@baton/shared/crypto/join-token-text'
import type { JoinToken } from '@baton/shared/crypto/statement-types'
import { peekStatement, signStatement } from '@baton/shared/crypto/statements'
import type { Genesis } from '@baton/shared/genesis'
import { genesisHash } from '@baton/shared/genesis-schema'
import type { Hash, Jws, NodeId, SiteId } from '@baton/shared/ids'
import { expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '../../../node-runtime/src/config/load.ts'
import { NodeNotices } from '../../../node-runtime/src/daemon/node-notices.ts'
import { type JoinOptions, joinAddresses, joinNetwork } from '../../../node-runtime/src/network/join.ts'
import {
  AUTHORITY,
  C1,
  C1A,
  C2,
  C2A,
  GENESIS,
  HASH_A,
  NODE,
  OUTSIDER,
  OWNER_C1,
  OWNER_C2,
  PAYLOADS,
} from '../../support/fixed-network.ts'

const AT = PAYLOADS.joinToken.issuedAt
const TOKEN: Partial<JoinToken> = { node: 'c1-n9' as NodeId, site: 'x' as SiteId }

interface Authority {
  readonly url: string
  /** Node and key of every join that was answered well. */
  readonly joined: string[]
  /** Joins to fail, as a crash or a cut line does: after they were counted. */
  failures: number
}

async function authority(genesis: Genesis = GENESIS, notices: readonly Jws[] = []): Promise<Authority> {
  const joined: string[] = []
  const listed = (node: NodeId, cluster: string, port: number) => ({
    ...{ cluster, node, site: 'x', key: NODE.publicKey, peerAddress: `127.0.0.1:${port}`, apiAddress: '127.0.0.1:1' },
    ...{ expiresAt: AT, revoked: false, barred: false, role: 'master', session: 'open', reportAgeMs: null },
  })
  const nodes: Record<string, object[]> = { [C1]: [listed(C1A, C1, 7001)], [C2]: [listed(C2A, C2, 7002)] }
  const server = createServer(async (request, response) => {
    const [, cluster, what] = /\/clusters\/([^/]+)\/(\w+)$/.exec(request.url ?? '') ?? []
    let body = ''
    for await (const chunk of request) body += chunk
    if (what === 'joins') {
      const read = peekStatement('joinRequest', (JSON.parse(body) as { request: string }).request)
      if (!read.ok) throw new Error(read.why)
      joined.push(`${read.payload.node} ${read.payload.certificate}`)
      if (answer.failures-- > 0) return void response.destroy()
      return void response.end(JSON.stringify({ usesLeft: 0 }))
    }
    if (request.url?.endsWith('/notices')) return void response.end(JSON.stringify({ notices }))
    response.end(JSON.stringify(what === 'nodes' ? { nodes: nodes[cluster!] } : genesis))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const answer: Authority = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, joined, failures: 0 }
  return answer
}

async function tokenFor(url: string, change: Partial<JoinToken> = TOKEN, owner = OWNER_C1, genesis?: Hash) {
  const statement = await signStatement('joinToken', { ...PAYLOADS.joinToken, ...change }, owner.privateKey)
  const seed = toBase64Url(new Uint8Array(32).fill(6))
  return writeJoinToken({ statement, seed, authority: url, genesis: genesis ?? genesisHash(sha256, GENESIS) })
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'baton-join-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'node')
}

const options = (token: string, folder: string, rest: Partial<JoinOptions> = {}): JoinOptions => ({
  token,
  folder,
  addresses: joinAddresses('127.0.0.1', 7100),
  priority: 50,
  now: () => AT + 1_000,
  ...rest,
})

test('[ID2, ID3] what it leaves is a node: its own key, a chain to the owner, a configuration that checks out', async () => {
  const { url, joined } = await authority()
  const folder = newFolder()
  const result = await joinNetwork(options(await tokenFor(url), folder))
  expect(result).toMatchObject({ node: 'c1-n9', cluster: C1, site: 'x', usesLeft: 0 })
  const certificate = readFileSync(join(folder, 'node.certificate.jws'), 'utf8')
  const chain = await verifyChain(GENESIS, certificate)
  expect(chain).toMatchObject({ ok: true, value: { token: { id: 'join-1' }, certificate: { node: 'c1-n9' } } })
  expect(statSync(join(folder, 'node.key.json')).mode & 0o777).toBe(0o600)
  // The private key is in its file and nowhere else, the token's is nowhere.
  const { d } = JSON.parse(readFileSync(join(folder, 'node.key.json'), 'utf8')) as { d: string }
  expect(joined.join()).not.toContain(d)
  const config = loadConfig(join(folder, 'baton.toml'))
  if (!config.ok) throw config.error
  expect(config.value.peers.map(({ node }) => node)).toEqual([C1A, C2A])
  expect(readFileSync(join(folder, 'baton.service'), 'utf8')).toContain('Description=Baton node c1-n9')
})

test('[ID3] a crash at any step loses nothing: the next run goes on with the same key and the same certificate', async () => {
  const server = await authority()
  const token = await tokenFor(server.url)
  const folder = newFolder()
  server.failures = 1
  await expect(joinNetwork(options(token, folder))).rejects.toMatchObject({ code: 'UNREACHABLE' })
  expect(existsSync(join(folder, 'baton.toml'))).toBe(false)
  const key = readFileSync(join(folder, 'node.key.json'), 'utf8')
  const first = await joinNetwork(options(token, folder))
  for (const lost of ['baton.toml', 'baton.service', 'genesis.json', 'node.certificate.x509.pem']) {
    rmSync(join(folder, lost))
    // Hours later, when the token has long expired.
    expect(await joinNetwork(options(token, folder, { now: () => AT + 9_000_000 }))).toEqual(first)
    expect(existsSync(join(folder, lost))).toBe(true)
  }
  expect(readFileSync(join(folder, 'node.key.json'), 'utf8')).toBe(key)
  expect(new Set(server.joined).size).toBe(1)
})

test('[ID3] what the operator has changed in the configuration stays', async () => {
  const { url } = await authority()
  const folder = newFolder()
  const token = await tokenFor(url)
  await joinNetwork(options(token, folder))
  await joinNetwork(options(token, folder, { addresses: joinAddresses('127.0.0.1', 9999) }))
  expect(readFileSync(join(folder, 'baton.toml'), 'utf8')).toContain('127.0.0.1:7100')
})

test.each<[string, string, (url: string) => Promise<Partial<JoinOptions> & { token: string }>]>([
  ['a token that has expired', 'TOKEN_EXPIRED', async (url) => ({ token: await tokenFor(url), now: () => AT + 9e6 })],
  [
    'another node than the token is for',
    'TOKEN_INVALID',
    async (url) => ({ token: await tokenFor(url), node: 'c1-n8' }),
  ],
  ['another site than the token is for', 'TOKEN_INVALID', async (url) => ({ token: await tokenFor(url), site: 'y' })],
  ['no name', 'BAD_REQUEST', async (url) => ({ token: await tokenFor(url, { site: 'x' as SiteId }) })],
  ['a token of a foreign owner', 'TOKEN_INVALID', async (url) => ({ token: await tokenFor(url, TOKEN, OWNER_C2) })],
  [
    'an authority with another genesis',
    'GENESIS_INVALID',
    async (url) => ({ token: await tokenFor(url, TOKEN, OWNER_C1, HASH_A) }),
  ],
  ['no authority', 'UNREACHABLE', async () => ({ token: await tokenFor('http://127.0.0.1:1') })],
  ['no token', 'TOKEN_INVALID', async () => ({ token: 'baton-join:v1:AAAA' })],
])('[ID3] refuses %s with a code, and asks for no admission', async (_, code, make) => {
  const { url, joined } = await authority()
  const { token, ...rest } = await make(url)
  await expect(joinNetwork(options(token, newFolder(), rest))).rejects.toMatchObject({ code })
  expect(joined).toEqual([])
})

test('[ID3] the folder of a node of another network is left alone', async () => {
  const folder = newFolder()
  const first = await authority()
  await joinNetwork(options(await tokenFor(first.url), folder))
  const other: Genesis = { ...GENESIS, heartbeatBlockMs: GENESIS.heartbeatBlockMs + 1 }
  const second = await authority(other)
  const token = await tokenFor(second.url, TOKEN, OWNER_C1, genesisHash(sha256, other))
  await expect(joinNetwork(options(token, folder))).rejects.toMatchObject({ code: 'GENESIS_INVALID' })
})

test('[ID3] a host behind a name listens on every interface, and says its name', () => {
  expect(joinAddresses('n9.example.org', 7100)).toEqual({
    listen: { peer: '0.0.0.0:7100', api: '0.0.0.0:7101' },
    advertise: { peer: 'n9.example.org:7100', api: 'n9.example.org:7101' },
  })
})

test('[ID1, ID3] a token of an owner whose key was replaced since genesis leads to it, and the node knows that when it starts', async () => {
  const { network, cluster } = PAYLOADS.ownerRotation
  const rotation = { ...PAYLOADS.ownerRotation, from: OWNER_C1.publicKey, to: OUTSIDER.publicKey }
  const signed = await signStatement('ownerRotation', rotation, OWNER_C1.privateKey)
  const notice = await signStatement('recordedRotation', { network, cluster, rotation: signed }, AUTHORITY.privateKey)
  const { url } = await authority(GENESIS, [notice])
  const folder = newFolder()
  const joined = await joinNetwork(options(await tokenFor(url, TOKEN, OUTSIDER), folder))
  const notices = new NodeNotices({ genesis: GENESIS, dataFolder: join(joined.folder, 'data'), onTaken: () => {} })
  expect(notices.all()).toEqual([notice])
  const certificate = readFileSync(join(folder, 'node.certificate.jws'), 'utf8')
  expect((await verifyChain(notices.trust, certificate)).ok).toBe(true)
  expect((await verifyChain(GENESIS, certificate)).ok).toBe(false)
})
