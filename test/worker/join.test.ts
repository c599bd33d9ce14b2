import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { NetworkId, NodeId, SiteId, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { join, makeToken, tokenNode } from './identity-fixture.ts'
import { CLUSTERS, keyOf, NETWORK } from './network.ts'
import { eventsOf } from './operator-client.ts'
import { TestNode } from './test-node.ts'

const [C1, C2, C3, C4, C5, C6, C7] = CLUSTERS

test('[ID3] a node joins with a token, opens a session, and is told to the cluster', async () => {
  const founder = await TestNode.online(C1, 'a')
  const token = await makeToken(C1, { uses: 2 })
  const fresh = await tokenNode(token, 'n')
  const answer = await join(fresh)
  expect([answer.status, await answer.json()]).toEqual([200, { cluster: C1, node: fresh.node, usesLeft: 1 }])
  await fresh.connect()
  await founder.seeState(({ members }) => members.some(({ node }) => node === fresh.node))
  expect(await eventsOf(C1)).toContainEqual(expect.objectContaining({ event: 'joined', who: fresh.node, code: null }))
})

test('[ID3] a token counts its uses: a repeat by the same key is no use, one too many is refused', async () => {
  const token = await makeToken(C2, { uses: 2 })
  const nodes = await Promise.all(['n', 'o', 'p'].map((letter) => tokenNode(token, letter)))
  const [n, o, p] = nodes as [TestNode, TestNode, TestNode]
  for (const node of [n, n, o, n]) expect((await join(node)).status).toBe(200)
  const refused = await join(p)
  expect([refused.status, await refused.json()]).toMatchObject([403, { error: 'TOKEN_USED_UP' }])
  expect(await eventsOf(C2)).toContainEqual(
    expect.objectContaining({ event: 'join-refused', who: p.node, code: 'TOKEN_USED_UP' }),
  )
  expect((await eventsOf(C2)).filter(({ event }) => event === 'joined')).toHaveLength(2)
})

test('[ID3, RG7] the count survives a crash of the authority, and many who ask at once', async () => {
  const token = await makeToken(C3, { uses: 3 })
  const nodes = await Promise.all(Array.from({ length: 8 }, (_, at) => tokenNode(token, `n${at}`)))
  const answers = await Promise.all(nodes.map((node) => join(node)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
  await abortAllDurableObjects()
  const again = await Promise.all(nodes.map((node) => join(node)))
  expect(again.map(({ status }) => status)).toEqual(answers.map(({ status }) => status))
})

test('[ID3] a session counts as a use too: nobody gets around the count by not asking first', async () => {
  const token = await makeToken(C4, { uses: 1 })
  await (await tokenNode(token, 'n')).connect()
  const second = await tokenNode(token, 'o')
  await second.open()
  await second.hello()
  expect(await second.take('refused')).toMatchObject({ code: 'TOKEN_USED_UP' })
  const third = await tokenNode(token, 'p')
  const claim = await third.post('claims', await claimOf(third))
  expect([claim.status, await claim.json()]).toMatchObject([403, { error: 'UNKNOWN_NODE' }])
})

test('[ID3] a node that has joined is known when its token has expired', async () => {
  const token = await makeToken(C4, { uses: 2, expiresAt: (Date.now() + 1_500) as UnixMs })
  const early = await tokenNode(token, 'e')
  expect((await join(early)).status).toBe(200)
  await expect.poll(() => Date.now() > token.token.expiresAt, { timeout: 5_000 }).toBe(true)
  const late = await join(await tokenNode(token, 'l'))
  expect(await late.json()).toMatchObject({ error: 'TOKEN_EXPIRED' })
  expect((await join(early)).status).toBe(200)
  await early.connect()
})

test('[ID3] a token replaces no node: a name that is taken is refused', async () => {
  const taken = await TestNode.online(C5, 'a')
  const token = await makeToken(C5, { uses: 3 })
  const thief = await keyOf('a thief of a name')
  const impostor = await tokenNode(token, 'a', { key: thief.publicKey })
  expect(await (await join(impostor, thief)).json()).toMatchObject({ error: 'NODE_EXISTS' })
  expect((await join(await tokenNode(token, 'n'))).status).toBe(200)
  const second = await tokenNode(token, 'n', { key: thief.publicKey })
  expect(await (await join(second, thief)).json()).toMatchObject({ error: 'NODE_EXISTS' })
  expect(taken.closed).toBeUndefined()
})

test.each<[string, string, () => Promise<Response>]>([
  [
    'a token of a foreign owner',
    'TOKEN_INVALID',
    async () => join(await tokenNode(await makeToken(C6, {}, `owner ${C5}`), 'n')),
  ],
  [
    'a token of the control plane',
    'TOKEN_INVALID',
    async () => join(await tokenNode(await makeToken(C6, {}, 'authority'), 'n')),
  ],
  [
    'a token for another site',
    'TOKEN_INVALID',
    async () => join(await tokenNode(await makeToken(C6, { site: 'y' as SiteId }), 'n')),
  ],
  [
    'a token for another node',
    'TOKEN_INVALID',
    async () => join(await tokenNode(await makeToken(C6, { node: 'c6-z' as NodeId }), 'n')),
  ],
  ['a token for another cluster', 'TOKEN_INVALID', async () => join(await tokenNode(await makeToken(C5), 'n', {}, C6))],
  [
    'a token of another network',
    'TOKEN_INVALID',
    async () => join(await tokenNode(await makeToken(C6, { network: 'other' as NetworkId }), 'n')),
  ],
  [
    'a certificate of another cluster',
    'CERTIFICATE_INVALID',
    async () => join(await tokenNode(await makeToken(C5), 'n', { cluster: C5 }, C6)),
  ],
  [
    'an unknown key in the place of the token’s',
    'CERTIFICATE_INVALID',
    async () => join(await tokenNode({ ...(await makeToken(C6)), keys: await keyOf('unknown') }, 'n')),
  ],
  [
    'a request that the node has not signed',
    'STATEMENT_INVALID',
    async () => join(await tokenNode(await makeToken(C6), 'n'), await keyOf('unknown')),
  ],
  [
    'a certificate that has expired',
    'CERTIFICATE_EXPIRED',
    async () => join(await tokenNode(await makeToken(C6), 'n', { expiresAt: (Date.now() - 1) as UnixMs })),
  ],
])('[ID3, RG11] refuses %s with a code and an event; nothing is joined', async (_, code, ask) => {
  const before = await eventsOf(C6)
  const answer = await ask()
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(await answer.json()).toMatchObject({ error: code, message: expect.any(String) })
  const told = (await eventsOf(C6)).slice(before.length)
  expect(told).toMatchObject([{ event: 'join-refused', code }])
  await runInDurableObject(env.CLUSTER_AUTHORITY.getByName(`${NETWORK}/${C6}`), (_object, state) => {
    expect(state.storage.sql.exec('SELECT * FROM token_uses').toArray()).toEqual([])
    state.storage.sql.exec('DELETE FROM attempts')
  })
})

test('[ID5] too many failures of one source are told apart and cost no more rows; a good proof still gets in', async () => {
  const stranger = await keyOf('stranger')
  const bad = await TestNode.make(C7, 'x', {}, stranger)
  for (let at = 0; at < LIMITS.attemptsPerSource; at++) {
    expect(await (await join(bad)).json()).toMatchObject({ error: 'CERTIFICATE_INVALID' })
  }
  const limited = await join(bad)
  expect([limited.status, await limited.json()]).toMatchObject([429, { error: 'TOO_MANY_ATTEMPTS' }])
  const events = await eventsOf(C7)
  expect(events.at(-1)).toMatchObject({ event: 'attempts-limited', who: '192.0.2.1' })
  for (let at = 0; at < 5; at++) expect((await join(bad)).status).toBe(429)
  expect(await eventsOf(C7)).toHaveLength(events.length)
  expect((await join(await tokenNode(await makeToken(C7), 'n'))).status).toBe(200)
  expect(await (await join(bad, bad.keys, '192.0.2.2')).json()).toMatchObject({ error: 'CERTIFICATE_INVALID' })
})

test('[ID5] failures of many sources are bounded together', async () => {
  const bad = await TestNode.make(C7, 'x', {}, await keyOf('stranger'))
  for (let at = 0; at < LIMITS.attemptsRecorded + 20; at++) await join(bad, bad.keys, `198.51.100.${at}`)
  const refused = (await eventsOf(C7)).filter(({ event }) => event === 'join-refused')
  expect(refused.length).toBeLessThanOrEqual(LIMITS.attemptsRecorded)
})

async function claimOf(node: TestNode) {
  node.state = { generation: 0, epoch: 1, version: 1 } as never
  return node.signedClaim({ kind: 'silence', forMs: 1 })
}
