/** The listening side: TLS server → certificate check → HTTP upgrade → WebSocket. Nothing is parsed before the check. */
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import type { NodeCertificate } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import { LIMITS } from '@baton/shared/limits'
import type { RefusedLink } from '@baton/shared/ports/peer-links'
import type { ProtocolRange } from '@baton/shared/protocol/versions'
import { WebSocketServer } from 'ws'
import type { TlsIdentity } from '../../identity/load-identity.ts'
import { type Admission, admitInbound } from './admission.ts'
import { CONNECTIONS_MAX, HANDSHAKE_MS, LINK_PATH } from './constants.ts'
import type { OpenedSocket } from './link.ts'
import { refusalIn, remoteAddress, sendRefusalAnswer } from './refusals.ts'
import { secureContext } from './tls-options.ts'
import { agreeOn, formatRange, PROTOCOL_HEADER } from './versions.ts'

export interface Inbound {
  /** @throws BatonError PORT_TAKEN, CONFIG_INVALID */
  start(): Promise<void>
  stop(): Promise<void>
  port(): number
  /** To those who connect from now on. */
  show(tls: TlsIdentity): void
}

export interface InboundOptions {
  readonly listen: { readonly host: string; readonly port: number }
  readonly tls: TlsIdentity
  readonly admission: Admission
  readonly protocol: ProtocolRange
  readonly onOpened: (opened: OpenedSocket) => void
  readonly onRefused: (refused: RefusedLink) => void
}

export function inboundLinks(options: InboundOptions): Inbound {
  const { listen, tls, admission, protocol, onOpened, onRefused } = options
  const said = { [PROTOCOL_HEADER]: formatRange(protocol) }
  /** Sockets on their way to a link; the certificate is there once checked. */
  const pending = new Map<TLSSocket, NodeCertificate | null>()
  /** Every connection below TLS, also those that never say a word. */
  const connections = new Set<Socket>()
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: LIMITS.peerFrameBytes,
  })
  upgrader.on('headers', (headers) => headers.push(`${PROTOCOL_HEADER}: ${formatRange(protocol)}`))
  const http = createHttpServer((request, response) => {
    notUpgraded(request)
    response.writeHead(426, { connection: 'close' }).end()
  })
  const server = createTlsServer({
    ...secureContext(tls),
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: HANDSHAKE_MS,
  })
  server.maxConnections = CONNECTIONS_MAX
  server.on('connection', (connection: Socket) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  })
  server.on('secureConnection', (socket) => void admit(socket))
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    // Someone who connects and leaves is a probe, not an attempt.
    if (error.code === 'ECONNRESET') return
    report({ reason: 'tls', why: error.message, by: 'us', address: remoteAddress(socket), node: null })
  })
  http.on('clientError', (error, socket) => {
    refuseAdmitted(socket as TLSSocket, error.message)
    socket.destroy()
  })
  http.on('upgrade', (request, stream, head) => {
    const socket = stream as TLSSocket
    if (request.url !== LINK_PATH) {
      refuseAdmitted(socket, `an upgrade of ${request.url?.slice(0, 64)}`)
      sendRefusalAnswer(socket, 'protocol')
      return
    }
    const agreed = agreeOn(protocol, request.headers, nodeOf(socket) ?? 'the other side')
    if (!agreed.ok) {
      refuseAdmitted(socket, agreed.why)
      sendRefusalAnswer(socket, 'protocol', said)
      return
    }
    upgrader.handleUpgrade(request, socket, head, (webSocket) => {
      const certificate = pending.get(socket)
      pending.delete(socket)
      if (!certificate) return webSocket.terminate()
      const { node, cluster } = certificate
      onOpened({ peer: { node, cluster, certificate, protocol: agreed.protocol }, webSocket, socket })
    })
  })

  async function admit(socket: TLSSocket): Promise<void> {
    const address = remoteAddress(socket)
    pending.set(socket, null)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    const deadline = setTimeout(() => {
      if (!pending.has(socket)) return
      report({
        reason: 'timeout',
        why: `no upgrade within ${HANDSHAKE_MS} ms`,
        by: 'us',
        address,
        node: nodeOf(socket),
      })
      socket.destroy()
    }, HANDSHAKE_MS)
    socket.once('close', () => {
      clearTimeout(deadline)
      pending.delete(socket)
    })
    const check = await admitInbound(socket, admission)
    if (socket.destroyed) return
    if (!check.ok) {
      report({ reason: check.reason, why: check.why, by: 'us', address, node: check.node })
      pending.delete(socket)
      sendRefusalAnswer(socket, check.reason)
      return
    }
    pending.set(socket, check.value)
    http.emit('connection', socket)
  }

  /** A checked client asks for something else: mostly, it tells why it refuses us. */
  function notUpgraded(request: IncomingMessage): void {
    const socket = request.socket as TLSSocket
    const reason = refusalIn(request.headers)
    if (reason === null) {
      refuseAdmitted(socket, `${request.method} instead of an upgrade`)
      return
    }
    const why = 'the other side refused our certificate'
    report({ reason, why, by: 'them', address: remoteAddress(socket), node: nodeOf(socket) })
    pending.delete(socket)
  }

  function refuseAdmitted(socket: TLSSocket, why: string): void {
    if (!pending.has(socket)) return
    report({ reason: 'protocol', why, by: 'us', address: remoteAddress(socket), node: nodeOf(socket) })
    pending.delete(socket)
  }

  function nodeOf(socket: TLSSocket) {
    return pending.get(socket)?.node ?? null
  }

  function report(refused: Omit<RefusedLink, 'direction'>): void {
    onRefused({ ...refused, direction: 'inbound' })
  }

  return {
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', (error) => reject(listenError(error, listen)))
        server.listen(listen.port, listen.host, resolve)
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const connection of connections) connection.destroy()
      }),
    port: () => (server.address() as AddressInfo).port,
    show: (next) => server.setSecureContext(secureContext(next)),
  }
}

function listenError(error: NodeJS.ErrnoException, { host, port }: InboundOptions['listen']): BatonError {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const details = { address, reason: error.code }
  if (error.code === 'EADDRINUSE') {
    return new BatonError('PORT_TAKEN', `cannot listen for peers on ${address}: the port is taken`, {
      remedy: `stop the process that listens on port ${port}, or set another address under [listen] peer`,
      details,
      cause: error,
    })
  }
  return new BatonError('CONFIG_INVALID', `cannot listen for peers on ${address}: ${error.message}`, {
    remedy: 'set [listen] peer to an address of this host and a port above 1023',
    details,
    cause: error,
  })
}
