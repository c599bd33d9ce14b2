/** The client that finds masters, on real HTTP servers of nodes and of the edge. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { Credential } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import type { ClusterId, Epoch, Generation, Jws, NodeId, UnixMs, Version } from '@baton/shared/ids'
import { afterEach, expect, test } from 'vitest'
import type { MastersAnswer } from '../../../node-runtime/src/api/node-service.ts'
import { type ApiServer, startApi } from '../../../node-runtime/src/api/server.ts'
import { BatonClient, type BatonClientOptions } from '../../../node-runtime/src/client/baton-client.ts'
import {
  AUTHORITY,
  C1,
  C2,
  fixedKeyPair,
  GENESIS,
  NETWORK,
  OUTSIDER,
  OWNER_C1,
  OWNER_C2,
} from '../../support/fixed-network.ts'
import { createMemoryService, type MemoryService } from '../api/memory-service.ts'

interface TestNode {
  readonly service: MemoryService
  readonly api: ApiServer
  readonly address: string
}
type Master = MastersAnswer['masters'][number]

const nodes: TestNode[] = []
const clients: BatonClient[] = []
const edges: Server[] = []
let sent = 0

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await Promise.all(nodes.splice(0).map(({ api }) => api.stop(0)))
  for (const edge of edges.splice(0)) edge.close()
})

async function startNode(name: string, port = 0): Promise<TestNode> {
  const service = createMemoryService(name)
  const api = await startApi(service, { listen: { host: '127.0.0.1', port }, report: () => {}, refused: () => {} })
  const node = { service, api, address: `127.0.0.1:${api.address.port}` }
  nodes.push(node)
  return node
}

/** Masters of c1 and c2, and a follower of each; all know all. */
async function network(): Promise<[TestNode, TestNode, TestNode, TestNode]> {
  const started = [await startNode('c1-a'), await startNode('c2-a'), await startNode('c1-b'), await startNode('c2-b')]
  const [a, b] = started as [TestNode, TestNode]
  const masters = [await master(C1, 'c1-a', 3, a.address), await master(C2, 'c2-a', 5, b.address)]
  tell(started, masters)
  return started as [TestNode, TestNode, TestNode, TestNode]
}

function tell(told: readonly TestNode[], masters: readonly Master[]): void {
  const known = nodes.map(({ address }) => ({ cluster: C1, node: 'x' as NodeId, apiAddress: address }))
  for (const { service } of told) service.known = { network: NETWORK, masters, nodes: known }
}

async function master(
  cluster: ClusterId,
  node: string,
  epoch: number,
  apiAddress: string | null,
  authority: KeyPair = AUTHORITY,
): Promise<Master> {
  const token = { generation: 0 as Generation, epoch: epoch as Epoch }
  const holder = { network: NETWORK, cluster, node: node as NodeId }
  const grant = await signStatement(
    'grant',
    {
      ...holder,
      ...token,
      version: 1 as Version,
      syncSet: [holder.node],
      recovering: false,
      coming: null,
      nonce: 'n',
      issuedAt: 0 as UnixMs,
    },
    authority.privateKey,
  )
  const certificate = await signStatement(
    'certificate',
    {
      ...holder,
      key: (await fixedKeyPair(40)).publicKey,
      site: 'x' as never,
      issuedAt: 0 as UnixMs,
      expiresAt: 4_102_444_800_000 as UnixMs,
    },
    (cluster === C1 ? OWNER_C1 : OWNER_C2).privateKey,
  )
  const credential: Credential = { grant, certificate }
  return { cluster, ...token, node: holder.node, recovering: false, apiAddress, credential }
}

