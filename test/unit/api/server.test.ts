import { connect } from 'node:net'
import { encodeCanonical } from '@baton/shared/codec/cbor'
import { BatonError } from '@baton/shared/errors'
import { LIMITS } from '@baton/shared/limits'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RefusedRequest } from '../../../node-runtime/src/api/answer.ts'
import { type ApiServer, startApi } from '../../../node-runtime/src/api/server.ts'
import { createMemoryService, type MemoryService } from './memory-service.ts'

type Body = string | Uint8Array
const CBOR = { 'content-type': 'application/cbor' }
const BYTES = new Uint8Array([1, 2, 3, 4, 5])
let service: MemoryService
let api: ApiServer
let url: string
let reported: unknown[]
let refused: RefusedRequest[]

beforeEach(async () => {
  service = createMemoryService()
  reported = []
  refused = []
  api = await startApi(service, {
    listen: { host: '127.0.0.1', port: 0 },
    report: (error) => reported.push(error),
    refused: (request) => refused.push(request),
  })
  url = `http://127.0.0.1:${api.address.port}`
})
afterEach(() => api.stop(0))

async function call(path: string, init?: RequestInit): Promise<{ status: number; headers: Headers; body: unknown }> {
  const response = await fetch(url + path, init)
  const text = await response.text()
  const json = text !== '' && response.headers.get('content-type')?.startsWith('application/json') === true
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text }
}
const post = (body: Body, headers: Record<string, string> = CBOR, path = '/v1/transactions') =>
  call(path, { method: 'POST', body: body as NonNullable<RequestInit['body']>, headers })

