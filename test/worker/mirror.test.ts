/** MJ1 at the edge: a cluster whose members are its arbiter is mirrored, served and asked, and never decided for. */
import { abortAllDurableObjects } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { grantOf } from '@baton/shared/core/registry/view'
import { verifyCredential } from '@baton/shared/crypto/credential'
import { signStatement } from '@baton/shared/crypto/statements'
import type { NodeId, UnixMs } from '@baton/shared/ids'
import { writeValue } from '@baton/shared/protocol/arbiter/messages'
import type { FromAuthority } from '@baton/shared/protocol/control'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { directory } from './audited.ts'
import { eventually } from './eventually.ts'
import { sendNotice } from './identity-fixture.ts'
import { Members, TWO } from './majority-fixture.ts'
import { keyOf, MEMBERS, NETWORK, OWN_ARBITER, testGenesis } from './network.ts'
import { act, eventsOf, operatorToken, view } from './operator-client.ts'
import { clusterUrl, get, TestNode } from './test-node.ts'

const [A, B, C] = MEMBERS as [NodeId, NodeId, NodeId]
const GENESIS = await testGenesis()

let members: Members
let online: TestNode[] = []
beforeAll(async () => {
  members = new Members()
  await members.found()
})
afterEach(() => {
  for (const node of online) node.disconnect()
  online = []
})

async function connected(letter: string, protocol = { min: 1, max: 3 }): Promise<TestNode> {
  const node = await TestNode.make(OWN_ARBITER, letter)
  await node.connect({ protocol })
  online.push(node)
  return node
}

async function status() {
  return (await (await view(OWN_ARBITER, '')).json()) as {
    state: null | { epoch: number; version: number; master: string; credential: { grant: string; certificate: string } }
  }
}

const shown = (fits: (state: NonNullable<Awaited<ReturnType<typeof status>>['state']>) => boolean) =>
  eventually(async () => {
    const { state } = await status()
    if (state === null || !fits(state)) throw new Error(`shown is ${JSON.stringify(state)}`)
    return state
  })

const is = (epoch: number) => shown((state) => state.epoch === epoch)

test('[MJ1, RG2] nobody is granted anything at the edge: not the founder that comes first, nor whoever claims', async () => {
  const founder = await connected('a')
  expect(founder.state).toBeNull()
  expect((await status()).state).toBeNull()
  const claim = { network: NETWORK, cluster: OWN_ARBITER, generation: 0, epoch: 1, version: 0, node: A, nonce: 'n' }
  const evidence = { kind: 'refused' }
  const statement = await signStatement(
    'claim',
    { ...claim, evidence, durableIndex: 0, coming: null } as never,
    founder.keys.privateKey,
  )
  const refused = { ok: false, code: 'PEER_UNEXPECTED', why: expect.stringContaining('MJ1'), state: null }
  expect(await founder.sendClaim(statement)).toMatchObject(refused)
  expect(await founder.ask({ t: 'confirm', token: { generation: 0, epoch: 1 } as never })).toMatchObject(refused)
  expect((await status()).state).toBeNull()
})

test('[MJ1] what does not verify is not mirrored: too few signers, another grant, the authority’s own, another master, no member', async () => {
  const [a] = [await connected('a')]
  const { registry } = members
  const authority = await keyOf('authority')
  const forged = [
    await members.value(await members.proof([A])),
    await members.value(await members.proof(TWO, { node: B })),
    await members.value(await signStatement('grant', grantOf(registry, registry.lastGrant), authority.privateKey)),
    writeValue({ registry: { ...registry, master: B }, proof: await members.proof() }),
    writeValue({
      registry: { ...registry, lastGrant: { ...registry.lastGrant, syncSet: [A, B] } },
      proof: await members.proof(),
    }),
    writeValue({ registry: { ...registry, cluster: 'c1' as never }, proof: await members.proof() }),
    writeValue({ registry, proof: null }),
    'no value at all',
  ]
  for (const value of forged) {
    a.send({ t: 'mirror', value, events: [] })
    await a.take('refused')
  }
  expect((await status()).state).toBeNull()
  const refusals = (await eventsOf(OWN_ARBITER)).filter(({ event }) => event === 'frame-refused')
  expect(refusals.length).toBeGreaterThanOrEqual(forged.length)
  const other = await TestNode.online('c12' as never, 'a')
  online.push(other)
  other.send({ t: 'mirror', value: await members.value(), events: [] })
  expect(await other.take('refused')).toMatchObject({ code: 'PEER_UNEXPECTED' })
})

