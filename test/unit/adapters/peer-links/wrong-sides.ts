/** The other ends of a link that misbehave: bare TLS clients and servers. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ConnectionOptions, connect, createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { onTestFinished } from 'vitest'

/** Connects and requests an upgrade at once; what the server answered, up to its end. */
export async function knock(port: number, options: ConnectionOptions, request = UPGRADE): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  socket.once('secureConnect', () => socket.write(request))
  await closed(socket)
  return answer
}

/** However it ends. */
export function closed(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

export const UPGRADE = [
  'GET /peer HTTP/1.1',
  'host: peer',
  'connection: Upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  `sec-websocket-key: ${Buffer.alloc(16).toString('base64')}`,
  '\r\n',
].join('\r\n')

/** A TLS server that records what it is sent. */
export async function tlsServer(options: TlsOptions): Promise<{ address: string; received: () => string }> {
  let received = ''
  const sockets = new Set<TLSSocket>()
  const server = createServer({ requestCert: true, rejectUnauthorized: false, ...options }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, received: () => received }
}