describe('posting a transaction', () => {
  it('[API1] answers with id, height, index and receipt, and names the master', async () => {
    const { status, headers, body } = await post(BYTES)
    expect(status).toBe(200)
    expect(body).toMatchObject({ height: 1, index: 0, receipt: { ok: true, height: 1 } })
    expect(headers.get('x-baton-master')).toBe('c1-n1')
    expect(headers.get('x-baton-master-address')).toBe('127.0.0.1:7201')
  })

  it('[API1] takes the same bytes as JSON, and a repeated transaction gives the first receipt', async () => {
    const first = await post(BYTES)
    const again = await post(JSON.stringify({ signed: Buffer.from(BYTES).toString('base64url') }), {
      'content-type': 'application/json',
    })
    expect(again.status).toBe(200)
    expect(again.body).toEqual(first.body)
    expect(service.submitted.map((bytes) => [...bytes])).toEqual([[...BYTES], [...BYTES]])
  })

  it.each([
    ['no JSON', 'hello', 'application/json', 400, 'BAD_REQUEST'],
    ['JSON without "signed"', '{"put":{}}', 'application/json', 400, 'BAD_REQUEST'],
    ['"signed" that is not base64url', '{"signed":"a+/="}', 'application/json', 400, 'TRANSACTION_MALFORMED'],
    ['no content type', 'x', '', 400, 'BAD_REQUEST'],
    ['bytes that are no transaction', 'x', 'application/cbor', 400, 'TRANSACTION_MALFORMED'],
    ['an empty body', '', 'application/cbor', 400, 'TRANSACTION_MALFORMED'],
  ])('[API2] refuses %s with a code', async (_, body, type, status, code) => {
    const answer = await post(body, { 'content-type': type })
    expect(answer).toMatchObject({ status, body: { error: code } })
    expect((await post(BYTES)).status).toBe(200)
  })

  it.each([
    ['announced', (size: number) => new Uint8Array(size)],
    ['in chunks', (size: number) => new Blob([new Uint8Array(size)]).stream()],
  ])('[API2, RG11] refuses an oversized body %s with 413, tells of it, and goes on serving', async (_, make) => {
    const init = { method: 'POST', headers: CBOR, body: make(2 * 1024 * 1024), duplex: 'half' } as RequestInit
    const answer = await call('/v1/transactions', init)
    expect(answer).toMatchObject({ status: 413, body: { error: 'BODY_TOO_LARGE' } })
    expect(service.submitted).toHaveLength(0)
    expect((await post(BYTES)).status).toBe(200)
    const told = {
      event: 'request-refused',
      kind: 'oversized',
      source: '127.0.0.1',
      code: 'BODY_TOO_LARGE',
      why: expect.any(String),
    }
    expect(refused).toEqual([told])
  })

  it.each([
    ['too slow', 'POST /v1/transactions HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc', 408, 'slow'],
    ['of huge headers', `GET /health HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'oversized'],
    ['no HTTP', 'hello\r\n\r\n', 400, 'malformed'],
  ])('[API2, RG11] tells of a request that is %s, once', async (_, beginning, status, kind) => {
    const listen = { host: '127.0.0.1', port: 0 }
    const report = (error: unknown) => reported.push(error)
    const told = (request: RefusedRequest) => refused.push(request)
    const impatient = await startApi(service, { listen, report, refused: told, requestMs: 250, headersMs: 250 })
    const socket = connect(impatient.address.port, '127.0.0.1')
    socket.on('error', () => {})
    let answer = ''
    socket.on('data', (text) => {
      answer += text
    })
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write(beginning)
    await closed
    await impatient.stop(0)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(refused).toEqual([
      { event: 'request-refused', kind, source: '127.0.0.1', code: 'BAD_REQUEST', why: expect.any(String) },
    ])
    expect(reported).toEqual([])
  })

  it('[API2] refuses a transaction one byte above the limit, and takes one at the limit', async () => {
    expect((await post(new Uint8Array(LIMITS.transactionBytes + 1))).status).toBe(413)
    expect((await post(new Uint8Array(LIMITS.transactionBytes))).status).toBe(200)
  })

  it('[API3] passes a coded error on: NOT_MASTER is 503 with the address and when to ask again', async () => {
    service.failures.push(
      new BatonError('NOT_MASTER', 'this node is not the master', { details: { apiAddress: '127.0.0.1:7201' } }),
    )
    const answer = await post(BYTES)
    expect(answer).toMatchObject({
      status: 503,
      body: { error: 'NOT_MASTER', details: { apiAddress: '127.0.0.1:7201' } },
    })
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(reported).toEqual([])
  })

  it('[API3] hides an unexpected error behind INTERNAL and reports it', async () => {
    const bug = new TypeError('secret detail')
    service.failures.push(bug)
    const answer = await post(BYTES)
    expect(answer).toMatchObject({ status: 500, body: { error: 'INTERNAL' } })
    expect(JSON.stringify(answer.body)).not.toContain('secret detail')
    expect(reported).toEqual([bug])
  })
})

describe('posting a batch', () => {
  it('[API4] answers one result each, in order; a refused one does not spoil the others', async () => {
    const batch = [BYTES, new Uint8Array([1]), new Uint8Array([9, 9, 9, 9])]
    const { status, body } = await post(encodeCanonical(batch), CBOR, '/v1/transactions/batch')
    expect(status).toBe(200)
    expect(body).toMatchObject({ results: [{ height: 1 }, { error: 'TRANSACTION_MALFORMED' }, { height: 2 }] })
  })

  it.each([
    ['no CBOR', new Uint8Array([0xff])],
    ['no array', encodeCanonical({})],
    ['not only bytes', encodeCanonical([BYTES, 'x'])],
    ['empty', encodeCanonical([])],
    ['too many', encodeCanonical(Array.from({ length: LIMITS.batchTransactions + 1 }, () => BYTES))],
  ])('[API4] refuses a batch that is %s', async (_, body) => {
    const answer = await post(body, CBOR, '/v1/transactions/batch')
    expect(answer).toMatchObject({ status: 400, body: { error: 'BAD_REQUEST' } })
  })
})

describe('reading', () => {
  it('[API5] shows a transaction with its proof, block header and certificate', async () => {
    const { id } = (await post(BYTES)).body as { id: string }
    expect(await call(`/v1/transactions/${id}`)).toMatchObject({
      status: 200,
      body: { id, signed: 'AQIDBAU', proof: {}, block: { header: { height: 1 }, certificate: { height: 1 } } },
    })
    expect(await call(`/v1/transactions/${'0'.repeat(64)}`)).toMatchObject({
      status: 404,
      body: { error: 'NOT_FOUND' },
    })
    expect(await call('/v1/transactions/xyz')).toMatchObject({ status: 400, body: { error: 'BAD_REQUEST' } })
  })

  it('[API5] shows blocks by height and the latest', async () => {
    await post(BYTES)
    await post(new Uint8Array(8))
    expect(await call('/v1/blocks/1')).toMatchObject({ status: 200, body: { height: 1, transactions: ['AQIDBAU'] } })
    expect(await call('/v1/blocks/latest')).toMatchObject({ status: 200, body: { height: 2 } })
    expect(await call('/v1/blocks/3')).toMatchObject({ status: 404, body: { error: 'NOT_FOUND' } })
    for (const height of ['0', '-1', '1.5', 'x', '99999999999999999999']) {
      expect(await call(`/v1/blocks/${height}`)).toMatchObject({ status: 400, body: { error: 'BAD_REQUEST' } })
    }
  })

  it('[API5] queries the state; bytes are base64url', async () => {
    expect(await call('/v1/query?path=record%2Finvoice-1')).toMatchObject({
      status: 200,
      body: { path: 'record/invoice-1', proof: { value: 'AQI' } },
    })
    expect(await call('/v1/query')).toMatchObject({ status: 400, body: { error: 'BAD_REQUEST' } })
    expect(await call('/v1/query?path=nothing')).toMatchObject({ status: 400, body: { error: 'BAD_REQUEST' } })
  })

  it('[API6] tells load balancers the role by status, also to HEAD', async () => {
    expect(await call('/master')).toMatchObject({ status: 200, body: { role: 'master' } })
    expect((await call('/standby')).status).toBe(503)
    service.role = 'standby'
    expect((await call('/master', { method: 'HEAD' })).status).toBe(503)
    expect((await call('/standby', { method: 'HEAD' })).status).toBe(200)
  })

  it('[API6] tells health by status and gives the reasons', async () => {
    expect(await call('/health')).toMatchObject({ status: 200, body: { healthy: true } })
    service.unhealthy = 'STORAGE_FULL'
    expect(await call('/health')).toMatchObject({ status: 503, body: { reasons: [{ code: 'STORAGE_FULL' }] } })
  })

  it('[API6] serves status and metrics', async () => {
    expect(await call('/v1/status')).toMatchObject({ status: 200, body: { node: 'c1-n1', role: 'master' } })
    const metrics = await call('/metrics')
    expect(metrics).toMatchObject({ status: 200, body: 'baton_height 3\n' })
    expect(metrics.headers.get('content-type')).toContain('text/plain')
  })

  it.each([
    ['GET', '/nothing'],
    ['DELETE', '/v1/status'],
    ['POST', '/v1/blocks/1'],
  ])('[API2] answers the unknown route %s %s with a code and the known routes', async (method, path) => {
    const answer = await call(path, { method })
    expect(answer).toMatchObject({ status: 404, body: { error: 'NOT_FOUND' } })
    expect((answer.body as { remedy: string }).remedy).toContain('POST /v1/transactions')
  })

  it('[PV1] says which side to upgrade for a path of a version that it does not speak', async () => {
    for (const [path, behind] of [
      ['/v2/transactions', 'this node'],
      ['/v0/status', 'the client'],
    ] as const) {
      const answer = await call(path, { method: path === '/v0/status' ? 'GET' : 'POST' })
      expect(answer).toMatchObject({ status: 426, body: { error: 'PROTOCOL_VERSION' } })
      expect((answer.body as { message: string }).message).toMatch(new RegExp(`: upgrade ${behind}$`))
    }
  })
})

describe('the server', () => {
  it('[API7] says which setting names a port that is taken', async () => {
    const taken = startApi(service, { listen: api.address, report: () => {}, refused: () => {} })
    await expect(taken).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: `another process already listens on listen.api = "127.0.0.1:${api.address.port}"`,
    })
  })

  it('[API7] says that an address is not of this host', async () => {
    const foreign = startApi(service, {
      listen: { host: '203.0.113.7', port: 7201 },
      report: () => {},
      refused: () => {},
    })
    await expect(foreign).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('[API8] answers what is under way before it stops, and then refuses', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const submit = service.submit
    let entered = () => {}
    const inside = new Promise<void>((resolve) => {
      entered = resolve
    })
    service.submit = async (bytes) => {
      entered()
      await gate
      return submit(bytes)
    }
    const answer = post(BYTES)
    await inside
    const stopped = api.stop(5_000)
    release()
    expect((await answer).status).toBe(200)
    await stopped
    await expect(post(BYTES)).rejects.toThrow()
  })

  it('[API8] cuts a client that never finishes its request when the grace is over', async () => {
    const socket = connect(api.address.port, '127.0.0.1')
    socket.on('error', () => {})
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.write('POST /v1/transactions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.resume()
    await api.stop(50)
    await closed
  })
})
