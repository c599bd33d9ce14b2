/** One valid message for every route and every frame of the authentication node: what is then spoilt (`mutations.property.test.ts`). */
import type { OperatorAction } from '@baton/shared/core/registry/messages'
import type { StatementKind } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, LogIndex } from '@baton/shared/ids'
import type { RegistryView, ToAuthority } from '@baton/shared/protocol/control'
import { findingsOf, reportOf } from '../audited.ts'
import { join, makeToken, nodeSubject, revocationOf, tokenNode } from '../identity-fixture.ts'
import { CLUSTERS, NETWORK } from '../network.ts'
import { ACT_BODIES, bearer, operatorToken } from '../operator-client.ts'
import { get, ORIGIN, TestNode } from '../test-node.ts'

export const [ASKED, OPERATED, SPOKEN, REPORTED] = CLUSTERS as unknown as [ClusterId, ClusterId, ClusterId, ClusterId]

export interface Sample {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, unknown>>
  /** The field of the body that is a statement, its kind, and whose key signs it. */
  readonly signed?: { readonly field: string; readonly kind: StatementKind; readonly by: string }
}

const network = `/v1/networks/${NETWORK}`
const of = (cluster: ClusterId) => `${network}/clusters/${cluster}`
const asked = of(ASKED)

/** What the authority says now, of which a claim or reshape must know. */
export async function current(cluster: ClusterId): Promise<TestNode> {
  const master = await TestNode.make(cluster, 'a')
  const status = await (await get(`${ORIGIN}${of(cluster)}`)).json<{ state: RegistryView }>()
  master.state = status.state
  return master
}

const fetched =
  (path: string, more: Partial<Sample> = {}) =>
  async (): Promise<Sample> => ({ method: 'GET', path, ...more })

/** With the token of a viewer. */
const seen =
  (path: string, more: Partial<Sample> = {}) =>
  async (): Promise<Sample> => {
    return { method: 'GET', path, headers: bearer(await operatorToken(ASKED, 'viewer')), ...more }
  }

const posted = (path: string, kind: StatementKind, by: string, make: () => Promise<Record<string, unknown>>) => {
  return async (): Promise<Sample> => {
    const body = await make()
    const headers = { 'content-type': 'application/json', 'cf-connecting-ip': '192.0.2.1' }
    return { method: 'POST', path, headers, body, signed: { field: Object.keys(body)[0]!, kind, by } }
  }
}

/** A dry run: what would be done is answered, and the cluster stays what it is for the next one. */
const acted = (name: string) => async (): Promise<Sample> => {
  const headers = { 'content-type': 'application/json', ...bearer(await operatorToken(OPERATED, 'owner')) }
  const body = { why: 'a test', dryRun: true, ...ACT_BODIES[name as OperatorAction['act']] }
  return { method: 'POST', path: `${of(OPERATED)}/acts/${name}`, headers, body }
}