test('[MJ1, NW2] what a majority has signed is mirrored with its events; the table shows it with their signatures', async () => {
  const b = await connected('b')
  const events = members.decide({
    i: 'order',
    id: 'o1',
    node: C,
    cause: 'threshold',
    why: 'wrong results',
  })
  b.send({ t: 'mirror', value: await members.value(), events })
  const state = await is(1)
  expect(state).toMatchObject({ master: A, version: members.registry.version })
  expect(await verifyCredential(GENESIS, state.credential as never)).toMatchObject({ ok: true, value: { node: A } })
  expect((await eventsOf(OWN_ARBITER)).at(-1)).toMatchObject({ event: 'ordered', who: C, why: 'wrong results' })
  await eventually(async () => {
    const table = await directory().table()
    if (!table.ok) throw new Error(table.why)
    const listed = table.value.masters.find(({ cluster }) => cluster === OWN_ARBITER)
    if (listed?.node !== A) throw new Error('not listed')
  })
  const again = await connected('c')
  expect(again.state).toMatchObject({ epoch: 1, master: A, recorded: null })
})

test('[MJ1] only a newer value takes its place, and it is there again after a restart', async () => {
  const a = await connected('a')
  const old = await members.value()
  members.switchTo(B)
  a.send({ t: 'mirror', value: await members.value(), events: [] })
  await is(2)
  a.send({ t: 'mirror', value: old, events: [] })
  await a.report()
  expect((await status()).state).toMatchObject({ epoch: 2, master: B })
  await abortAllDurableObjects()
  expect((await status()).state).toMatchObject({ epoch: 2, master: B })
})

/** Answers what the edge submits, as a member would. */
async function answering(node: TestNode, answer: (ask: Extract<FromAuthority, { t: 'ask' }>) => void): Promise<void> {
  answer(await node.take('ask'))
}

test('[MJ1, ID7] an operator’s act goes to the master’s session first, and its answer is the members’', async () => {
  const [a, b] = [await connected('a'), await connected('b')]
  const authorization = await operatorToken(OWN_ARBITER, 'owner')
  const done = act(OWN_ARBITER, 'pause', { forMs: 60_000 })
  await answering(b, ({ request, ask }) => {
    expect(ask).toMatchObject({
      kind: 'operator',
      authorization,
      why: 'a test',
      action: { act: 'pause' },
    })
    b.send({ t: 'asked', request, outcome: { ok: true }, events: [] })
  })
  const answer = await done
  expect([answer.status, await answer.json()]).toMatchObject([200, { ok: true, state: { master: B, epoch: 2 } }])
  expect(a.inbox.filter(({ t }) => t === 'ask')).toEqual([])
  const refused = act(OWN_ARBITER, 'clear', { node: A })
  await answering(b, ({ request }) => {
    const outcome = { ok: false, code: 'UNKNOWN_NODE', why: 'not barred', retryAfterMs: null } as const
    b.send({ t: 'asked', request, outcome, events: [] })
  })
  expect([(await refused).status, await (await refused).json()]).toMatchObject([404, { error: 'UNKNOWN_NODE' }])
})

test('[MJ1, ID7] when the member that was asked goes, another one is; when nobody is there, that is said', async () => {
  const [b, c] = [await connected('b'), await connected('c')]
  const done = act(OWN_ARBITER, 'resume')
  await b.take('ask')
  b.disconnect()
  await answering(c, ({ request }) => c.send({ t: 'asked', request, outcome: { ok: true }, events: [] }))
  expect((await done).status).toBe(200)
  c.disconnect()
  await eventually(async () => {
    const answer = await act(OWN_ARBITER, 'resume')
    const body = (await answer.json()) as { error?: string; message?: string }
    if (body.error !== 'UNREACHABLE') throw new Error(JSON.stringify(body))
    expect(body.message).toContain(`no member of ${OWN_ARBITER} has answered`)
  })
})

test('[MJ1] a session that was asked nothing, or is too old, has no say', async () => {
  const [a, b] = [await connected('a'), await connected('b', { min: 1, max: 2 })]
  const done = act(OWN_ARBITER, 'resume')
  const { request } = await a.take('ask')
  b.send({ t: 'asked', request, outcome: { ok: false, code: 'PAUSED', why: 'no', retryAfterMs: null }, events: [] })
  await b.report()
  a.send({ t: 'asked', request, outcome: { ok: true }, events: [] })
  expect((await done).status).toBe(200)
  expect(b.inbox.filter(({ t }) => t === 'ask')).toEqual([])
})

test('[MJ1, RG8] the registry is never frozen or restored; a dry run is judged by what is mirrored', async () => {
  for (const name of ['freeze', 'accept-incomplete-restore']) {
    const answer = await act(OWN_ARBITER, name)
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { message: expect.stringContaining('never restored') },
    ])
  }
  const dry = await act(OWN_ARBITER, 'order', { id: 'o7', node: A, dryRun: true })
  expect([dry.status, await dry.json()]).toMatchObject([
    200,
    { dryRun: true, events: [{ event: 'ordered', who: 'ann the owner' }] },
  ])
  expect((await status()).state).toMatchObject({ epoch: 2 })
})

