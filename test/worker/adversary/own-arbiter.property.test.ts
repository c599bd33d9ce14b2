/**
 * Spoilt messages about a cluster whose members are its arbiter (MJ1): what a member tells the edge, what it answers, and what people ask. What is
 * shown always has the signatures of a majority, and what a member says beside them, however spoilt, stops nothing.
 */
import type { OperatorAction, RegistryEvent } from '@baton/shared/core/registry/messages'
import { verifyCredential } from '@baton/shared/crypto/credential'
import { compareTokens, type Jws, type NodeId } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import { parseToAuthority } from '@baton/shared/protocol/control-schemas'
import { actStatus, restoreRefusal } from '@baton/shared/protocol/operator-acts'
import fc from 'fast-check'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { forge, payloadIn } from '../../support/forge.ts'
import { exchangeLeaves, type Mutation, mutateText, mutateTree, mutations } from '../../support/mutations.ts'
import { eventually } from '../eventually.ts'
import { Members } from '../majority-fixture.ts'
import { keyOf, MEMBERS, OWN_ARBITER, testGenesis } from '../network.ts'
import { ACT_BODIES, act, bearer, operatorToken } from '../operator-client.ts'
import { clusterUrl, get, TestNode } from '../test-node.ts'
import { EVENTS, nested, nextValue, OUTCOMES, spoiltMirror, TELLS } from './mirror-samples.ts'
import { durable, lastSeq, settled, toldAfter } from './scene.ts'
import { expectCode, expectNoErrors, refusalsOf } from './spoilt.ts'

const RUNS = 30
const GENESIS = await testGenesis()
const [A, B] = MEMBERS as [NodeId, NodeId, NodeId]

expectNoErrors()
const members = new Members()
let member: TestNode

beforeAll(() => members.found())
beforeEach(async () => {
  member = await TestNode.online(OWN_ARBITER, 'a')
  await mirrored()
})
afterEach(() => member.disconnect())

/** Told soundly, and taken. */
async function mirrored(events: readonly RegistryEvent[] = []): Promise<void> {
  const value = member.state === null ? await members.value() : JSON.stringify(await nextValue(members, member.known))
  const { generation, epoch, master } = members.registry
  member.send({ t: 'mirror', value, events })
  expect(await shown()).toMatchObject({ generation, epoch, master })
  expect(refusalsOf(member)).toEqual([])
}

/** What is mirrored once everything that was sent before has been dealt with: a request is always answered, and refused. */
async function shown(): Promise<RegistryView> {
  const { state } = await member.ask({ t: 'confirm', token: { generation: 0, epoch: 1 } as never })
  if (state === null) throw new Error('nothing is mirrored')
  return state
}

const isNewer = (a: RegistryView, b: RegistryView) => {
  const order = compareTokens(a, b)
  return order > 0 || (order === 0 && a.version > b.version)
}

/** The code of a refusal; null when it was none. */
async function refusalIn(answer: Response, said = ''): Promise<string | null> {
  const text = await answer.text()
  if (answer.status < 400) return null
  const { error, message } = JSON.parse(text) as { readonly error: unknown; readonly message: unknown }
  expectCode(error, said)
  expect(message).toEqual(expect.any(String))
  return String(error)
}

const viewer = async () => ({ headers: bearer(await operatorToken(OWN_ARBITER, 'viewer')) })
const VIEWS = ['', '/nodes', '/explain', '/metrics', '/events?after=0&limit=5']
const ACT_NAMES = Object.keys(ACT_BODIES) as OperatorAction['act'][]

/** Of this cluster's nodes, where an act names one. */
function bodyOf(name: OperatorAction['act']): object {
  const body = ACT_BODIES[name]
  return 'node' in body ? { ...body, node: A } : body
}

/** An act that waits for the answer of the member, and the ask that has come to it. */
async function asked() {
  const answer = act(OWN_ARBITER, 'resume')
  const { request } = await member.take('ask')
  return { answer, request }
}