/** By method and path, as the app names them. */
export const ROUTES: Readonly<Record<string, () => Promise<Sample>>> = {
  'GET /healthz': fetched('/healthz'),
  'GET /openapi.json': fetched('/openapi.json'),
  'GET /v1/networks/:network': fetched(network),
  'GET /v1/networks/:network/masters': fetched(`${network}/masters`, { headers: { 'if-none-match': '"x"' } }),
  'GET /v1/networks/:network/events': seen(`${network}/events`, { query: { after: '0', limit: '5' } }),
  'GET /v1/networks/:network/metrics': seen(`${network}/metrics`),
  'GET /v1/networks/:network/clusters/:cluster': fetched(asked),
  'GET /v1/networks/:network/clusters/:cluster/events': seen(`${asked}/events`, { query: { after: '0', limit: '5' } }),
  'GET /v1/networks/:network/clusters/:cluster/nodes': fetched(`${asked}/nodes`),
  'GET /v1/networks/:network/clusters/:cluster/explain': seen(`${asked}/explain`),
  'GET /v1/networks/:network/clusters/:cluster/metrics': seen(`${asked}/metrics`),
  'GET /v1/networks/:network/clusters/:cluster/session': fetched(`${asked}/session`, {
    headers: { upgrade: 'websocket' },
  }),
  'GET /v1/networks/:network/notices': fetched(`${network}/notices`),
  'POST /v1/networks/:network/notices': posted(`${network}/notices`, 'revocation', `owner ${ASKED}`, async () => {
    return { statement: await revocationOf(ASKED, { kind: 'token', token: crypto.randomUUID() }) }
  }),
  'POST /v1/networks/:network/clusters/:cluster/claims': posted(
    `${asked}/claims`,
    'claim',
    `node ${ASKED}-a`,
    async () => {
      const master = await current(ASKED)
      return { statement: await master.signedClaim({ kind: 'own' }), certificate: master.certificate }
    },
  ),
  'POST /v1/networks/:network/clusters/:cluster/reshapes': posted(
    `${asked}/reshapes`,
    'reshape',
    `node ${ASKED}-a`,
    async () => {
      const master = await current(ASKED)
      const b = `${ASKED}-b` as typeof master.node
      const syncSet = master.known.syncSet.includes(b) ? [master.node] : [master.node, b]
      return { statement: await master.signedReshape(syncSet), certificate: master.certificate }
    },
  ),
  'POST /v1/networks/:network/clusters/:cluster/joins': posted(
    `${asked}/joins`,
    'joinRequest',
    `node ${ASKED}-j`,
    async () => {
      const { cluster, node, certificate, keys } = await tokenNode(await makeToken(ASKED), 'j')
      const request = { network: NETWORK, cluster, node, certificate, at: Date.now() as never }
      return { request: await signStatement('joinRequest', request, keys.privateKey) }
    },
  ),
  'POST /v1/networks/:network/clusters/:cluster/renewals': posted(
    `${asked}/renewals`,
    'renewal',
    `node ${ASKED}-k`,
    renewal,
  ),
  ...Object.fromEntries(
    Object.keys(ACT_BODIES).map((name) => [`POST /v1/networks/:network/clusters/:cluster/acts/${name}`, acted(name)]),
  ),
}

let renewing: Promise<TestNode> | undefined

/** Of a node that has joined with a token, whose owner lets it renew. */
async function renewal(): Promise<Record<string, unknown>> {
  renewing ??= makeToken(ASKED).then(async (token) => {
    const node = await tokenNode(token, 'k', { expiresAt: (Date.now() + 60_000) as never })
    await join(node)
    return node
  })
  const { cluster, node, certificate, keys } = await renewing
  const said = { issuedAt: Date.now() as never, expiresAt: (Date.now() + 3_600_000) as never }
  return {
    renewal: await signStatement('renewal', { network: NETWORK, cluster, node, certificate, ...said }, keys.privateKey),
  }
}

type Frames = { readonly [T in ToAuthority['t']]: (node: TestNode) => Promise<Extract<ToAuthority, { t: T }>> }

/** As an ordinary node would say them. */
export const FRAMES: Frames = {
  hello: async ({ certificate }) => ({ t: 'hello', certificate, proof: certificate }),
  report: async ({ known: { generation, epoch } }) => ({
    t: 'report',
    report: 900_000,
    token: { generation, epoch },
    role: 'follower',
    stalled: false,
    durableIndex: 0 as LogIndex,
    height: 0,
    heardMasterMs: null,
    heardSyncSetMs: null,
  }),
  claim: async (node) => ({
    t: 'claim',
    request: 900_001,
    claim: await node.signedClaim({ kind: 'silence', forMs: 500 }),
  }),
  reshape: async (node) => ({ t: 'reshape', request: 900_002, reshape: await node.signedReshape([node.node]) }),
  confirm: async ({ known: { generation, epoch } }) => ({
    t: 'confirm',
    request: 900_003,
    token: { generation, epoch },
  }),
  recovered: async ({ known: { generation, epoch } }) => {
    return { t: 'recovered', request: 900_004, token: { generation, epoch }, by: { kind: 'height', height: 9 } }
  },
  verified: async ({ known: { generation, epoch } }) => {
    return { t: 'verified', request: 900_005, token: { generation, epoch }, height: 9 }
  },
  shown: async ({ known: { credential, reshape = null } }) => ({ t: 'shown', credential, reshape }),
  results: async (node) => ({
    t: 'results',
    report: (await reportOf(node, [{ height: 7, result: 'a'.repeat(64) as never }])) as never,
  }),
  findings: async (node) => ({ t: 'findings', findings: (await findingsOf(node, {})) as never }),
  getMasters: async () => ({ t: 'getMasters' }),
  mirror: async () => ({ t: 'mirror', value: '{}', events: [] }),
  asked: async () => ({ t: 'asked', request: 900_006, outcome: { ok: true }, events: [] }),
  notices: async (node) => ({
    t: 'notices',
    notices: [await revocationOf(SPOKEN, nodeSubject(node), `node ${node.node}`)],
  }),
}
