/**
 * Valid requests, spoilt at random, to every route of a real node: never a 500, never an error that nobody has foreseen, always a coded
 * answer, and what was refused has changed nothing.
 */
import { encodeCanonical } from '@baton/shared/codec/cbor'
import { NO_SEAT, startArbiter } from '@baton/shared/core/arbiter/machine'
import type { ArbiterState } from '@baton/shared/core/arbiter/types'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { Revocations } from '@baton/shared/crypto/notices'
import type { Height } from '@baton/shared/ids'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../../node-runtime/src/adapters/clock.ts'
import { ed25519Verifier } from '../../../node-runtime/src/adapters/verifier.ts'
import type { OperatorDesk } from '../../../node-runtime/src/api/operator-desk.ts'
import { createRoutes, ROUTES } from '../../../node-runtime/src/api/routes.ts'
import { type ApiServer, startApi } from '../../../node-runtime/src/api/server.ts'
import { MemberDesk } from '../../../node-runtime/src/daemon/arbiter/member-desk.ts'
import { nodeService } from '../../../node-runtime/src/daemon/node-service.ts'
import { Submissions } from '../../../node-runtime/src/daemon/submissions.ts'
import { Mempool } from '../../../node-runtime/src/engines/embedded/mempool.ts'
import { PAYLOADS } from '../../support/fixed-network.ts'
import { times } from '../../support/long.ts'
import { mutateBytes, mutateText, mutateTree, mutations } from '../../support/mutations.ts'
import { settledWorld } from '../../support/world/settled.ts'
import { requestBytes as bytesOf, exchange as exchangeAt, statusOf } from './raw-requests.ts'

const world = settledWorld()
const { id, bytes } = world.submit('c1-n1', 'key')
world.run(2_000, () => world.acknowledged.has(id))
const host = world.host('c1-n1')
const mempool = new Mempool()
const reported: unknown[] = []
const shared = { state: () => host.state, application: world.application, hash: sha256, mempool }
const submissions = new Submissions({
  ...shared,
  reader: host.store,
  verifier: ed25519Verifier(),
  send: () => false,
  spread: () => {},
  hasWork: () => {},
})
// What this node has executed is answered at once: it is held.
submissions.held(Number.MAX_SAFE_INTEGER as Height)

/**
 * Whoever asks is an operator here, and what an act comes to is not the question: what cannot be read must never come so far. Tokens, and acts that
 * members decide, are in `daemon/arbiter/operator-requests.property.test.ts`.
 */
const desk: OperatorDesk = Object.assign(
  new MemberDesk({
    cluster: host.cluster,
    trust: world.genesis,
    revocations: new Revocations(),
    clock: systemClock,
    state: () => memberState(),
    ask: async () => ({ outcome: { ok: true }, events: [] }),
  }),
  { admit: async () => PAYLOADS.operatorToken },
)

/** A member that knows what is decided: the registry of the cluster. */
function memberState(): ArbiterState {
  const { registry } = world.authorities.get(host.cluster)!.state
  if (registry.status !== 'founded') throw new Error('not founded')
  const { network, cluster, founder, policy, members } = registry
  const names = [...members.keys()].sort()
  const config = { member: members.get(host.node)!, network, cluster, founder, policy, members: names }
  const started = startArbiter(config, NO_SEAT, 'a-life', world.now)
  return { ...started, decided: { ballot: { counter: 1, node: founder }, value: { registry, proof: null } } }
}

const service = nodeService({
  ...shared,
  config: {
    node: host.node,
    cluster: host.cluster,
    genesis: world.genesis,
    advertise: { api: 'h:1' },
    timing: {},
  } as never,
  store: host.store,
  genesisResult: host.state.chain.tip.result,
  links: { open: () => [] } as never,
  submissions,
  now: () => world.now,
  authorityConnected: () => true,
  member: { up: true, desk },
  metrics: async () => '',
  submitted: () => {},
  reasons: () => [],
  version: '',
  peers: () => new Map(),
  greetings: { apiAddresses: new Map(), programsOf: () => ({}) },
  notices: { aboutKeys: () => [] },
})

let api: ApiServer
beforeAll(async () => {
  const listen = { host: '127.0.0.1', port: 0 }
  api = await startApi(service, { listen, report: (error) => reported.push(error), refused: () => {} })
})
afterAll(async () => {
  submissions.stop()
  await api.stop(0)
  expect(reported).toEqual([])
})

interface Sample {
  readonly path: string
  readonly type?: string
  readonly body?: Uint8Array | Readonly<Record<string, unknown>>
}

const CLUSTER = `/v1/networks/${world.genesis.network}/clusters/${host.cluster}`
const text = Buffer.from(bytes).toString('base64url')
const SAMPLES: Readonly<Record<string, readonly Sample[]>> = {
  'POST /v1/transactions': [
    { path: '/v1/transactions', type: 'application/cbor', body: bytes },
    { path: '/v1/transactions', type: 'application/json', body: { signed: text } },
  ],
  'POST /v1/transactions/batch': [
    { path: '/v1/transactions/batch', type: 'application/cbor', body: encodeCanonical([bytes, bytes]) },
    { path: '/v1/transactions/batch', type: 'application/json', body: { signed: [text, text] } },
  ],
  'GET /v1/transactions/:id': [{ path: `/v1/transactions/${id}` }],
  'GET /v1/blocks/:height': [{ path: '/v1/blocks/1' }, { path: '/v1/blocks/latest' }],
  'GET /v1/query': [{ path: '/v1/query?path=record/key' }, { path: '/v1/query?path=history/key' }],
  'GET /v1/masters': [{ path: '/v1/masters' }],
  'GET /v1/status': [{ path: '/v1/status' }],
  'GET /health': [{ path: '/health' }],
  'GET /master': [{ path: '/master' }],
  'GET /standby': [{ path: '/standby' }],
  'GET /metrics': [{ path: '/metrics' }],
  'GET /v1/networks/:network/clusters/:cluster': [{ path: CLUSTER }],
  'GET /v1/networks/:network/clusters/:cluster/explain': [{ path: `${CLUSTER}/explain` }],
  'POST /v1/networks/:network/clusters/:cluster/acts/:act': [
    { path: `${CLUSTER}/acts/pause`, type: 'application/json', body: { why: 'a test', forMs: 1_000 } },
    { path: `${CLUSTER}/acts/order`, type: 'application/json', body: { why: 'a test', id: 'o1', node: 'c1-n1' } },
    { path: `${CLUSTER}/acts/resume`, type: 'application/json', body: { why: 'a test', dryRun: true } },
  ],
}

