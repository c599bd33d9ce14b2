/** Every attack of `attacks.ts` is refused with a code, told by an event, and changes nothing. */

import { env } from 'cloudflare:workers'
import type { ClusterId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { beforeAll, expect, test } from 'vitest'
import { createApp } from '../../../worker/src/app.ts'
import { directory } from '../audited.ts'
import { eventually } from '../eventually.ts'
import { nodeSubject, revocationOf, sendNotice } from '../identity-fixture.ts'
import { keyOf, NETWORK } from '../network.ts'
import { clusterUrl, get, ORIGIN, TestNode, threeNodes } from '../test-node.ts'
import { type Attack, REQUESTS, SAID, SESSIONS } from './attacks.ts'
import { assemble, C1, C2, C3, C4, type Cast, source } from './cast.ts'
import { durable, lastSeq, settled, toldAfter } from './scene.ts'

let cast: Cast
beforeAll(async () => {
  cast = await assemble()
})

/** The code that an answer names, in whichever form it came. */
async function codeIn(answer: unknown): Promise<unknown> {
  if (answer instanceof Response) {
    expect(answer.status).toBeGreaterThanOrEqual(400)
    return (await answer.json<{ error: unknown }>()).error
  }
  return (answer as { code?: unknown }).code
}

/** Rows are compared before and after; the event comes, whoever is told what. */
async function isRefused({ code, event, where = C1, run }: Attack): Promise<void> {
  const cluster = where === 'directory' ? C1 : where
  const before = await settled(cluster)
  const seq = await lastSeq(where)
  expect(await codeIn(await run(cast))).toBe(code)
  const told = expect.objectContaining({ event, code })
  if (event !== null) await expect.poll(() => toldAfter(where, seq)).toContainEqual(told)
  expect(await durable(cluster)).toEqual(before)
}

test.each(SESSIONS.map((attack) => [attack.what, attack] as const))(
  '[ID1, ID4, ID5, ID6, ID8, RG11] refuses %s with a code and an event, and nothing changes',
  (_, attack) => isRefused(attack),
)

test.each(REQUESTS.map((attack) => [attack.what, attack] as const))(
  '[ID1, ID3, ID5, ID6, ID7, ID8, RG1, RG2, RG4, RG7, RG11] refuses %s with a code and an event, and nothing changes',
  (_, attack) => isRefused(attack),
)

test.each(SAID.map((attack) => [attack.what, attack] as const))(
  '[ID5, RG8, RG11, NW1, NW4] refuses %s with a code and an event, and nothing changes',
  (_, attack) => isRefused(attack),
)

test('[RG8] a grant of long ago, delivered once more, informs nobody and changes nothing', async () => {
  const { a, d, firstGrant } = cast
  const before = await settled(C1)
  await d.connect()
  d.show({ credential: firstGrant, reshape: null })
  expect((await d.report()).version).toBe(a.known.version)
  expect(await directory().learn(firstGrant)).toMatchObject({ ok: true })
  expect(await durable(C1)).toEqual(before)
})

test('[RG11] 10,000 malformed frames of an admitted node: each refused, a bounded number of events, nobody else disturbed', async () => {
  const [master, other, flooder] = await threeNodes(C3)
  for (const node of [master, other, flooder]) await node.report()
  const before = await settled(C3)
  const seq = await lastSeq(C3)
  const kinds = [
    '{',
    '[]',
    'null',
    '{"t":"claim","request":1}',
    '{"t":"unknown"}',
    '{"t":"report","report":-1}',
    '"\ud800"',
    '',
  ]
  for (let batch = 0; batch < 200; batch++) {
    flooder.inbox = []
    for (let at = 0; at < 50; at++) flooder.sendRaw(kinds[(batch + at) % kinds.length]!)
    const refused = () => flooder.inbox.filter(({ t }) => t === 'refused')
    await eventually(() => expect(refused()).toHaveLength(50))
    for (const answer of refused()) expect(answer).toMatchObject({ code: 'BAD_REQUEST' })
  }
  flooder.inbox = []
  expect((await flooder.report()).version).toBe(flooder.known.version)
  const told = await toldAfter(C3, seq)
  expect(told.filter(({ event }) => event === 'frame-refused')).toHaveLength(LIMITS.attemptsPerSource)
  expect(told.filter(({ event }) => event === 'attempts-limited')).toMatchObject([{ who: flooder.node }])
  expect(await durable(C3)).toEqual(before)
  expect(await other.report()).toMatchObject({ version: other.known.version })
  expect(await master.confirm()).toMatchObject({ ok: true })
}, 120_000)

test('[ID5] what floods the door of a cluster keeps nobody out whose proof is right', async () => {
  for (let at = 0; at < 2 * LIMITS.attemptsPerSource; at++) {
    const stranger = await TestNode.make(C4, 'a', {}, await keyOf('stranger'))
    stranger.source = '198.51.100.7'
    await stranger.open()
    await stranger.hello()
    expect((await stranger.take('refused')).code).toMatch(/^(CERTIFICATE_INVALID|TOO_MANY_ATTEMPTS)$/)
  }
  const founder = await TestNode.make(C4, 'a')
  founder.source = '198.51.100.7'
  expect((await founder.connect()).state).toMatchObject({ master: founder.node })
})

/** Each with a body that nobody would read. */
async function oversized(path: string, from: string): Promise<void> {
  const body = JSON.stringify({ statement: 'x'.repeat(LIMITS.controlBodyBytes), certificate: 'y' })
  const headers = { 'content-type': 'application/json', 'cf-connecting-ip': from }
  const answer = await get(path, { method: 'POST', headers, body })
  expect([answer.status, await answer.json()]).toMatchObject([413, { error: 'BODY_TOO_LARGE' }])
}
const NOTICES = `${ORIGIN}/v1/networks/${NETWORK}/notices`

test('[RG11] an oversized request is refused by its size, before anything reads it, with an event', async () => {
  const before = await settled(C1)
  const routes = ['claims', 'reshapes', 'joins', 'renewals', 'acts/freeze']
  for (const [where, paths] of [
    [C1, routes.map((route) => clusterUrl(C1, `/${route}`))],
    ['directory', [NOTICES]],
  ] as const) {
    for (const path of paths) {
      const [seq, from] = [await lastSeq(where), source()]
      await oversized(path, from)
      expect(await toldAfter(where, seq)).toEqual([
        {
          event: 'request-refused',
          who: 'unknown',
          why: expect.stringContaining(`${LIMITS.controlBodyBytes} bytes`),
          code: 'BODY_TOO_LARGE',
          evidence: { call: `POST ${new URL(path).pathname}`, source: from },
        },
      ])
    }
  }
  expect(await durable(C1)).toEqual(before)
})

/** With a body of unknown length. */
function streamed(path: string, from: string, body: ReadableStream<Uint8Array>): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'cf-connecting-ip': from }
  return get(path, { method: 'POST', headers, body })
}

