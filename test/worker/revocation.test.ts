import { abortAllDurableObjects } from 'cloudflare:test'
import { signStatement } from '@baton/shared/crypto/statements'
import type { NodeId, UnixMs } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { CLOSE } from '../../worker/src/objects/authority/sockets.ts'
import { makeToken, nodeSubject, post, revocationOf, sendNotice, tokenNode } from './identity-fixture.ts'
import { CLUSTERS, keyOf, NETWORK } from './network.ts'
import { act, bearer, eventsOf, operatorToken } from './operator-client.ts'
import { clusterUrl, get, TestNode, threeNodes } from './test-node.ts'

const [C1, C2, C3, C4, C5, C6, C7, C8] = CLUSTERS
const YEAR = 365 * 24 * 3_600_000

async function expectNoSession(node: TestNode, code: string): Promise<void> {
  await node.open()
  await node.hello()
  expect(await node.take('refused')).toMatchObject({ code })
  await expect.poll(() => node.closed?.code).toBe(CLOSE.refused)
}

test('[ID8] a revoked node loses its session, gets no other, and is told to everybody', async () => {
  const [a, b, c] = await threeNodes(C1)
  const elsewhere = await TestNode.online(C2, 'a')
  const notice = await revocationOf(C1, nodeSubject(c))
  const answer = await sendNotice(notice)
  expect([answer.status, await answer.json()]).toEqual([200, { added: true }])
  await expect.poll(() => c.closed?.code).toBe(CLOSE.refused)
  for (const node of [a, b, elsewhere]) expect(await node.take('notices')).toEqual({ t: 'notices', notices: [notice] })
  await expectNoSession(c, 'CERTIFICATE_REVOKED')
  const events = await eventsOf(C1)
  for (const event of ['notice', 'revoked', 'session-refused']) {
    expect(events).toContainEqual(expect.objectContaining({ event }))
  }
  expect(await (await sendNotice(notice)).json()).toEqual({ added: false })
  // Kept, told again, and acted on after a crash.
  await abortAllDurableObjects()
  await expectNoSession(c, 'CERTIFICATE_REVOKED')
  await a.connect()
  expect(await a.take('notices')).toMatchObject({ notices: [notice] })
})

test('[ID8] a revoked node is not granted: neither its claim nor one that a peer carries', async () => {
  const [a, b, c] = await threeNodes(C2)
  const claim = await b.signedClaim({ kind: 'refused' })
  a.disconnect()
  await sendNotice(await revocationOf(C2, nodeSubject(b)))
  await expect.poll(() => b.closed?.code).toBe(CLOSE.refused)
  const own = await b.post('claims', claim)
  expect([own.status, await own.json()]).toMatchObject([403, { error: 'CERTIFICATE_REVOKED' }])
  await c.seeState(({ version }) => version > b.known.version)
  b.state = c.state
  const relayed = await b.post('claims', await b.signedClaim({ kind: 'refused' }), c.certificate)
  expect([relayed.status, await relayed.json()]).toMatchObject([403, { error: 'CERTIFICATE_REVOKED' }])
})

test('[ID8, RG9] revoking the master is an order; it keeps its session until it has been switched away from', async () => {
  const [a, b] = await threeNodes(C3)
  await a.report()
  await sendNotice(await revocationOf(C3, nodeSubject(a)))
  const ordered = await b.seeState(({ orders }) => orders.length === 1)
  expect(ordered.orders[0]).toMatchObject({ node: a.node, cause: 'operator' })
  expect(a.closed).toBeUndefined()
  const reply = await b.claim({ kind: 'ordered', order: ordered.orders[0]!.id })
  expect(reply).toMatchObject({ ok: true, state: { master: b.node } })
  await expect.poll(() => a.closed?.code).toBe(CLOSE.refused)
})