test('[API2] every route has a sample here', () => {
  const posted = ROUTES.filter((route) => route.startsWith('POST '))
  const read = createRoutes(service, { report: () => {}, refused: () => {} }).routes.filter(
    ({ method }) => method !== 'ALL',
  )
  const routes = [...posted, ...read.map(({ method, path }) => `${method} ${path}`)]
  expect(new Set(routes)).toEqual(new Set(Object.keys(SAMPLES)))
})

function bodyOf({ body }: Sample): Uint8Array | undefined {
  return body instanceof Uint8Array || body === undefined ? body : Buffer.from(JSON.stringify(body))
}

const exchange = (request: Uint8Array, port = api.address.port) => exchangeAt(request, port)

function requestBytes(method: string, path: string, { type }: Sample, body: Uint8Array | undefined): Uint8Array {
  return bytesOf({ method, path, type, body })
}

function judged(answer: string, what: string): number {
  // What follows a request on its connection may have been answered before it.
  expect(reported, what).toEqual([])
  return statusOf(answer, what)
}

test.each(Object.keys(SAMPLES))(
  '[API2, API3] %s: what is spoilt is answered with a code and changes nothing',
  async (route) => {
    const [method] = route.split(' ') as [string]
    for (const sample of SAMPLES[route]!) {
      const sound = await exchange(requestBytes(method, sample.path, sample, bodyOf(sample)))
      expect(judged(sound, route), sound).toBeOneOf([200, 503])
      const before = host.disk.tip
      const spoilt = fc.constantFrom('tree', 'body', 'path', 'method')
      const property = fc.asyncProperty(spoilt, mutations, async (part, changes) => {
        let [verb, { path }, body] = [method, sample, bodyOf(sample)]
        if (part === 'tree' && sample.type === 'application/json') {
          body = Buffer.from(JSON.stringify(mutateTree(sample.body, changes)) ?? '')
        }
        if (part === 'body' && body !== undefined) body = mutateBytes(body, changes)
        if (part === 'path')
          path = `/${encodeURI(mutateText(path, changes).replace(/[\s\ud800-\udfff]/g, '')).slice(1)}`
        if (part === 'method') verb = ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'BREW'][changes[0]!.at % 7]!
        judged(await exchange(requestBytes(verb, path, sample, body)), `${verb} ${path} ${part}`)
        // Nothing of this verifies: the one transaction that does is executed long ago.
        expect(mempool.size).toBe(0)
        expect(host.disk.tip).toBe(before)
      })
      await fc.assert(property, { numRuns: times(400, 60) })
    }
  },
)

/** Empty lines before a request are passed over. */
const isSaid = (noise: Uint8Array) => noise.some((byte) => byte !== 10 && byte !== 13)

test('[API2] what is no HTTP request is refused with a code, whatever the bytes', async () => {
  const property = fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }).filter(isSaid), async (noise) => {
    expect(judged(await exchange(Uint8Array.of(...noise, 13, 10, 13, 10)), 'noise')).toBeGreaterThanOrEqual(400)
  })
  await fc.assert(property, { numRuns: times(1_000, 100) })
  const huge = `GET /health HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`
  expect(judged(await exchange(Buffer.from(huge)), 'huge headers')).toBe(431)
})

test('[API2, API8] so is a request with spoilt bytes, and one that does not arrive in time, in its headers as in its body', async () => {
  const report = (error: unknown) => reported.push(error)
  const listen = { host: '127.0.0.1', port: 0 }
  const refused = () => {}
  const impatient = await startApi(service, { listen, report, refused, requestMs: 250, headersMs: 250 })
  const { port } = impatient.address
  const begun = ['host:', 'host: x\r\ncontent-length: 9\r\n\r\nabc'].map(
    (rest) => `POST /v1/transactions HTTP/1.1\r\n${rest}`,
  )
  for (const beginning of begun) expect(judged(await exchange(Buffer.from(beginning), port), 'a slow one')).toBe(408)
  const samples = Object.entries(SAMPLES).flatMap(([route, all]) =>
    all.map((sample) => [route.split(' ')[0]!, sample] as const),
  )
  const property = fc.asyncProperty(fc.constantFrom(...samples), mutations, async ([method, sample], changes) => {
    const request = mutateBytes(requestBytes(method, sample.path, sample, bodyOf(sample)), changes)
    if (isSaid(request)) judged(await exchange(request, port), Buffer.from(request).toString('latin1'))
  })
  await fc.assert(property, { numRuns: times(300, 40) })
  expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200)
  await impatient.stop(0)
}, 120_000)