test('[MJ1, RG9, NW5] an order of the directory is submitted, and taken when the members have recorded it', async () => {
  const b = await connected('b')
  const order = { id: 'o2', node: B, cause: 'threshold', why: 'wrong results' } as const
  const stub = env.CLUSTER_AUTHORITY.getByName(`${NETWORK}/${OWN_ARBITER}`)
  const answer = stub.order(OWN_ARBITER, order, true)
  const { request, ask } = await b.take('ask')
  expect(ask).toEqual({ kind: 'order', order, bars: true })
  const events = members.decide({ i: 'order', ...order })
  b.send({ t: 'mirror', value: await members.value(), events })
  b.send({ t: 'asked', request, outcome: { ok: true }, events: [] })
  expect(await answer).toMatchObject({ ok: true, value: { taken: true, stands: true } })
})

test('[MJ1, RG6] what the directory hears of votes elsewhere goes to every member', async () => {
  const [a, b] = [await connected('a'), await connected('b', { min: 1, max: 2 })]
  const stub = env.CLUSTER_AUTHORITY.getByName(`${NETWORK}/${OWN_ARBITER}`)
  await stub.foreignSilence(OWN_ARBITER, {
    cluster: OWN_ARBITER,
    reporters: 3,
    clusters: 13,
    silentForMs: 900,
  } as never)
  expect(await a.take('foreignSilence')).toEqual({ t: 'foreignSilence', reporters: 3, clusters: 13, silentForMs: 900 })
  await b.report()
  expect(b.inbox.filter(({ t }) => t === 'foreignSilence')).toEqual([])
})

test('[MJ1] a member comes with the key that its owner has given it, and grants are verified with it; the one before lets nobody in', async () => {
  const next = await keyOf('another key of b')
  const told = { network: NETWORK, cluster: OWN_ARBITER, node: B, sequence: 1, reason: 'its disk is lost' }
  const before = await TestNode.make(OWN_ARBITER, 'b')
  const change = { ...told, from: before.keys.publicKey, to: next.publicKey, issuedAt: Date.now() as UnixMs }
  const after = await TestNode.make(OWN_ARBITER, 'b', { key: next.publicKey, issuedAt: 9 as UnixMs })
  const comes = async (node: TestNode, signer = node.keys) => {
    await node.open()
    await node.hello({}, signer)
    online.push(node)
    return eventually(() => {
      for (const said of node.inbox) {
        if (said.t === 'welcome') return [said.t]
        if (said.t === 'refused') return [said.code, said.why]
      }
      throw new Error('it is not answered')
    })
  }
  expect(await comes(after, next)).toEqual(['UNKNOWN_NODE', expect.stringContaining('baton node replace-key')])
  const a = await connected('a')
  members.switchTo(A)
  const signed = await members.proof([A, B], {}, new Map([[B, next]]))
  a.send({ t: 'mirror', value: await members.value(signed), events: [] })
  expect(await a.take('refused')).toMatchObject({ code: 'STATEMENT_INVALID', why: expect.stringContaining(B) })
  const statement = await signStatement('memberKey', change, (await keyOf(`owner ${OWN_ARBITER}`)).privateKey)
  expect((await sendNotice(statement)).status).toBe(200)
  expect(await a.take('notices')).toEqual({ t: 'notices', notices: [statement] })
  expect(await eventsOf(OWN_ARBITER)).toContainEqual(
    expect.objectContaining({
      event: 'notice',
      who: `owner of ${OWN_ARBITER}`,
      why: expect.stringContaining('its disk is lost'),
    }),
  )
  expect(await comes(before)).toEqual(['UNKNOWN_NODE', expect.stringContaining('baton node replace-key')])
  expect(await comes(after, next)).toEqual(['welcome'])
  a.send({ t: 'mirror', value: await members.value(signed), events: [] })
  await is(members.registry.epoch)
  // Asked again after the object has begun anew: it is on its disk.
  await abortAllDurableObjects()
  expect(await comes(after, next)).toEqual(['welcome'])
})

test('[MJ1, ID3] nobody joins the members: neither a new name nor a known one with another key', async () => {
  const fresh = await TestNode.make(OWN_ARBITER, 'x')
  await fresh.open()
  await fresh.hello()
  expect(await fresh.take('refused')).toMatchObject({
    code: 'UNKNOWN_NODE',
    why: expect.stringContaining('fixed in genesis'),
  })
  const { keys } = fresh
  const said = { network: NETWORK, cluster: OWN_ARBITER, node: A, key: keys.publicKey, site: 'x' as never }
  const owner = await keyOf(`owner ${OWN_ARBITER}`)
  const times = { issuedAt: 9 as UnixMs, expiresAt: 4_102_444_800_000 as UnixMs }
  const certificate = await signStatement('certificate', { ...said, ...times }, owner.privateKey)
  const request = { network: NETWORK, cluster: OWN_ARBITER, node: A, certificate, at: Date.now() as UnixMs }
  const body = JSON.stringify({ request: await signStatement('joinRequest', request, keys.privateKey) })
  const headers = { 'content-type': 'application/json' }
  const answer = await get(clusterUrl(OWN_ARBITER, '/joins'), { method: 'POST', headers, body })
  expect([answer.status, await answer.json()]).toMatchObject([403, { error: 'UNKNOWN_NODE' }])
})