test('[RG11, MJ1] evidence that nobody could read again is refused with its frame, any other is recorded as the member tells it', async () => {
  const told = (evidence: unknown) => [{ ...EVENTS[1], evidence }] as readonly RegistryEvent[]
  const lost = { kind: 'claim', given: { kind: 'lost', forMs: 9 } }
  const newer = { kind: 'new-kind', of: [{ another: 'version' }] }
  for (const evidence of [null, lost, newer, { kind: 'x', in: nested(15) }]) {
    const seq = await lastSeq(OWN_ARBITER)
    await mirrored(told(evidence))
    expect(await toldAfter(OWN_ARBITER, seq)).toMatchObject([{ event: 'granted', who: B, evidence }])
  }
  const unreadable = [undefined, null, 'lost', {}, { kind: 7 }].map((given) => ({ kind: 'claim', given }))
  for (const evidence of [...unreadable, { kind: 'x', in: nested(16) }, { kind: 'x', in: nested(6_000) }]) {
    const { answer, request } = await asked()
    const known = await shown()
    member.inbox = []
    member.send({ t: 'mirror', value: JSON.stringify(await nextValue(members, member.known)), events: told(evidence) })
    member.send({ t: 'asked', request, outcome: { ok: true }, events: told(evidence) })
    expect(await shown()).toEqual(known)
    expect(refusalsOf(member)).toEqual(['BAD_REQUEST', 'BAD_REQUEST'])
    member.send({ t: 'asked', request, outcome: { ok: true }, events: [] })
    expect((await answer).status).toBe(200)
  }
  expect((await get(clusterUrl(OWN_ARBITER, '/events?after=0&limit=200'), await viewer())).status).toBe(200)
})

test('[RG11, MJ1] what a member mirrors, spoilt, is refused with a code or stands under the signatures of a majority, and all of it can be looked at', async () => {
  let before: Awaited<ReturnType<typeof durable>> | null = null
  const [how, acts] = [fc.constantFrom(...TELLS), fc.constantFrom(...ACT_NAMES)]
  const property = fc.asyncProperty(how, mutations, acts, async (way, changes, name) => {
    before ??= await settled(OWN_ARBITER)
    const known = member.known
    const text = await spoiltMirror(members, known, way, changes)
    member.inbox = []
    member.sendRaw(text)
    const now = await shown()
    const refused = refusalsOf(member)
    const parsed = parseToAuthority(text)
    if (!parsed.ok) expect(refused).toEqual([parsed.code])
    if (way === 'stranger') expect(refused).toEqual(['STATEMENT_INVALID'])
    for (const code of refused) expectCode(code, text)
    if (refused.length > 0) {
      expect(now).toEqual(known)
      expect(await durable(OWN_ARBITER), text).toEqual(before)
      return
    }
    const { generation, epoch, master: node } = now
    const signed = await verifyCredential(GENESIS, now.credential)
    expect(signed, text).toMatchObject({ ok: true, value: { cluster: OWN_ARBITER, generation, epoch, node } })
    expect(isNewer(now, known) ? known : now, text).toEqual(known)
    for (const path of VIEWS) {
      expect(await refusalIn(await get(clusterUrl(OWN_ARBITER, path), await viewer()), text)).toBeNull()
    }
    await refusalIn(await act(OWN_ARBITER, name, { ...bodyOf(name), dryRun: true }), text)
    await mirrored()
    before = null
  })
  await fc.assert(property, { numRuns: RUNS })
})

test('[RG11, MJ1, ID7] what a member answers, spoilt, is passed on when it reads, and else another answer is still heard', async () => {
  const expectAnswer = async (answer: Promise<Response>, outcome: object, said: string) => {
    const got = await answer
    const fits = 'code' in outcome ? [actStatus(outcome.code as never), { error: outcome.code }] : [200, { ok: true }]
    expect([got.status, await got.json()], said).toMatchObject(fits)
  }
  for (const outcome of OUTCOMES) {
    const { answer, request } = await asked()
    member.send({ t: 'asked', request, outcome, events: EVENTS })
    await expectAnswer(answer, outcome, 'sound')
  }
  const before = await settled(OWN_ARBITER)
  const [how, outcomes] = [fc.constantFrom('tree', 'text', 'inside', 'inside', 'another'), fc.constantFrom(...OUTCOMES)]
  const property = fc.asyncProperty(how, outcomes, mutations, async (way, outcome, changes) => {
    const { answer, request } = await asked()
    const sound = { t: 'asked', request, outcome, events: EVENTS } as const
    const said = exchangeLeaves({ outcome, events: EVENTS }, changes)
    const elsewhere = { ...sound, request: way === 'another' ? request + 1 : request }
    const spoilt = way === 'tree' ? mutateTree(sound, changes) : { ...elsewhere, ...Object(said) }
    const text = way === 'text' ? mutateText(JSON.stringify(sound), changes) : (JSON.stringify(spoilt) ?? '')
    member.inbox = []
    member.sendRaw(text)
    await shown()
    const parsed = parseToAuthority(text)
    const refused = refusalsOf(member)
    if (!parsed.ok) expect(refused).toEqual([parsed.code])
    for (const code of refused) expectCode(code, text)
    const fits = parsed.ok && parsed.value.t === 'asked' && parsed.value.request === request && refused.length === 0
    const heard = fits ? parsed.value : null
    const other = OUTCOMES[outcome.ok ? 1 : 0]
    if (heard === null) member.send({ ...sound, outcome: other, events: [] })
    await expectAnswer(answer, heard?.outcome ?? other, text)
    expect(await durable(OWN_ARBITER), text).toEqual(before)
  })
  await fc.assert(property, { numRuns: RUNS })
})

