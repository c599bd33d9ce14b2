import { exportPrivateJwk } from '@baton/shared/crypto/keys'
import { LIMITS } from '@baton/shared/limits'
import { describe, expect, test } from 'vitest'
import { createApp } from '../../worker/src/app.ts'
import type { Env } from '../../worker/src/env.ts'
import { CLUSTERS, keyOf, NETWORK, testBindings, testGenesis } from './network.ts'
import { view } from './operator-client.ts'
import { clusterUrl, get, ORIGIN, TestNode, threeNodes } from './test-node.ts'

const [C1, C2, C3, C4] = CLUSTERS
const REFUSED = { kind: 'refused' } as const

describe('claims and reshapes over HTTP', () => {
  test('[RG2, RG4] are decided like those of a session, and told to the sessions', async () => {
    const [a, b, c] = await threeNodes(C1)
    const reshaped = await a.post('reshapes', await a.signedReshape([a.node, b.node, c.node]))
    expect(reshaped.status).toBe(200)
    await b.seeState((state) => state.syncSet.length === 3)
    a.disconnect()
    await b.take('sessionClosed')
    const granted = await b.post('claims', await b.signedClaim(REFUSED))
    expect(await granted.json()).toMatchObject({ ok: true, state: { epoch: 2, master: b.node } })
    await c.seeState((state) => state.master === b.node)
  })

  test('[RG1] a refusal carries code, reason, remedy and the current state', async () => {
    const [a, b] = await threeNodes(C2)
    await a.report()
    const refused = await b.post('claims', await b.signedClaim(REFUSED))
    expect(refused.status).toBe(409)
    expect(await refused.json()).toMatchObject({
      error: 'MASTER_ALIVE',
      message: expect.stringContaining(a.node),
      remedy: expect.any(String),
      retryAfterMs: expect.any(Number),
      state: { epoch: 1 },
    })
  })

  test('[ID1, ID5] a statement or certificate that does not verify changes nothing', async () => {
    const [, b, c] = await threeNodes(C3)
    const claim = await b.signedClaim(REFUSED)
    const foreign = await TestNode.make(C3, 'b', {}, await keyOf(`owner ${C4}`))
    const other = await TestNode.make(C4, 'b')
    for (const [answer, code] of [
      [await b.post('claims', claim, foreign.certificate), 'CERTIFICATE_INVALID'],
      [await b.post('claims', claim, other.certificate), 'CERTIFICATE_INVALID'],
      [await b.post('claims', await c.signedClaim(REFUSED, { node: b.node })), 'STATEMENT_INVALID'],
      [await b.post('claims', await b.signedReshape([b.node])), 'STATEMENT_INVALID'],
    ] as const) {
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(await answer.json()).toMatchObject({ error: code, state: null })
    }
  })
})

describe('bad requests', () => {
  const post = (body: string) =>
    get(clusterUrl(C4, '/claims'), { method: 'POST', headers: { 'content-type': 'application/json' }, body })

  test('an oversized body is refused by its size', async () => {
    const answer = await post(JSON.stringify({ statement: 'x'.repeat(LIMITS.controlBodyBytes), certificate: 'y' }))
    expect(answer.status).toBe(413)
    expect(await answer.json()).toMatchObject({ error: 'BODY_TOO_LARGE', remedy: expect.any(String) })
  })

  test('a body that is no JSON, or not of the schema, is refused', async () => {
    for (const body of [
      '{',
      '{}',
      '{"statement":1,"certificate":"a.b.c"}',
      '{"statement":"x","certificate":"a.b.c"}',
    ]) {
      const answer = await post(body)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ error: 'BAD_REQUEST', message: expect.any(String) })
    }
  })

  test('an unknown route, network or cluster is a coded 404', async () => {
    for (const [path, code] of [
      ['/nothing', 'NOT_FOUND'],
      ['/v1/networks/other', 'UNKNOWN_CLUSTER'],
      [`/v1/networks/${NETWORK}/clusters/c99`, 'UNKNOWN_CLUSTER'],
    ] as const) {
      const answer = await get(`${ORIGIN}${path}`)
      expect(answer.status).toBe(404)
      expect(await answer.json()).toMatchObject({ error: code, remedy: expect.any(String) })
    }
  })

  test('[PV1] a path of a version that is not spoken says which side to upgrade', async () => {
    for (const [path, behind] of [
      ['/v2/networks/x/masters', 'the authentication node'],
      ['/v0/networks/x', 'the client'],
    ] as const) {
      const answer = await get(`${ORIGIN}${path}`)
      expect(answer.status).toBe(426)
      expect(await answer.json()).toMatchObject({
        error: 'PROTOCOL_VERSION',
        message: expect.stringMatching(`: upgrade ${behind}$`),
        remedy: expect.any(String),
      })
    }
  })

  test('a bad page of events is refused', async () => {
    const answer = await view(C4, '/events?limit=100000')
    expect(await answer.json()).toMatchObject({ error: 'BAD_REQUEST' })
  })
})