test('[ID4, ID8] nobody but the owner revokes: not another owner, not the control plane, not the node', async () => {
  const node = await TestNode.online(C4, 'a')
  for (const signer of [`owner ${C5}`, 'authority', `node ${node.node}`]) {
    const answer = await sendNotice(await revocationOf(C4, nodeSubject(node), signer))
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'STATEMENT_INVALID' }])
  }
  const foreign = await sendNotice(await revocationOf(C5, nodeSubject(node)))
  expect(await foreign.json()).toEqual({ added: true })
  expect((await node.report()).t).toBe('heard')
})

test('[ID3, ID8] a revoked token takes everybody along whom it certified', async () => {
  const token = await makeToken(C5, { uses: 2 })
  const joined = await tokenNode(token, 'n')
  await joined.connect()
  await sendNotice(await revocationOf(C5, { kind: 'token', token: token.id }))
  await expect.poll(() => joined.closed?.code).toBe(CLOSE.refused)
  await expectNoSession(await tokenNode(token, 'o'), 'CERTIFICATE_REVOKED')
})

test('[ID8, RG8] a node brings the notices that a restored control plane has lost', async () => {
  const [a, , c] = await threeNodes(C6)
  const notice = await revocationOf(C6, nodeSubject(c))
  a.send({ t: 'notices', notices: [notice] })
  await expect.poll(() => c.closed?.code).toBe(CLOSE.refused)
  const all = (await (await get(`${clusterUrl(C6).split('/clusters')[0]}/notices`)).json()) as { notices: string[] }
  expect(all.notices).toContain(notice)
})

async function renew(node: TestNode, expiresAt: number, issuedAt = Date.now(), signer = node.keys): Promise<Response> {
  const { cluster, certificate } = node
  const payload = { network: NETWORK, cluster, node: node.node, certificate, issuedAt, expiresAt }
  const renewal = await signStatement('renewal', payload as never, signer.privateKey)
  return post(clusterUrl(cluster, '/renewals'), { renewal })
}

test('[ID8] the authority countersigns a renewal, and the node opens its next session with it', async () => {
  const soon = (Date.now() + 60_000) as UnixMs
  const node = await TestNode.make(C7, 'a', { expiresAt: soon, renewUntil: (Date.now() + 5 * YEAR) as UnixMs })
  await node.connect()
  const expiresAt = Date.now() + YEAR
  const answer = await renew(node, expiresAt)
  expect(answer.status).toBe(200)
  const { certificate } = (await answer.json()) as { certificate: TestNode['certificate'] }
  Object.assign(node, { certificate })
  expect((await node.connect()).state?.members[0]?.certificate).toBe(certificate)
  const { nodes } = (await (await get(clusterUrl(C7, '/nodes'))).json()) as { nodes: object[] }
  expect(nodes).toMatchObject([{ node: node.node, expiresAt, role: 'master', session: 'open', revoked: false }])
})

test('[ID8, RG11] refuses a renewal that is not the node’s, not allowed, not of this time, or of a revoked node', async () => {
  const allowed = { renewUntil: (Date.now() + 5 * YEAR) as UnixMs, expiresAt: (Date.now() + 60_000) as UnixMs }
  const node = await TestNode.make(C7, 'b', allowed)
  const fixed = await TestNode.make(C7, 'c', { expiresAt: allowed.expiresAt })
  const late = await TestNode.make(C7, 'd', { ...allowed, expiresAt: (Date.now() - 1) as UnixMs })
  const year = Date.now() + YEAR
  const cases: readonly [string, () => Promise<Response>][] = [
    ['STATEMENT_INVALID', async () => renew(node, year, Date.now(), await keyOf('stranger'))],
    ['RENEWAL_REFUSED', () => renew(node, Date.now() + 6 * YEAR)],
    ['RENEWAL_REFUSED', () => renew(node, year, Date.now() - 3_600_000)],
    ['RENEWAL_REFUSED', () => renew(fixed, year)],
    ['CERTIFICATE_EXPIRED', () => renew(late, year)],
  ]
  for (const [code, ask] of cases) {
    expect(await (await ask()).json()).toMatchObject({ error: code })
    expect((await eventsOf(C7)).at(-1)).toMatchObject({ event: 'renewal-refused', code })
  }
  await sendNotice(await revocationOf(C7, { kind: 'node', node: node.node as NodeId, key: node.keys.publicKey }))
  await expect
    .poll(async () => (await (await renew(node, year)).json()) as object)
    .toMatchObject({ error: 'CERTIFICATE_REVOKED' })
})