/** Nobody is there who could be asked. */
async function leave(): Promise<void> {
  member.disconnect()
  await eventually(async () => {
    const { heard } = await (await get(clusterUrl(OWN_ARBITER))).json<{ heard: { node: string; session: string }[] }>()
    if (heard.some(({ session }) => session === 'open')) throw new Error(JSON.stringify(heard))
  })
}

const TOKENS = ['token', 'insider', 'liar', 'stranger'] as const
type How = (typeof TOKENS)[number] | 'tree' | 'text' | 'body' | 'query' | 'path'

interface Call {
  readonly path: string
  readonly query: readonly (readonly [string, string])[]
  readonly token: Jws
  /** Null: it is read. */
  readonly body: object | null
}

async function spoiltCall(call: Call, how: How, changes: readonly Mutation[]): Promise<Response> {
  const { path, query, token, body } = call
  const tokens: { readonly [Spoilt in How]?: () => Promise<string> } = {
    token: async () => mutateText(token, changes),
    liar: async () =>
      forge('operatorToken', exchangeLeaves(payloadIn(token), changes), await keyOf(`owner ${OWN_ARBITER}`)),
    insider: async () =>
      forge('operatorToken', mutateTree(payloadIn(token), changes), await keyOf(`owner ${OWN_ARBITER}`)),
    stranger: async () => forge('operatorToken', payloadIn(token), await keyOf('anybody')),
  }
  const url = new URL(clusterUrl(OWN_ARBITER, how === 'path' ? mutateText(path, changes) : path))
  for (const [name, value] of query) url.searchParams.set(name, how === 'query' ? mutateText(value, changes) : value)
  const authorization = `Bearer ${(await (tokens[how] ?? (async () => token))()).replace(/[^\x20-\x7e]/g, '?')}`
  const headers = { 'content-type': 'application/json', authorization }
  if (body === null) return get(url.href, { headers })
  const spoilt = how === 'tree' ? mutateTree(body, changes) : how === 'body' ? exchangeLeaves(body, changes) : body
  const text = JSON.stringify(spoilt) ?? ''
  return get(url.href, { method: 'POST', headers, body: how === 'text' ? mutateText(text, changes) : text })
}

/** What an act may come to in this registry; null: it would be done. */
const SOUND = [null, 'PAUSED', 'UNKNOWN_NODE', 'NOT_ELECTABLE', 'BAD_REQUEST']

test.each(ACT_NAMES)(
  '[RG11, MJ1, ID7] the act %s on members that nobody reaches: what is spoilt is answered with a code and changes nothing',
  async (name) => {
    await leave()
    const never = restoreRefusal(name, OWN_ARBITER)
    const [done, dry] = [
      await act(OWN_ARBITER, name, bodyOf(name)),
      await act(OWN_ARBITER, name, { ...bodyOf(name), dryRun: true }),
    ]
    expect(await refusalIn(done)).toBe(never === null ? 'UNREACHABLE' : 'BAD_REQUEST')
    expect(await refusalIn(dry)).toBeOneOf(SOUND)
    const before = await settled(OWN_ARBITER)
    const token = await operatorToken(OWN_ARBITER, 'owner')
    const ways = fc.constantFrom<How[]>(...TOKENS, 'tree', 'text', 'path', 'body', 'body', 'body', 'body')
    const property = fc.asyncProperty(ways, fc.boolean(), mutations, async (how, dryRun, changes) => {
      const body = { why: 'a test', dryRun, ...bodyOf(name) }
      const answer = await spoiltCall({ path: `/acts/${name}`, query: [], token, body }, how, changes)
      await refusalIn(answer, JSON.stringify(changes))
      expect(await durable(OWN_ARBITER)).toEqual(before)
    })
    await fc.assert(property, { numRuns: RUNS / 2 })
  },
)

test('[RG11, MJ1, ID7] what people look at in a cluster that is its own arbiter: a spoilt call is answered with a code and changes nothing', async () => {
  const token = await operatorToken(OWN_ARBITER, 'viewer')
  const before = await settled(OWN_ARBITER)
  const [views, how] = [fc.constantFrom(...VIEWS), fc.constantFrom<How[]>(...TOKENS, 'query', 'path')]
  const property = fc.asyncProperty(views, how, mutations, async (view, way, changes) => {
    const { pathname, searchParams } = new URL(view, 'https://x')
    const call = { path: pathname.replace(/^\/$/, ''), query: [...searchParams], token, body: null }
    await refusalIn(await spoiltCall(call, way, changes), JSON.stringify(changes))
    expect(await durable(OWN_ARBITER)).toEqual(before)
  })
  await fc.assert(property, { numRuns: RUNS })
})
