/**
 * Requests of operators to a real member of a majority, spoilt at random: with a token that its owner has not signed as it is nothing is shown or
 * changed, and whatever a body or path is made to, it is answered with a code, and with what every member can read from its disk.
 */
import type { OperatorAction } from '@baton/shared/core/registry/messages'
import { roleSuffices } from '@baton/shared/crypto/operator-token'
import { STATEMENT_SCHEMAS } from '@baton/shared/crypto/statement-schemas'
import { OPERATOR_ROLES, type OperatorRole } from '@baton/shared/crypto/statement-types'
import { ACTS } from '@baton/shared/protocol/operator-acts'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiServer, startApi } from '../../../../node-runtime/src/api/server.ts'
import { C1, C1B, NETWORK, OUTSIDER, OWNER_C1, OWNER_C2 } from '../../../support/fixed-network.ts'
import { forge, payloadIn } from '../../../support/forge.ts'
import { times } from '../../../support/long.ts'
import { C1C } from '../../../support/majority-members.ts'
import {
  everyExchange,
  exchangeLeaves,
  jsonWay,
  type Mutation,
  mutateBytes,
  mutateJson,
  mutateText,
  mutateTree,
  mutations,
} from '../../../support/mutations.ts'
import { createMemoryService } from '../../api/memory-service.ts'
import { bodyOf, exchange, type RawRequest, requestBytes, statusOf } from '../../api/raw-requests.ts'
import { NAMES, RealMembers, tokenOf } from './real-members.ts'

const CLUSTER = `/v1/networks/${NETWORK}/clusters/${C1}`
type Act = OperatorAction['act']

const AGAINST_C = { node: C1C }
/** One that reads, of each; `id` is a new one. */
const BODIES: { readonly [Name in Act]: (id: string) => object } = {
  order: (id) => ({ id, ...AGAINST_C }),
  evict: (id) => ({ id, ...AGAINST_C }),
  clear: () => AGAINST_C,
  switchover: (id) => ({ id, to: C1B, at: Date.now() + 3_600_000 }),
  'cancel-switchover': () => ({}),
  pause: () => ({ forMs: 3_600_000 }),
  resume: () => ({}),
  'confirm-fenced': () => ({}),
  'allow-data-loss': () => AGAINST_C,
  'end-recovery': () => ({}),
  freeze: () => ({}),
  'raise-generation': () => ({ generation: 1, bars: [C1C], orders: [] }),
  'accept-incomplete-restore': () => ({}),
}
const NAMES_OF_ACTS = Object.keys(ACTS) as Act[]
/** A register is never restored, and the votes of this cluster carry its epoch. */
const NEVER: ReadonlySet<Act> = new Set(['freeze', 'raise-generation', 'accept-incomplete-restore', 'confirm-fenced'])

let members: RealMembers
let api: ApiServer
const reported: unknown[] = []

beforeAll(async () => {
  members = await RealMembers.start()
  await members.found()
  const memory = createMemoryService()
  const status = () => ({ ...memory.status(), network: NETWORK, cluster: C1 })
  api = await startApi(
    { ...memory, status, operators: members.of(C1B).bridge.desk },
    { listen: { host: '127.0.0.1', port: 0 }, report: (error) => reported.push(error), refused: () => {} },
  )
})
afterAll(async () => {
  await api.stop(0)
  members.stop()
})

const version = () => members.of(C1B).bridge.desk.status().state?.version

async function ask(request: RawRequest) {
  const what = `${request.method} ${request.path}`
  const before = version()
  const answer = await exchange(requestBytes(request), api.address.port)
  expect(reported, what).toEqual([])
  for (const node of NAMES) expect(members.of(node).failures, what).toEqual([])
  const status = statusOf(answer, what)
  const text = bodyOf(answer)
  return { status, body: text === '' ? {} : JSON.parse(text), changed: version() !== before }
}

let number = 0
const post = (act: Act): RawRequest & { readonly value: object; readonly body: Uint8Array } => {
  number += 1
  const value = { why: 'works on the power', dryRun: false, ...BODIES[act](`id-${number}`) }
  return { method: 'POST', path: `${CLUSTER}/acts/${act}`, value, body: Buffer.from(JSON.stringify(value)) }
}
/** A route of each role. */
const ROUTES: readonly (readonly [role: OperatorRole, request: () => RawRequest])[] = [
  ['viewer', () => ({ method: 'GET', path: CLUSTER })],
  ['viewer', () => ({ method: 'GET', path: `${CLUSTER}/explain` })],
  ['operator', () => post('pause')],
  ['owner', () => post('allow-data-loss')],
]

const WRONG_HEADERS = [
  ...[{ alg: 'none' }, { alg: 'EdDSA' }, { alg: null }, { typ: 'JWT' }, { typ: 'baton-join-token+jws' }],
  ...[{ crit: ['b64'], b64: false }, { typ: undefined }],
]
const TOKEN_WAYS = ['text', 'tree', 'leaves', 'role', 'header', 'stranger', 'neighbour'] as const

