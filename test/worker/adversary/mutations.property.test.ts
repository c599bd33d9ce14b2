/**
 * Valid messages, spoilt at random, to every route and with every frame: never a 500, never an error that nobody has foreseen, always a coded
 * answer, and nothing on disk has changed where one was refused.
 */
import type { StatementKind } from '@baton/shared/crypto/statement-types'
import { peekStatement } from '@baton/shared/crypto/statements'
import { isErrorCode } from '@baton/shared/errors'
import { compareTokens, type Token } from '@baton/shared/ids'
import type { RegistryView, ToAuthority } from '@baton/shared/protocol/control'
import { parseToAuthority, toAuthoritySchema } from '@baton/shared/protocol/control-schemas'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createApp } from '../../../worker/src/app.ts'
import { forge, payloadIn } from '../../support/forge.ts'
import { type Mutation, mutateText, mutateTree, mutations } from '../../support/mutations.ts'
import { keyOf } from '../network.ts'
import { get, ORIGIN, type TestNode, threeNodes } from '../test-node.ts'
import { ASKED, current, FRAMES, OPERATED, REPORTED, ROUTES, type Sample, SPOKEN } from './samples.ts'
import { durable, settled } from './scene.ts'

/** For each route, and for each kind of frame. */
const RUNS = 15

const logged = vi.spyOn(console, 'error')
/** Ordinary nodes. */
const insiders = new Map<string, TestNode>()

beforeAll(async () => {
  for (const cluster of [ASKED, OPERATED]) for (const node of await threeNodes(cluster)) node.disconnect()
  for (const cluster of [SPOKEN, REPORTED]) insiders.set(cluster, (await threeNodes(cluster))[2])
  // The first one is written.
  for (const node of insiders.values()) await node.report()
})

/** What the product logs as an error is one that it has not foreseen. */
afterAll(() => expect(logged).not.toHaveBeenCalled())

test('every route of the app has a sample here, and so has every frame of the protocol', () => {
  const routes = createApp().routes.filter(({ method }) => method !== 'ALL')
  expect(new Set(routes.map(({ method, path }) => `${method} ${path}`))).toEqual(new Set(Object.keys(ROUTES)))
  const frames = toAuthoritySchema.options.map((option) => option.shape.t.value)
  expect(new Set(frames)).toEqual(new Set(Object.keys(FRAMES)))
})

