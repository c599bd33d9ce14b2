import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NetworkId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { AuthorityHttp } from '../../../node-runtime/src/adapters/authority-http.ts'
import { AuthorityClient } from '../../../node-runtime/src/client/authority-client.ts'
import { IdentityClient } from '../../../node-runtime/src/identity/identity-client.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
})

/** Address of a server on loopback, with a path as behind a proxy. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/edge/`
}

function answering(status: number, body: unknown): Promise<string> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return serve((_request, response) => response.writeHead(status).end(text))
}

const ANSWER = z.object({ ok: z.literal(true) })

test('[ID7] a question carries token and body, below the path of the address', async () => {
  const seen: unknown[] = []
  const url = await serve(async (request, response) => {
    const chunks = await request.toArray()
    const { method, headers } = request
    seen.push([method, request.url, headers.authorization, headers['content-type'], Buffer.concat(chunks).toString()])
    response.end('{"ok":true}')
  })
  const operator = new AuthorityHttp(url, { token: 't' })
  expect(await operator.ask(ANSWER, '/v1/a')).toEqual({ ok: true })
  expect(await operator.ask(ANSWER, '/v1/b', { body: { why: 'x' } })).toEqual({ ok: true })
  expect(await new AuthorityHttp(url).ask(ANSWER, '/v1/c')).toEqual({ ok: true })
  expect(seen).toEqual([
    ['GET', '/edge/v1/a', 'Bearer t', undefined, ''],
    ['POST', '/edge/v1/b', 'Bearer t', 'application/json', '{"why":"x"}'],
    ['GET', '/edge/v1/c', undefined, undefined, ''],
  ])
})

test('operators and nodes are told the same error, with its code, what to do and when to ask again', async () => {
  const url = await answering(409, {
    error: 'PAUSED',
    message: 'Ann did',
    remedy: 'resume',
    retryAfterMs: 50,
    state: {},
  })
  const told = { code: 'PAUSED', message: 'Ann did', remedy: 'resume', details: { retryAfterMs: 50 } }
  const network = 'n' as NetworkId
  await expect(new AuthorityClient({ url, network, token: 't' }).status('c1')).rejects.toMatchObject(told)
  await expect(new IdentityClient(url, network).notices()).rejects.toMatchObject(told)
})

test.each<[string, number, unknown, string]>([
  ['a proxy', 502, '<html>', 'it answered HTTP 502'],
  ['a code of a newer version', 409, { error: 'FROM_2031', message: 'new' }, 'it answered HTTP 409: FROM_2031: new'],
  ['something else', 200, { hello: 'world' }, 'its answer is not the one of an authentication node'],
  ['text', 200, 'hello', 'its answer is not the one of an authentication node'],
  [
    'an endless answer',
    200,
    `{"ok":true${' '.repeat(LIMITS.controlAnswerBytes)}}`,
    'its answer is not the one of an authentication node',
  ],
])('%s is no answer of the authority', async (_what, status, body, why) => {
  const url = await answering(status, body)
  await expect(new AuthorityHttp(url).ask(ANSWER, '/')).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: `no answer from the authentication node at ${url.replace(/\/$/, '')}: ${why}`,
    remedy: expect.stringContaining('--authority-url'),
  })
})

test('an answer that does not come, or does not end, is given up after its time', async () => {
  for (const listener of [() => undefined, (_request, response) => void response.write('{')] as RequestListener[]) {
    const http = new AuthorityHttp(await serve(listener), { answerMs: 80 })
    await expect(http.ask(ANSWER, '/')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('nothing came within 80 ms'),
    })
    await expect(http.ask(ANSWER, '/', { waitMs: 40 })).rejects.toMatchObject({
      message: expect.stringContaining('nothing came within 120 ms'),
    })
  }
})

test('a port where nobody listens says so', async () => {
  const refused = new AuthorityHttp('http://127.0.0.1:1').ask(ANSWER, '/')
  await expect(refused).rejects.toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') })
})
