import type { UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RefusedRequest } from '../../../../node-runtime/src/api/answer.ts'
import type { NodeService } from '../../../../node-runtime/src/api/node-service.ts'
import { startApi } from '../../../../node-runtime/src/api/server.ts'
import { C1, C1A, C1B, C2, NETWORK, OWNER_C2 } from '../../../support/fixed-network.ts'
import { C1C } from '../../../support/majority-members.ts'
import { untilTrue } from '../../../support/until-true.ts'
import { createMemoryService } from '../../api/memory-service.ts'
import { NAMES, RealMembers, tokenOf } from './real-members.ts'

const PATH = `/v1/networks/${NETWORK}/clusters/${C1}`

let members: RealMembers
beforeAll(async () => {
  members = await RealMembers.start()
  await untilTrue(() => {
    members.report(1)
    return NAMES.every((node) => members.view(node)?.members.length === NAMES.length)
  }, 20_000)
})
afterAll(() => members.stop())

/** What the API of C1B has told of. */
const refusals: RefusedRequest[] = []

/** Asks the API of C1B, as the command line does; a stream is sent in chunks, without its length. */
async function ask(
  path: string,
  token: string,
  body?: unknown,
  desk: NodeService['operators'] = members.of(C1B).bridge.desk,
) {
  const service: NodeService = { ...createMemoryService(), operators: desk }
  const status = () => ({ ...service.status(), network: NETWORK, cluster: C1 })
  const reported: unknown[] = []
  const api = await startApi(
    { ...service, status },
    {
      listen: { host: '127.0.0.1', port: 0 },
      report: (error) => reported.push(error),
      refused: (request) => refusals.push(request),
    },
  )
  const init: RequestInit = {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: asBody(body), duplex: 'half' }),
  }
  const answer = await fetch(`http://127.0.0.1:${api.address.port}${path}`, init)
  const result = { status: answer.status, answer: (await answer.json()) as Record<string, unknown> }
  await api.stop(0)
  expect(reported).toEqual([])
  return result
}

function asBody(body: unknown): NonNullable<RequestInit['body']> {
  return typeof body === 'string' || body instanceof ReadableStream ? body : JSON.stringify(body)
}

test('[MJ1, ID7] an operator looks at the cluster, and is told whether it could fail over', async () => {
  const token = await tokenOf('viewer')
  const shown = await ask(PATH, token)
  expect(shown).toMatchObject({ status: 200, answer: { cluster: C1, state: { master: C1A, epoch: 1 } } })
  expect(shown.answer.heard).toMatchObject(NAMES.map((node) => ({ node, session: 'open' })))
  const told = await ask(`${PATH}/explain`, token)
  expect(told).toMatchObject({
    status: 200,
    answer: { cluster: C1, lines: expect.any(Array), alerts: expect.any(Array) },
  })
})

test('[MJ1, ID7, RG10] a pause is decided by the members, with who and why; a dry run changes nothing', async () => {
  const token = await tokenOf('operator')
  const pause = { why: 'works on the power', forMs: 60_000 }
  const dry = await ask(`${PATH}/acts/pause`, token, { ...pause, dryRun: true })
  expect(dry).toMatchObject({
    status: 200,
    answer: { ok: true, dryRun: true, events: [{ event: 'paused' }], state: { pause: null } },
  })
  expect(members.view(C1C)!.pause).toBeNull()
  const done = await ask(`${PATH}/acts/pause`, token, pause)
  const by = { by: 'Ann at night', why: 'works on the power' }
  expect(done).toMatchObject({
    status: 200,
    answer: { ok: true, dryRun: false, state: { pause: by }, events: [{ who: 'Ann at night' }] },
  })
  await untilTrue(() => members.view(C1C)?.pause?.by === 'Ann at night', 20_000)
  expect(await ask(`${PATH}/acts/resume`, token, { why: 'done' })).toMatchObject({ status: 200 })
  await untilTrue(() => NAMES.every((node) => members.view(node)?.pause === null), 20_000)
})

test('[MJ1, API2] an act is taken from a body in chunks too, whose length nothing says', async () => {
  const text = JSON.stringify({ why: 'works on the power', forMs: 60_000, dryRun: true })
  const dry = await ask(`${PATH}/acts/pause`, await tokenOf('operator'), new Blob([text]).stream())
  expect(dry).toMatchObject({ status: 200, answer: { ok: true, dryRun: true, events: [{ event: 'paused' }] } })
})

