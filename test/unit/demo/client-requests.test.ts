import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { BatonClient } from '../../../node-runtime/src/client/baton-client.ts'
import { ClientRequests } from '../../../node-runtime/src/demo/client-requests.ts'

const BYTES = new Uint8Array([1, 2, 3])
const ANSWER = JSON.stringify({ id: 'a', height: 1, index: 0 })

const servers: Server[] = []
const clients: BatonClient[] = []
let requests: ClientRequests | undefined
afterEach(async () => {
  requests?.stop()
  await Promise.all(clients.splice(0).map((client) => client.close()))
  for (const server of servers.splice(0)) server.close()
})

function counting(): ClientRequests {
  let now = 0
  requests = new ClientRequests(() => ++now)
  requests.start()
  return requests
}

/** A client of one server that answers as told, in turn. */
async function clientOf(...answers: RequestListener[]): Promise<BatonClient> {
  let next = 0
  const server = createServer((request, response) => {
    request.resume().once('end', () => answers[Math.min(next++, answers.length - 1)]!(request, response))
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const client = new BatonClient({ urls: [`127.0.0.1:${port}`], attemptMs: 1_000, retryForMs: 10_000 })
  clients.push(client)
  return client
}

const good: RequestListener = (_, response) => void response.end(ANSWER)
const notMaster: RequestListener = (_, response) => {
  response.statusCode = 503
  response.end(JSON.stringify({ error: 'NOT_MASTER', message: 'ask another' }))
}
const closed: RequestListener = (request) => void request.socket.destroy()
const cutOff: RequestListener = (request, response) => {
  response.setHeader('content-length', String(ANSWER.length))
  response.write(ANSWER.slice(0, 5), () => request.socket.destroy())
}

describe('requests of clients', () => {
  test('an answer of 200 is one that ended well', async () => {
    const { ended } = counting()
    await (await clientOf(good)).submit(BYTES)
    expect(ended).toEqual([{ atMs: 1, failure: null }])
  })

  test.each([
    ['a refusal with 503', notMaster, /^HTTP 503 from http:/],
    ['a connection that is closed', closed, / from http:/],
    ['an answer that is cut off', cutOff, / from http:/],
  ])('%s counts once, though the client tries again and its caller hears of nothing', async (_, bad, why) => {
    const { ended } = counting()
    await (await clientOf(bad, good)).submit(BYTES)
    expect(ended).toEqual([
      { atMs: 1, failure: expect.stringMatching(why) },
      { atMs: 2, failure: null },
    ])
  })

  test('a connection that is refused counts', async () => {
    const client = await clientOf(good)
    await new Promise((resolve) => servers.pop()!.close(resolve))
    const { ended } = counting()
    await expect(client.submit(BYTES, { retryForMs: 0 })).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(ended).toEqual([{ atMs: 1, failure: expect.stringMatching(/refused.* from http:/i) }])
  })

  test('a request that took too long counts', async () => {
    const silent: RequestListener = () => undefined
    const client = await clientOf(silent, good)
    const { ended } = counting()
    await client.submit(BYTES)
    expect(ended.map(({ failure }) => failure === null)).toEqual([false, true])
  })

  test('what is no submission, and what comes after the end of the count, does not', async () => {
    const client = await clientOf(good)
    const counted = counting()
    await client.status()
    await client.submit(BYTES)
    counted.stop()
    await client.submit(BYTES)
    expect(counted.ended).toHaveLength(1)
  })
})
