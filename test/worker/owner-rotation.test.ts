/** An owner replaces its key while the control plane and its nodes go on (ID1, ID8). */
import { abortAllDurableObjects } from 'cloudflare:test'
import type { NodeCertificate, OwnerRotation } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, Jws, PublicKey, UnixMs } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { CLOSE } from '../../worker/src/objects/authority/sockets.ts'
import { join, makeToken, nodeSubject, revocationOf, sendNotice, tokenNode } from './identity-fixture.ts'
import { CLUSTERS, keyOf, NETWORK } from './network.ts'
import { act, eventsOf, operatorToken } from './operator-client.ts'
import { clusterUrl, get, ORIGIN, TestNode, threeNodes } from './test-node.ts'

const clusters = CLUSTERS[Symbol.iterator]()
const fresh = () => clusters.next().value!
const YEAR = 365 * 24 * 3_600_000
/** Long enough for what is asked within it on a busy machine; the tests that need its end wait for that. */
const WINDOW_MS = 6_000

const newKey = (cluster: ClusterId) => keyOf(`next owner ${cluster}`)

async function rotationOf(
  cluster: ClusterId,
  change: Partial<OwnerRotation> = {},
  signer = `owner ${cluster}`,
): Promise<Jws> {
  const issuedAt = Date.now() as UnixMs
  const payload: OwnerRotation = {
    network: NETWORK,
    cluster,
    sequence: 1,
    from: (await keyOf(`owner ${cluster}`)).publicKey,
    to: (await newKey(cluster)).publicKey,
    issuedAt,
    until: (issuedAt + YEAR) as UnixMs,
    ...change,
  }
  return signStatement('ownerRotation', payload, (await keyOf(signer)).privateKey)
}

async function rotate(
  cluster: ClusterId,
  windowMs: number,
): Promise<{ readonly until: number; readonly rotation: Jws }> {
  const issuedAt = Date.now() as UnixMs
  const until = (issuedAt + windowMs) as UnixMs
  const rotation = await rotationOf(cluster, { issuedAt, until })
  expect(await (await sendNotice(rotation)).json()).toEqual({ added: true })
  return { until, rotation }
}

/** The same node, certified by the new key. */
async function certifiedAnew(node: TestNode, change: Partial<NodeCertificate> = {}): Promise<void> {
  const { cluster } = node
  const made = await TestNode.make(
    cluster,
    node.node.slice(-1),
    { issuedAt: Date.now() as UnixMs, ...change },
    await newKey(cluster),
  )
  Object.assign(node, { certificate: made.certificate })
}

const ended = (until: number) => expect.poll(() => Date.now() >= until, { timeout: 2 * WINDOW_MS }).toBe(true)
const notices = async () =>
  ((await (await get(`${ORIGIN}/v1/networks/${NETWORK}/notices`)).json()) as { notices: Jws[] }).notices

async function refusedWith(node: TestNode): Promise<{ code: string; why: string }> {
  await node.open()
  await node.hello()
  const refused = await node.take('refused')
  await expect.poll(() => node.closed?.code).toBe(CLOSE.refused)
  return refused as never
}

test('[ID1, ID8] in the window old and new certificates open sessions; after it only the new ones, and nothing is granted to the old', async () => {
  const [a, b, c] = await threeNodes(fresh())
  const { cluster } = a
  const { until } = await rotate(cluster, WINDOW_MS)
  const told = await a.take('notices')
  expect(await notices()).toEqual(expect.arrayContaining([...told.notices]))
  // What the registry measures elections by has changed without anybody coming back.
  const expiries = async () => {
    const { nodes } = (await (await get(clusterUrl(cluster, '/nodes'))).json()) as { nodes: { expiresAt: number }[] }
    return nodes.map(({ expiresAt }) => expiresAt)
  }
  await expect.poll(expiries).toEqual([until, until, until])
  await certifiedAnew(b)
  await b.connect()
  await c.connect()
  await ended(until)
  // Sessions and reports go on, votes are nobody's business here; a claim of who was not certified anew is refused.
  expect((await a.report()).t).toBe('heard')
  const claimed = await a.claim({ kind: 'own' })
  expect(claimed).toMatchObject({ ok: false, code: 'CERTIFICATE_EXPIRED' })
  const { code, why } = await refusedWith(c)
  expect(code).toBe('CERTIFICATE_EXPIRED')
  expect(why).toContain(`the owner key that signed the certificate of ${c.node} was replaced, and counted until`)
  await certifiedAnew(c)
  await c.connect()
  a.disconnect()
  await b.seeState(() => true)
  await expect
    .poll(async () => (await b.claim({ kind: 'refused' })) as object, { timeout: 5_000 })
    .toMatchObject({ ok: true, state: { master: b.node } })
})