test('[MJ1, RG1] an act against another version than the recorded one is refused, with what is recorded', async () => {
  const body = { why: 'late', forMs: 60_000, against: 0 }
  const refused = await ask(`${PATH}/acts/pause`, await tokenOf('operator'), body)
  expect(refused).toMatchObject({ status: 409, answer: { error: 'STALE_VERSION', state: { master: C1A } } })
})

test('[MJ1, ID7] without a token, with a foreign, expired or revoked one, or with too low a role nothing is shown or done', async () => {
  const pause = { why: 'no', forMs: 60_000 }
  const viewer = await tokenOf('viewer')
  refusals.length = 0
  expect(await ask(`${PATH}/acts/pause`, viewer, pause)).toMatchObject({ status: 403, answer: { error: 'FORBIDDEN' } })
  expect(refusals).toMatchObject([
    { event: 'operator-refused', code: 'FORBIDDEN', why: expect.stringContaining('/acts/pause') },
  ])
  const unauthenticated = { status: 401, answer: { error: 'UNAUTHENTICATED' } }
  const expired = await tokenOf('owner', { issuedAt: 1, expiresAt: 2 })
  refusals.length = 0
  for (const token of ['', 'a.b.c', expired, await tokenOf('owner', {}, OWNER_C2)]) {
    expect(await ask(PATH, token)).toMatchObject(unauthenticated)
  }
  const told = { event: 'operator-refused', kind: 'UNAUTHENTICATED', source: '127.0.0.1', code: 'UNAUTHENTICATED' }
  expect(refusals.splice(0)).toMatchObject([told, told, told, told])
  expect(await ask(PATH, await tokenOf('owner', { cluster: C2 }, OWNER_C2))).toMatchObject({ status: 403 })
  members.revocations.add({
    network: NETWORK,
    cluster: C1,
    id: 'r1',
    subject: { kind: 'operator', operator: 'token-of-owner' },
    reason: 'lost laptop',
    at: 1 as UnixMs,
  })
  const lost = await ask(`${PATH}/acts/pause`, await tokenOf('owner'), pause)
  expect(lost).toMatchObject({ ...unauthenticated, answer: { message: expect.stringContaining('lost laptop') } })
  expect(members.view(C1B)!.pause).toBeNull()
})

test('[MJ1, RG8] a register is never frozen or restored', async () => {
  const token = await tokenOf('owner', { id: 'another' })
  for (const act of ['freeze', 'raise-generation', 'accept-incomplete-restore']) {
    const refused = await ask(`${PATH}/acts/${act}`, token, { why: 'a backup was put back', generation: 1 })
    expect(refused, act).toMatchObject({ status: 400, answer: { message: expect.stringContaining('never restored') } })
  }
})

test('[MJ1, API2] what is no act, no body of one, or too large is refused with a code', async () => {
  const token = await tokenOf('operator')
  expect(await ask(`${PATH}/acts/explode`, token, {})).toMatchObject({ status: 404 })
  for (const body of ['{', {}, { why: 'x' }, { why: 'x', forMs: -1 }]) {
    expect(await ask(`${PATH}/acts/pause`, token, body), JSON.stringify(body)).toMatchObject({ status: 400 })
  }
  const large = JSON.stringify({ why: 'x'.repeat(LIMITS.controlBodyBytes) })
  for (const body of [large, new Blob([large]).stream()]) {
    refusals.length = 0
    const refused = await ask(`${PATH}/acts/pause`, token, body)
    expect(refused).toMatchObject({ status: 413, answer: { error: 'BODY_TOO_LARGE' } })
    expect(refusals).toMatchObject([{ event: 'request-refused', kind: 'oversized', code: 'BODY_TOO_LARGE' }])
  }
  const elsewhere = `/v1/networks/${NETWORK}/clusters/${C2}`
  expect(await ask(elsewhere, token)).toMatchObject({ status: 404, answer: { error: 'UNKNOWN_CLUSTER' } })
})

test('[MJ1, ID7] a node whose registry is at the edge says where to ask', async () => {
  const refused = await ask(PATH, await tokenOf('viewer'), undefined, null)
  expect(refused).toMatchObject({
    status: 404,
    answer: { error: 'NOT_FOUND', remedy: expect.stringContaining('--authority-url') },
  })
})
