import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, test } from 'vitest'
import { readBody } from '../../../node-runtime/src/api/read-body.ts'

test('[API2] a body that is asked for after its connection has ended is refused, not waited for', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc')
  const [request] = (await once(server, 'request')) as [IncomingMessage]
  const closed = new Promise((resolve) => request.once('close', resolve))
  client.destroy()
  await closed
  await expect(readBody(request, 100, () => {})).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  server.close()
})