/** RG8: who can show that the registry has forgotten something freezes it, by a message that is refused. Tests of its own prove that. */
function knowsMore(claim: Token & { readonly version: number }, { generation, epoch, version }: RegistryView): boolean {
  const next = { generation, epoch: epoch + 1 } as Token
  return compareTokens(claim, next) > 0 || (claim.generation === generation && claim.version > version)
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const HEADERS: readonly (readonly [string, string])[] = [
  ...['text/plain', 'application/json; charset=x', 'multipart/form-data; boundary=x', 'application/cbor'].map(
    (type) => ['content-type', type] as const,
  ),
  ...['Bearer', 'Bearer  x', 'Basic YTpi', 'Bearer a.b.c', 'bearer x y', `Bearer ${'x'.repeat(5_000)}`].map(
    (token) => ['authorization', token] as const,
  ),
  ...['*', 'W/"', ',,,', '"x", "y"'].map((tag) => ['if-none-match', tag] as const),
  ['cf-connecting-ip', 'x'.repeat(2_000)],
  ['upgrade', 'h2c'],
]

/** Which part of a request is spoilt; `insider`: whoever holds the key signs nonsense, `stranger`: another key signs what is sound. */
const PARTS = ['tree', 'text', 'statement', 'insider', 'stranger', 'query', 'path', 'method', 'header'] as const

interface Made extends Omit<Sample, 'body' | 'signed'> {
  readonly text?: string | undefined
}

function made({ body, signed: _, ...sample }: Sample): Made {
  return { ...sample, text: body === undefined ? undefined : JSON.stringify(body) }
}

async function spoilt(sample: Sample, part: (typeof PARTS)[number], changes: readonly Mutation[]): Promise<Made> {
  const { at } = changes[0]!
  const { body, signed, path, query = {}, headers = {} } = sample
  const sound = made(sample)
  const jws = signed === undefined ? '' : String(body?.[signed.field])
  const withStatement = (statement: string): Made => {
    if (signed === undefined) return sound
    return { ...sound, text: JSON.stringify({ ...body, [signed.field]: statement }) }
  }
  switch (part) {
    case 'tree':
      return body === undefined ? sound : { ...sound, text: JSON.stringify(mutateTree(body, changes)) ?? '' }
    case 'text':
      return sound.text === undefined ? sound : { ...sound, text: mutateText(sound.text, changes) }
    case 'statement':
      return withStatement(mutateText(jws, changes))
    case 'insider':
      if (signed === undefined) return sound
      return withStatement(await forge(signed.kind, mutateTree(payloadIn(jws), changes), await keyOf(signed.by)))
    case 'stranger':
      return signed === undefined
        ? sound
        : withStatement(await forge(signed.kind, payloadIn(jws), await keyOf('anybody')))
    case 'query':
      return {
        ...sound,
        query: Object.fromEntries(Object.keys(query).map((name) => [name, mutateText(query[name]!, changes)])),
      }
    case 'path':
      return { ...sound, path: mutateText(path, changes) }
    case 'method':
      return { ...sound, method: METHODS[at % METHODS.length]! }
    case 'header': {
      const [name, value] = HEADERS[at % HEADERS.length]!
      return { ...sound, headers: { ...headers, [name]: value } }
    }
  }
}

function send({ method, path, query = {}, headers = {}, text }: Made): Promise<Response> {
  const url = new URL(`${ORIGIN}/${path.replace(/^\//, '')}`)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return get(url.href, { method, headers, ...(text === undefined || method === 'GET' ? {} : { body: text }) })
}

/** The code of a refusal; null when it was none. */
async function refusalIn(answer: Response): Promise<string | null> {
  if (answer.webSocket !== null) {
    answer.webSocket.accept()
    answer.webSocket.close(1000, 'test')
  }
  const text = await answer.text()
  if (answer.status < 400) return null
  const said = JSON.parse(text) as { readonly error: unknown; readonly message: unknown }
  expect(said).toMatchObject({ error: expect.any(String), message: expect.any(String) })
  expect([isErrorCode(said.error), said.error, answer.status]).not.toEqual([true, 'INTERNAL', 500])
  expect([isErrorCode(said.error), answer.status], text).not.toContain(500)
  return String(said.error)
}

/** What a registry may say to a sound request: this cluster is none to recover, or has no such order. */
const SOUND = [null, 'NOT_FOUND', 'UNKNOWN_NODE', 'NOT_ELECTABLE', 'BAD_REQUEST', 'STALE_VERSION']

test.each(Object.keys(ROUTES))(
  '[RG11] %s: what is spoilt is answered with a code and changes nothing',
  async (route) => {
    const sample = ROUTES[route]!
    const cluster = route.includes('/acts/') ? OPERATED : ASKED
    expect(await refusalIn(await send(made(await sample())))).toBeOneOf(SOUND)
    let before: Awaited<ReturnType<typeof durable>> | null = null
    const property = fc.asyncProperty(fc.constantFrom(...PARTS), mutations, async (part, changes) => {
      const request = await spoilt(await sample(), part, changes)
      if (route.endsWith('/claims') && part === 'insider') {
        const claim = peekStatement('claim', JSON.parse(request.text!).statement)
        if (claim.ok && knowsMore(claim.payload, (await current(cluster)).known)) return
      }
      before ??= await settled(cluster)
      const code = await refusalIn(await send(request))
      if (code !== null) expect(await durable(cluster), `${part} ${code} ${request.text}`).toEqual(before)
      // Spoilt, and still sound.
      else if (request.method !== 'GET') before = null
    })
    await fc.assert(property, { numRuns: RUNS })
  },
)

/** Where a frame carries a statement of its node. */
const STATEMENTS: { readonly [T in ToAuthority['t']]?: readonly [string, StatementKind] } = {
  claim: ['claim', 'claim'],
  reshape: ['reshape', 'reshape'],
  results: ['report', 'resultReport'],
  findings: ['findings', 'findings'],
}

const REQUESTS: readonly ToAuthority['t'][] = ['claim', 'reshape', 'confirm', 'recovered', 'verified']

async function spoiltFrame(
  node: TestNode,
  t: ToAuthority['t'],
  how: string,
  changes: readonly Mutation[],
): Promise<string> {
  const frame: Record<string, unknown> = { ...(await FRAMES[t](node)) }
  if (how === 'text') return mutateText(JSON.stringify(frame), changes)
  const [field, kind] = STATEMENTS[t] ?? []
  if (how === 'tree' || field === undefined || kind === undefined)
    return JSON.stringify(mutateTree(frame, changes)) ?? ''
  const payload = mutateTree(payloadIn(String(frame[field])), changes)
  return JSON.stringify({ ...frame, [field]: await forge(kind, payload, node.keys) })
}

function freezes(message: ToAuthority, recorded: RegistryView): boolean {
  if (message.t === 'report') return compareTokens(message.token, recorded) > 0
  const claim = message.t === 'claim' ? peekStatement('claim', message.claim) : null
  return claim?.ok === true && knowsMore(claim.payload, recorded)
}

test.each(Object.keys(FRAMES) as ToAuthority['t'][])(
  '[RG11] the frame %s of an ordinary node: what is spoilt is answered with a code and changes nothing',
  async (t) => {
    const cluster = t === 'report' ? REPORTED : SPOKEN
    const node = insiders.get(cluster)!
    let before: Awaited<ReturnType<typeof durable>> | null = null
    const property = fc.asyncProperty(fc.constantFrom('tree', 'text', 'insider'), mutations, async (how, changes) => {
      // Only the first of a session is looked at.
      if (t === 'shown') await node.connect()
      const text = await spoiltFrame(node, t, how, changes)
      const parsed = parseToAuthority(text)
      if (parsed.ok && freezes(parsed.value, node.known)) return
      before ??= await settled(cluster)
      node.inbox = []
      node.sendRaw(text)
      const marker = await node.report()
      expect(marker.version).toBe(node.known.version)
      const answers = node.inbox.flatMap((answer) => (answer.t === 'refused' || answer.t === 'reply' ? [answer] : []))
      for (const answer of answers) {
        expect(answer).not.toMatchObject({ code: 'INTERNAL' })
        if ('code' in answer) expect(isErrorCode(answer.code), answer.code).toBe(true)
      }
      if (!parsed.ok) expect(answers).toMatchObject([{ t: 'refused', code: parsed.code }])
      else if (REQUESTS.includes(parsed.value.t)) {
        const { request } = parsed.value as { readonly request?: number }
        // Who is not barred has nothing to show, and is told so with a success (RG1): that changes nothing either.
        expect(answers).toMatchObject([{ t: 'reply', request, ...(t === 'verified' ? {} : { ok: false }) }])
      }
      if (!parsed.ok || parsed.value.t !== 'report') expect(await durable(cluster), text).toEqual(before)
      else before = null
    })
    await fc.assert(property, { numRuns: RUNS })
  },
)