test('[ID2] a later certificate of the owner gives a node another key, and the older one comes back no more', async () => {
  const node = await TestNode.make(C7, 'k', { issuedAt: 1 as UnixMs })
  await node.connect()
  const keys = await keyOf('the next key of c7-k')
  const next = await TestNode.make(C7, 'k', { issuedAt: 2 as UnixMs, key: keys.publicKey })
  Object.assign(next, { keys })
  await next.connect()
  await expect.poll(() => node.closed?.code).toBe(CLOSE.superseded)
  await expectNoSession(node, 'CERTIFICATE_INVALID')
})

test('[ID8] a certificate that its owner has replaced is not renewed any more, though its key is the same', async () => {
  const soon = (Date.now() + 60_000) as UnixMs
  const old = await TestNode.make(C7, 'r', {
    issuedAt: 1 as UnixMs,
    expiresAt: soon,
    renewUntil: (Date.now() + 5 * YEAR) as UnixMs,
  })
  await old.connect()
  const next = await TestNode.make(C7, 'r', {
    issuedAt: 2 as UnixMs,
    expiresAt: soon,
    renewUntil: (Date.now() + 2 * YEAR) as UnixMs,
  })
  await next.connect()
  expect(await (await renew(old, Date.now() + YEAR)).json()).toMatchObject({ error: 'RENEWAL_REFUSED' })
  expect((await renew(next, Date.now() + YEAR)).status).toBe(200)
})

test('[ID8, PV2] a session of the protocol before is told no notices: neither new ones nor those before it', async () => {
  const [a, b] = await threeNodes(C8)
  await b.connect({ protocol: { min: 1, max: 1 } })
  const notice = await revocationOf(C8, { kind: 'token', token: 'any' })
  await sendNotice(notice)
  await expect
    .poll(() => a.inbox.some((message) => message.t === 'notices' && message.notices.includes(notice)))
    .toBe(true)
  // What was sent to it before the reply has come before the reply.
  const noticed = async () => {
    expect(await b.confirm()).toMatchObject({ t: 'reply' })
    return b.inbox.filter(({ t }) => t === 'notices')
  }
  expect(await noticed()).toEqual([])
  await b.connect({ protocol: { min: 1, max: 1 } })
  expect(await noticed()).toEqual([])
})

test('[ID7, ID8] a revoked operator token opens nothing any more, and each attempt is an event under its name', async () => {
  await TestNode.online(C8, 'a')
  const token = await operatorToken(C8, 'operator', { id: 'lost', name: 'Ann' })
  const other = await operatorToken(C8, 'operator', { id: 'kept' })
  const foreign = await operatorToken(C7, 'operator', { id: 'lost' })
  expect((await act(C8, 'resume', { dryRun: true }, token)).status).toBe(200)
  await sendNotice(await revocationOf(C8, { kind: 'operator', operator: 'lost' }))
  const refused = { error: 'UNAUTHENTICATED', message: 'the operator token of Ann is revoked: its host was stolen' }
  await expect.poll(async () => (await act(C8, 'resume', { dryRun: true }, token)).json()).toMatchObject(refused)
  expect((await get(clusterUrl(C8, '/events'), { headers: bearer(token) })).status).toBe(401)
  // Kept, and refused after a crash too.
  await abortAllDurableObjects()
  expect(await (await act(C8, 'pause', { forMs: 60_000 }, token)).json()).toMatchObject(refused)
  expect((await eventsOf(C8)).at(-1)).toMatchObject({
    event: 'operator-refused',
    who: 'Ann',
    evidence: { kind: 'call', token: 'lost', role: 'operator' },
  })
  // An owner revokes what is its own, by its id.
  expect((await act(C8, 'resume', { dryRun: true }, other)).status).toBe(200)
  expect((await act(C7, 'resume', { dryRun: true }, foreign)).status).not.toBe(401)
})
