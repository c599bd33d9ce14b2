import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BatonError } from '@baton/shared/errors'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ApiServer, startApi } from '../../../node-runtime/src/api/server.ts'
import { BatonClient, type BatonClientOptions } from '../../../node-runtime/src/client/baton-client.ts'
import { createMemoryService, type MemoryService } from './memory-service.ts'

const BYTES = new Uint8Array([1, 2, 3, 4, 5])
const services: MemoryService[] = []
const apis: ApiServer[] = []
const clients: BatonClient[] = []

beforeEach(async () => {
  for (const node of ['c1-n1', 'c1-n2']) {
    const service = createMemoryService(node)
    services.push(service)
    apis.push(await startApi(service, { listen: { host: '127.0.0.1', port: 0 }, report: () => {}, refused: () => {} }))
  }
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await Promise.all(apis.splice(0).map((api) => api.stop(0)))
  services.splice(0)
})

const urlOf = (api: ApiServer) => `127.0.0.1:${api.address.port}`
function open(options: Partial<BatonClientOptions> = {}): BatonClient {
  const client = new BatonClient({ urls: apis.map(urlOf), retryForMs: 3_000, ...options })
  clients.push(client)
  return client
}
const counts = () => services.map(({ submitted }) => submitted.length)

describe('the client', () => {
  it('[API9] stays with the first node while it answers', async () => {
    const client = open()
    for (let i = 0; i < 4; i++) await client.submit(new Uint8Array([i, 1, 2, 3]))
    expect(counts()).toEqual([4, 0])
  })

  it('[API9] takes the nodes in turn when asked to spread', async () => {
    const client = open({ route: 'turn' })
    for (let i = 0; i < 4; i++) await client.submit(new Uint8Array([i, 1, 2, 3]))
    expect(counts()).toEqual([2, 2])
  })

  it('[API9] goes on to the next node on 503, with the same bytes', async () => {
    services[0]!.failures.push(new BatonError('NOT_MASTER', 'not here'))
    expect(await open().submit(BYTES)).toMatchObject({ receipt: { ok: true } })
    expect(services.map(({ submitted }) => submitted.map((bytes) => [...bytes]))).toEqual([[[...BYTES]], [[...BYTES]]])
  })

  it('[API9] goes on to the next node when the connection is refused or lost', async () => {
    await apis[0]!.stop(0)
    expect(await open().submit(BYTES)).toMatchObject({ receipt: { ok: true } })
    const dropping: Server = createServer((request) => request.socket.destroy())
    await new Promise<void>((resolve) => dropping.listen(0, '127.0.0.1', resolve))
    const { port } = dropping.address() as AddressInfo
    const client = open({ urls: [`127.0.0.1:${port}`, urlOf(apis[1]!)] })
    expect(await client.submit(BYTES)).toMatchObject({ receipt: { ok: true } })
    dropping.close()
  })

  it('[API9] goes on to the next node when one accepts and never answers', async () => {
    services[0]!.submit = () => new Promise(() => {})
    expect(await open({ attemptMs: 300 }).submit(BYTES)).toMatchObject({ receipt: { ok: true } })
    expect(counts()).toEqual([0, 1])
  })

  it("[API9] does not repeat what is the client's own fault", async () => {
    services[0]!.failures.push(new BatonError('TRANSACTION_SIGNATURE', 'wrong', { remedy: 'sign again' }))
    await expect(open().submit(BYTES)).rejects.toMatchObject({ code: 'TRANSACTION_SIGNATURE', remedy: 'sign again' })
    expect(counts()).toEqual([1, 0])
  })

  it('[API9] gives up after its time with the last reason', async () => {
    await Promise.all(apis.map((api) => api.stop(0)))
    const start = performance.now()
    await expect(open({ retryForMs: 300 }).submit(BYTES)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('the connection was refused'),
    })
    expect(performance.now() - start).toBeLessThan(2_000)
  })

  it('[API9] submits a batch and gives each its result', async () => {
    const results = await open().submitBatch([BYTES, new Uint8Array([1])])
    expect(results[0]).toMatchObject({ ok: true, value: { height: 1 } })
    expect(results[1]).toMatchObject({ ok: false, error: { code: 'TRANSACTION_MALFORMED' } })
  })

  it('[API9] reads status, health (also when it is bad), blocks and queries', async () => {
    const client = open()
    const { id } = await client.submit(BYTES)
    services[0]!.unhealthy = 'STORAGE_FULL'
    expect(await client.status()).toMatchObject({ node: 'c1-n1' })
    expect(await client.health()).toMatchObject({ healthy: false, reasons: [{ code: 'STORAGE_FULL' }] })
    expect(await client.block('latest')).toMatchObject({ height: 1 })
    expect(await client.transaction(id)).toMatchObject({ id })
    expect(await client.query('record/a b')).toMatchObject({ path: 'record/a b' })
    await expect(client.block(9)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('[API9] says what is wrong with an address', () => {
    expect(() => new BatonClient({ urls: ['not an address'] })).toThrow('"not an address" is not the address of a node')
    expect(() => new BatonClient({ urls: [] })).toThrow('no node to talk to')
  })
})