async function startEdge(
  masters: readonly Master[],
  signer: KeyPair = AUTHORITY,
  notices: readonly Jws[] = [],
): Promise<string> {
  const payload = { network: NETWORK, version: 7, masters: masters.map(({ credential }) => credential) }
  const table = await signStatement('masterTable', payload, signer.privateKey)
  const listed = masters.map(({ credential: _, ...rest }) => rest)
  const edge = createServer((request, response) => {
    if (request.url === `/v1/networks/${NETWORK}/notices`) return void response.end(JSON.stringify({ notices }))
    const found = request.url === `/v1/networks/${NETWORK}/masters`
    response.writeHead(found ? 200 : 404).end(JSON.stringify({ version: 7, table, masters: listed }))
  })
  edges.push(edge)
  await new Promise<void>((resolve) => edge.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(edge.address() as AddressInfo).port}`
}

function open(options: Partial<BatonClientOptions>): BatonClient {
  const client = new BatonClient({ urls: [], route: 'masters', genesis: GENESIS, retryForMs: 5_000, ...options })
  clients.push(client)
  return client
}

const submit = (client: BatonClient) => client.submit(new Uint8Array([1, 2, 3, ...Buffer.from(String(sent++))]))
const counts = () => nodes.map(({ service }) => service.submitted.length)

test('[NW1, API10] finds the masters through any one node, and takes the clusters in turn', async () => {
  const [, , , follower] = await network()
  const client = open({ urls: [follower.address] })
  for (let i = 0; i < 6; i++) await submit(client)
  expect(counts()).toEqual([3, 3, 0, 0])
  expect(await client.masters()).toMatchObject([
    { cluster: C1, node: 'c1-a', epoch: 3 },
    { cluster: C2, node: 'c2-a', epoch: 5 },
  ])
})

test('[NW2, API10] finds them in the signed table of the edge, without any node', async () => {
  const [a, b] = await network()
  const authorityUrl = await startEdge([...a.service.known.masters])
  const client = open({ authorityUrl })
  for (let i = 0; i < 4; i++) await submit(client)
  expect(counts()).toEqual([2, 2, 0, 0])
  expect((await client.masters()).map(({ url }) => url)).toEqual([`http://${a.address}`, `http://${b.address}`])
})

test('[NW2, API10] works while the edge is down: what nodes say is enough', async () => {
  const [a] = await network()
  const client = open({ urls: [a.address], authorityUrl: 'http://127.0.0.1:1' })
  for (let i = 0; i < 4; i++) await submit(client)
  expect(counts()).toEqual([2, 2, 0, 0])
})

test('[API10] when every given node is dead, the edge leads to the living', async () => {
  const [a] = await network()
  const client = open({ urls: ['127.0.0.1:1'], authorityUrl: await startEdge([...a.service.known.masters]) })
  await submit(client)
  expect(counts().reduce((sum, count) => sum + count)).toBe(1)
})

test('[NW1, API10] follows a switch: the caller sees no error, and the new master gets what comes next', async () => {
  const [a, b, standby] = await network()
  const client = open({ urls: [b.address] })
  for (let i = 0; i < 2; i++) await submit(client)
  await a.api.stop(0)
  const masters = [await master(C1, 'c1-b', 4, standby.address), b.service.known.masters[1]!]
  tell([b, standby], masters)
  for (let i = 0; i < 8; i++) await submit(client)
  await expect
    .poll(async () => (await client.masters())[0])
    .toMatchObject({ epoch: 4, url: `http://${standby.address}` })
  for (let i = 0; i < 2; i++) await submit(client)
  expect(standby.service.submitted.length).toBeGreaterThan(0)
  expect(counts().reduce((sum, count) => sum + count)).toBe(12)
})

test('[NW1, API10] a lower token, or what an authority of genesis has not signed, replaces nothing', async () => {
  const [a, b] = await network()
  const client = open({ urls: [a.address], refreshMs: 0 })
  await submit(client)
  const { masters } = a.service.known
  for (const wrong of [
    await master(C1, 'c1-b', 2, '127.0.0.1:1'),
    await master(C1, 'c1-b', 9, '127.0.0.1:1', OUTSIDER),
    { ...(await master(C1, 'c1-b', 2, '127.0.0.1:1')), epoch: 9 as Epoch },
    { ...(await master(C1, 'c1-b', 3, '127.0.0.1:1')) },
  ]) {
    tell([a, b], [wrong, masters[1]!])
    await expect.poll(() => client.masters()).toMatchObject([{ node: 'c1-a', epoch: 3 }, { node: 'c2-a' }])
    await client.masters()
  }
  const forged = open({ authorityUrl: await startEdge([...masters], OUTSIDER), retryForMs: 100 })
  expect(await forged.masters()).toEqual([])
  await expect(submit(forged)).rejects.toMatchObject({ code: 'UNREACHABLE', details: { attempts: expect.any(Number) } })
})