test('[ID1] it is an event, kept and told again after a crash, and a repeat is a success', async () => {
  const [a] = await threeNodes(fresh())
  const { rotation } = await rotate(a.cluster, YEAR)
  expect(await (await sendNotice(rotation)).json()).toEqual({ added: false })
  const event = { event: 'notice', who: `owner of ${a.cluster}`, why: expect.stringContaining('is replaced by') }
  await expect.poll(() => eventsOf(a.cluster)).toContainEqual(expect.objectContaining(event))
  await abortAllDurableObjects()
  await certifiedAnew(a)
  await a.connect()
  expect(await a.take('notices')).toMatchObject({ t: 'notices' })
  expect(await (await sendNotice(rotation)).json()).toEqual({ added: false })
})

test('[ID1, ID4] refuses what is no rotation: another signer, the same key, one in the middle of another, a second from the old key', async () => {
  const cluster = fresh()
  const foreign = fresh()
  await TestNode.online(cluster, 'a')
  const keyIn = async (name: string): Promise<PublicKey> => (await keyOf(name)).publicKey
  let refusals = 0
  const refused = async (statement: Jws) => {
    // Each from an address of its own, for after ten the limit is what an answer says (ID5).
    const answer = await sendNotice(statement, `198.51.100.${++refusals}`)
    return [answer.status, ((await answer.json()) as { message: string }).message]
  }
  const wrong: readonly [Jws, RegExp][] = [
    [await rotationOf(cluster, {}, `owner ${foreign}`), /has not signed the rotation/],
    [await rotationOf(cluster, {}, 'authority'), /has not signed the rotation/],
    [await rotationOf(cluster, { from: await keyIn('stranger') }, 'stranger'), /is no owner key/],
    [await rotationOf(cluster, { to: await keyIn(`owner ${cluster}`) }), /the new key is the old one/],
    [await rotationOf(cluster, { to: await keyIn(`owner ${foreign}`) }), /a key of an owner or of the authority/],
    [await rotationOf(cluster, { to: await keyIn('authority') }), /a key of an owner or of the authority/],
    [await rotationOf(cluster, { sequence: 7 }), /the next one is 1/],
    [await rotationOf(cluster, { issuedAt: 1 as UnixMs, until: 2 as UnixMs }), /window of the rotation has ended/],
  ]
  for (const [statement, why] of wrong) expect(await refused(statement)).toEqual([400, expect.stringMatching(why)])
  const { until } = await rotate(cluster, WINDOW_MS)
  const second = await rotationOf(
    cluster,
    { sequence: 2, from: (await newKey(cluster)).publicKey, to: await keyIn('a third') },
    `next owner ${cluster}`,
  )
  expect(await refused(second)).toEqual([400, expect.stringMatching(/is under way until/)])
  await ended(until)
  // Whoever finds the old key: its number is taken, and it is no key any more.
  for (const sequence of [1, 2]) {
    const theft = await rotationOf(cluster, { sequence, to: await keyIn('a thief') })
    expect(await refused(theft)).toEqual([400, expect.stringMatching(/the next one is 2|has been replaced already/)])
  }
  expect(await (await sendNotice(second)).json()).toEqual({ added: true })
})

test('[ID1, ID3, ID7, ID8] tokens and revocations of the old key end with the window, those of the new one count', async () => {
  const [a, b, c] = await threeNodes(fresh())
  const { cluster } = a
  const [old, next] = [`owner ${cluster}`, `next owner ${cluster}`]
  const { until } = await rotate(cluster, WINDOW_MS)
  const asks = async (signer: string) => {
    const token = await operatorToken(cluster, 'operator', {}, signer)
    return (await act(cluster, 'resume', { dryRun: true }, token)).status
  }
  await expect.poll(() => asks(next)).toBe(200)
  expect(await asks(old)).toBe(200)
  const joins = async (signer: string, letter: string) => {
    const node = await tokenNode(await makeToken(cluster, {}, signer), letter)
    return (await join(node)).status
  }
  expect([await joins(old, 'm'), await joins(next, 'n')]).toEqual([200, 200])
  await ended(until)
  expect([await asks(old), await asks(next)]).toEqual([401, 200])
  expect([await joins(old, 'o'), await joins(next, 'p')]).toEqual([403, 200])
  // A thief of the old key revokes nobody: neither at the directory nor through a node's session.
  const theft = await revocationOf(cluster, nodeSubject(b), old)
  expect(await (await sendNotice(theft)).json()).toMatchObject({
    error: 'STATEMENT_INVALID',
    message: expect.stringContaining('was replaced, and counted until'),
  })
  a.send({ t: 'notices', notices: [theft] })
  expect((await b.report()).t).toBe('heard')
  await sendNotice(await revocationOf(cluster, nodeSubject(c), next))
  await expect.poll(() => c.closed?.code).toBe(CLOSE.refused)
  expect(b.closed).toBeUndefined()
  expect(await notices()).not.toContain(theft)
})
