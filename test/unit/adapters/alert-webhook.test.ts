import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LIMITS } from '@baton/shared/limits'
import type { Log } from '@baton/shared/ports/log'
import type { AlertMessage } from '@baton/shared/protocol/alert'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AlertWebhook } from '../../../node-runtime/src/adapters/alert-webhook.ts'
import { untilTrue } from './until-true.ts'

const SECRET = 'a secret of sixteen or more'

function message(code: string): AlertMessage {
  return {
    format: 'baton-alert/1',
    id: code,
    network: 'n',
    cluster: 'c1',
    node: 'c1-n1',
    code,
    raised: true,
    why: 'x',
    at: 1,
  }
}

describe('the webhook', () => {
  let server: Server
  let webhook: AlertWebhook
  const taken: { headers: IncomingHttpHeaders; body: string }[] = []
  const warned: string[] = []
  let statuses: number[] = []
  beforeEach(async () => {
    taken.length = 0
    warned.length = 0
    statuses = []
    server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      taken.push({ headers: request.headers, body })
      response.writeHead(statuses.shift() ?? 204).end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const log = { warn: ({ event }: { event: string }) => void warned.push(event) } as unknown as Log
    webhook = new AlertWebhook({ url: `http://127.0.0.1:${port}/hook`, secret: SECRET, log, retryMs: () => 5 })
  })
  afterEach(async () => {
    await webhook.stop()
    server.close()
    server.closeAllConnections()
  })

  test('gets each alert with an HMAC over its body', async () => {
    webhook.post(message('a'))
    await untilTrue('taken', () => taken.length === 1)
    const { headers, body } = taken[0]!
    expect(JSON.parse(body)).toEqual(message('a'))
    expect(headers['x-baton-signature']).toBe(`sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`)
  })

  test('is asked again when it fails, with the same message, and then gets the next in order', async () => {
    statuses = [500, 503]
    webhook.post(message('a'))
    webhook.post(message('b'))
    await untilTrue('taken', () => taken.length === 4)
    expect(taken.map(({ body }) => (JSON.parse(body) as AlertMessage).code)).toEqual(['a', 'a', 'a', 'b'])
  })

  test('is given up after so many attempts, and the log says so', async () => {
    statuses = Array.from({ length: LIMITS.alertAttempts }, () => 500)
    webhook.post(message('a'))
    webhook.post(message('b'))
    await untilTrue('taken', () => taken.length === LIMITS.alertAttempts + 1)
    expect(warned).toEqual(['alert-not-delivered'])
    expect(JSON.parse(taken.at(-1)!.body)).toMatchObject({ code: 'b' })
  })

  test('that is dead keeps a bounded queue, takes no time of who posts, and does not hold up a stop', async () => {
    const dead = new AlertWebhook({ url: 'http://127.0.0.1:1/', secret: SECRET, log: {} as Log })
    const began = performance.now()
    for (let count = 0; count < 10 * LIMITS.alertsWaiting; count += 1) dead.post(message(`m${count}`))
    expect(performance.now() - began).toBeLessThan(200)
    await dead.stop()
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})