test('[API10] without genesis it believes those it asks', async () => {
  const [a] = await network()
  const edge = await startEdge([await master(C1, 'c1-a', 3, a.address, OUTSIDER)])
  const { genesis: _, ...rest } = { genesis: null, network: NETWORK }
  const client = new BatonClient({ urls: [], route: 'masters', authorityUrl: edge, ...rest })
  clients.push(client)
  await submit(client)
  expect(counts()).toEqual([1, 0, 0, 0])
  expect(() => new BatonClient({ urls: [], route: 'masters', authorityUrl: edge })).toThrow('serves by network')
})

test('[API10] an answer about masters that is none is not believed, and costs nothing', async () => {
  const [a, b] = await network()
  for (const known of [null, {}, { masters: 'x', nodes: [] }, { masters: [{ cluster: 'C!' }], nodes: [] }]) {
    a.service.known = known as never
    const client = open({ urls: [a.address, b.address] })
    await submit(client)
    expect((await client.masters()).map(({ node }) => node)).toEqual(['c1-a', 'c2-a'])
  }
})

test('[API10] a batch goes on with those that were not taken yet', async () => {
  const [a, b] = await network()
  const client = open({ urls: [a.address] })
  a.service.failures.push(new BatonError('NOT_HELD', 'no'), null, new BatonError('NOT_MASTER', 'gone'))
  b.service.failures.push(new BatonError('NOT_HELD', 'no'), null, new BatonError('NOT_MASTER', 'gone'))
  const results = await client.submitBatch([7, 8, 9].map((byte) => new Uint8Array([byte, 1, 2, 3])))
  expect(results.map(({ ok }) => ok)).toEqual([true, true, true])
  expect(results.map((result) => result.ok && result.value.receipt.ok)).toEqual([true, true, true])
})

test('[API10] ends in time with the code of the last attempt, and at once when it is aborted', async () => {
  const [a, b, c, d] = await network()
  for (const { service } of [a, b, c, d]) service.submit = () => new Promise(() => {})
  const start = performance.now()
  const client = open({ urls: [a.address], attemptMs: 300, retryForMs: 700 })
  await expect(submit(client)).rejects.toMatchObject({ code: 'UNREACHABLE', details: { triedMs: expect.any(Number) } })
  expect(performance.now() - start).toBeLessThan(2_500)
  const patient = open({ urls: [a.address] })
  const reason = new Error('enough')
  const call = patient.submit(new Uint8Array([1, 2, 3, 4]), { signal: AbortSignal.timeout(100) })
  await expect(call).rejects.toMatchObject({ name: 'TimeoutError' })
  await expect(patient.query('record/x', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

/** Both owners of the network agree that this key of the authority counts, too. */
function agreedOn(next: KeyPair): Promise<readonly Jws[]> {
  const keys = [AUTHORITY.publicKey, next.publicKey]
  const said = [
    [C1, OWNER_C1],
    [C2, OWNER_C2],
  ] as const
  return Promise.all(
    said.map(([cluster, owner]) => {
      const change = { network: NETWORK, cluster, sequence: 1, keys, retired: [] }
      return signStatement('authorityKeys', change, owner.privateKey)
    }),
  )
}

test('[ID1, API10] a key of the authority that came after genesis counts by its owners’ word, from a node or from the edge', async () => {
  const [a, b] = await network()
  const notices = await agreedOn(OUTSIDER)
  const masters = [await master(C1, 'c1-a', 9, a.address, OUTSIDER), b.service.known.masters[1]!]
  const epochs = async (client: BatonClient) => (await client.masters()).map(({ epoch }) => epoch)
  tell([a], masters)
  expect(await epochs(open({ urls: [a.address] }))).toEqual([5])
  a.service.known = { ...a.service.known, notices }
  expect(await epochs(open({ urls: [a.address] }))).toEqual([9, 5])
  expect(await epochs(open({ authorityUrl: await startEdge(masters, OUTSIDER, notices) }))).toEqual([9, 5])
  expect(await epochs(open({ authorityUrl: await startEdge(masters, OUTSIDER, notices.slice(1)) }))).toEqual([])
})