const bytesOf = (text: string) => new TextEncoder().encode(text)
const beginning = bytesOf('{"statement":"')

test('[RG11] a request whose body does not come is refused when its time is up, with an event, and nothing changes', async () => {
  const before = await settled(C1)
  const slow = async (where: ClusterId | 'directory', path: string) => {
    const [seq, from] = [await lastSeq(where), source()]
    const stalls = new ReadableStream<Uint8Array>({ start: (body) => body.enqueue(beginning) })
    const answer = await streamed(path, from, stalls)
    expect([answer.status, await answer.json()]).toMatchObject([408, { error: 'BAD_REQUEST' }])
    const evidence = { call: `POST ${new URL(path).pathname}`, source: from }
    const told = { event: 'request-refused', code: 'BAD_REQUEST', why: expect.stringContaining('10 s'), evidence }
    expect(await toldAfter(where, seq)).toMatchObject([told])
  }
  await Promise.all([slow(C1, clusterUrl(C1, '/claims')), slow('directory', NOTICES)])
  expect(await durable(C1)).toEqual(before)
})

test('[RG11] a body that ends before it is whole is refused with an event', async () => {
  const [seq, from] = [await lastSeq('directory'), source()]
  const headers = { 'content-type': 'application/json', 'cf-connecting-ip': from }
  const cut = new ReadableStream<Uint8Array>({ pull: (body) => body.error(new Error('the connection is gone')) })
  // Of the app itself: on the way to another isolate such a stream is only one that ends.
  const answer = await createApp().request(NOTICES, { method: 'POST', headers, body: cut }, env)
  expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'BAD_REQUEST' }])
  expect(await toldAfter('directory', seq)).toMatchObject([{ event: 'request-refused', code: 'BAD_REQUEST' }])
})

test('[RG11] a body of unknown length is heard when it is whole, and refused when it is too large', async () => {
  const seq = await lastSeq('directory')
  let left = 3
  const tooLarge = new ReadableStream<Uint8Array>({
    pull: (body) => (left-- > 0 ? body.enqueue(new Uint8Array(LIMITS.controlBodyBytes / 2)) : undefined),
  })
  const forged = await revocationOf(C1, nodeSubject(cast.b), `owner ${C2}`)
  const all = new ReadableStream<Uint8Array>({
    start(body) {
      for (const letter of JSON.stringify({ statement: forged })) body.enqueue(bytesOf(letter))
      body.close()
    },
  })
  for (const body of [tooLarge, all]) await streamed(NOTICES, source(), body)
  expect((await toldAfter('directory', seq)).map(({ event, code }) => [event, code])).toEqual([
    ['request-refused', 'BODY_TOO_LARGE'],
    ['notice-refused', 'STATEMENT_INVALID'],
  ])
})

test('[RG11] a flood of oversized requests and forged notices is refused each time, and leaves a bounded number of events', async () => {
  const forged = await revocationOf(C1, nodeSubject(cast.b), `owner ${C2}`)
  const notice = async (from: string) => {
    const answer = await sendNotice(forged, from)
    expect((await answer.json<{ error: string }>()).error).toMatch(/^(STATEMENT_INVALID|TOO_MANY_ATTEMPTS)$/)
  }
  for (const [where, event, code, send] of [
    [C1, 'request-refused', 'BODY_TOO_LARGE', (from: string) => oversized(clusterUrl(C1, '/claims'), from)],
    ['directory', 'request-refused', 'BODY_TOO_LARGE', (from: string) => oversized(NOTICES, from)],
    ['directory', 'notice-refused', 'STATEMENT_INVALID', notice],
  ] as const) {
    const [seq, from] = [await lastSeq(where), source()]
    for (let at = 0; at < 3 * LIMITS.attemptsPerSource; at++) await send(from)
    const told = (await toldAfter(where, seq)).map((each) => [each.event, each.code])
    expect(told).toEqual([
      ...Array.from({ length: LIMITS.attemptsPerSource }, () => [event, code]),
      ['attempts-limited', 'TOO_MANY_ATTEMPTS'],
    ])
  }
})

test('[RG8, RG11] an oversized request for a cluster or network that genesis does not have makes no object', async () => {
  const seq = await lastSeq('directory')
  for (const path of [`/v1/networks/${NETWORK}/clusters/c99/claims`, '/v1/networks/other/notices', '/nothing']) {
    await oversized(`${ORIGIN}${path}`, source())
  }
  expect(await toldAfter('directory', seq)).toEqual([])
})