describe('reading', () => {
  test('genesis, and a cluster that has no master yet', async () => {
    expect(await (await get(`${ORIGIN}/v1/networks/${NETWORK}`)).json()).toEqual(await testGenesis())
    expect(await (await get(clusterUrl(CLUSTERS[9]))).json()).toEqual({ cluster: CLUSTERS[9], state: null, heard: [] })
  })

  test('the status of a cluster says who is heard', async () => {
    const [a, b, c] = await threeNodes(CLUSTERS[10])
    await a.report()
    c.disconnect()
    await b.take('sessionClosed')
    const status = await (await get(clusterUrl(a.cluster))).json<{ heard: { node: string; session: string }[] }>()
    expect(status).toMatchObject({ state: { master: a.node, syncSet: [a.node, b.node] } })
    expect(status.heard.map(({ node, session }) => [node, session])).toEqual([
      [a.node, 'open'],
      [b.node, 'open'],
      [c.node, 'closed'],
    ])
  })

  test('the OpenAPI document lists every route', async () => {
    const document = await (await get(`${ORIGIN}/openapi.json`)).json<{ openapi: string; paths: object }>()
    expect(document.openapi).toBe('3.1.0')
    const routes = createApp()
      .routes.filter(({ method }) => method !== 'ALL')
      .map(({ path }) => path.replace(/:(\w+)/g, '{$1}'))
    const documented = Object.keys(document.paths)
    expect(documented.length).toBeGreaterThan(7)
    expect(routes.filter((path) => path !== '/openapi.json' && !documented.includes(path))).toEqual([])
  })
})

describe('configuration', () => {
  async function answers(overrides: Partial<Env>, path: string): Promise<Response> {
    const bindings = { ...(await testBindings()), ...overrides } as Env
    return createApp().request(path, {}, bindings)
  }

  test('a missing or wrong configuration says what to do on every route', async () => {
    const other = await exportPrivateJwk(await keyOf('another authority'))
    const wrong: readonly Partial<Env>[] = [
      { GENESIS: '' },
      { GENESIS: '{}' },
      { AUTHORITY_KEY: '' },
      { AUTHORITY_KEY: '{"kty":"OKP"}' },
      { AUTHORITY_KEY: other },
    ]
    for (const overrides of wrong) {
      for (const path of ['/healthz', `/v1/networks/${NETWORK}`, '/openapi.json', '/nothing']) {
        const answer = await answers(overrides, path)
        expect(answer.status).toBe(500)
        expect(await answer.json()).toMatchObject({ error: 'CONFIG_INVALID', remedy: expect.any(String) })
      }
    }
  })

  test('a valid configuration is healthy', async () => {
    const answer = await get(`${ORIGIN}/healthz`)
    expect(await answer.json()).toMatchObject({ ok: true, network: NETWORK, clusters: CLUSTERS.length + 1 })
  })
})