async function spoilt(sound: string, way: (typeof TOKEN_WAYS)[number], changes: readonly Mutation[]): Promise<string> {
  const payload = payloadIn(sound)
  switch (way) {
    case 'text':
      return mutateText(sound, changes)
    case 'tree':
      return forge('operatorToken', mutateTree(payload, changes), OWNER_C1)
    case 'leaves':
      return forge('operatorToken', exchangeLeaves(payload, changes), OWNER_C1)
    case 'role': {
      const role = OPERATOR_ROLES[changes[0]!.at % OPERATOR_ROLES.length]
      return forge('operatorToken', { ...Object(payload), role }, OWNER_C1)
    }
    case 'header':
      return forge('operatorToken', payload, OWNER_C1, WRONG_HEADERS[changes[0]!.at % WRONG_HEADERS.length])
    case 'stranger':
      return forge('operatorToken', payload, OUTSIDER)
    case 'neighbour':
      return forge('operatorToken', payload, OWNER_C2)
  }
}

/** The role that the owner of this cluster has really given to whoever has it; null: none. */
function roleIn(token: string, way: (typeof TOKEN_WAYS)[number]): OperatorRole | null {
  if (way !== 'tree' && way !== 'leaves' && way !== 'role') return null
  const read = STATEMENT_SCHEMAS.operatorToken.safeParse(payloadIn(token))
  if (!read.success) return null
  const { network, cluster, expiresAt, role } = read.data
  return network === NETWORK && cluster === C1 && expiresAt > Date.now() ? role : null
}

test.each(ROUTES.map(([role, request]) => [request().path, role, request] as const))(
  '[MJ1, ID7] %s with a token of the role %s: with what else a token is made to nothing is shown or changed',
  async (_path, needed, request) => {
    const sound = await tokenOf(needed)
    expect(await ask({ ...request(), token: sound })).toMatchObject({ status: 200 })
    const property = fc.asyncProperty(fc.constantFrom(...TOKEN_WAYS), mutations, async (way, changes) => {
      const token = await spoilt(sound, way, changes)
      if (token === sound) return
      const given = roleIn(token, way)
      const { status, body, changed } = await ask({ ...request(), token })
      if (given !== null && roleSuffices(given, needed)) {
        expect(status).toBe(200)
        return
      }
      // A header of more than 16 KiB is read by nobody.
      expect(status).toBeOneOf(token.length > 15_000 ? [400, 401, 431] : [400, 401, 403, 404])
      expect([body.state, body.lines, changed]).toEqual([undefined, undefined, false])
    })
    await fc.assert(property, { numRuns: times(300, 120) })
  },
)

test.each(NAMES_OF_ACTS)(
  '[MJ1, API2] the act %s: whatever its body is made to, it is answered with a code; a dry run, and what no act says, changes nothing',
  async (act) => {
    const token = await tokenOf('owner')
    const sound = await ask({ ...post(act), token })
    expect(sound).toMatchObject({ status: NEVER.has(act) ? 400 : 200 })
    const expectJudged = async (body: Uint8Array) => {
      const { status, body: answer, changed } = await ask({ ...post(act), token, body })
      if (status !== 200 || answer.dryRun === true) expect([answer, changed]).toEqual([answer, false])
      if (status === 200) expect(answer).toMatchObject({ ok: true, events: expect.any(Array) })
    }
    // Of a new one each time: what is asked for again is not judged again.
    for (const at of everyExchange(post(act).value).keys()) {
      await expectJudged(Buffer.from(JSON.stringify(everyExchange(post(act).value)[at])))
    }
    const property = fc.asyncProperty(fc.option(jsonWay), mutations, async (way, changes) => {
      const { value, body } = post(act)
      await expectJudged(way === null ? mutateBytes(body, changes) : Buffer.from(mutateJson(value, way, changes)))
    })
    await fc.assert(property, { numRuns: times(100, 40) })
  },
)

test('[MJ1, API2] a path that is made to anything is a route, or is refused with a code', async () => {
  const token = await tokenOf('owner')
  const property = fc.asyncProperty(fc.nat(ROUTES.length - 1), mutations, async (at, changes) => {
    const request = ROUTES[at]![1]()
    // Spaces would end it, and half a pair has no bytes.
    const path = `/${encodeURI(mutateText(request.path, changes).replace(/[\s\ud800-\udfff]/g, '')).slice(1)}`
    const { status, changed } = await ask({ ...request, token, path })
    if (status !== 200) expect(changed).toBe(false)
  })
  await fc.assert(property, { numRuns: times(300, 120) })
})

test('[MJ1] after all of that each member reads its disk, and knows what was decided', async () => {
  const known = version()!
  await members.restart()
  await members.known((view) => view.version >= known)
})
