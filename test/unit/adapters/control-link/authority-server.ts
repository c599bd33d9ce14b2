/** An authority that speaks the control protocol over real sockets, and can be told to misbehave. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { verifyStatement } from '@baton/shared/crypto/statements'
import type { FromAuthority, RegistryView, ToAuthority } from '@baton/shared/protocol/control'
import { parseToAuthority } from '@baton/shared/protocol/control-schemas'
import { onTestFinished } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { C1, C1A, C1B, NETWORK, NODE, OPAQUE_JWS } from '../../../support/fixed-network.ts'

export const STATE = {
  network: NETWORK,
  cluster: C1,
  generation: 0,
  epoch: 3,
  version: 7,
  master: C1A,
  syncSet: [C1A, C1B],
  coming: null,
  recovering: false,
  members: [],
  lastClean: null,
  bars: [],
  orders: [],
  pause: null,
  frozen: null,
  credential: { grant: OPAQUE_JWS, certificate: OPAQUE_JWS },
} as unknown as RegistryView

export interface TestAuthority {
  readonly url: string
  /** Everything received after the handshake, in order. */
  readonly received: ToAuthority[]
  readonly posts: { readonly path: string; readonly body: unknown }[]
  /** Sessions opened so far. */
  sessions(): number
  /** Upgrades asked for so far, and pings received. */
  upgrades(): number
  pings(): number
  /** Reads no more on the current session: not even pings are answered. */
  freeze(): void
  send(frame: FromAuthority): void
  sendText(text: string): void
  dropAll(): void
  /** Answers to what arrives; the default answers reports with `heard`. */
  onMessage: (message: ToAuthority, send: (frame: FromAuthority) => void) => void
  onPost: (response: ServerResponse, path: string) => void
  /** Answers to GET; the default has nothing. */
  onGet: (response: ServerResponse, request: IncomingMessage) => void
  /** Replaces the WebSocket upgrade by an HTTP answer. */
  refuseUpgrade: { status: number; body: unknown } | null
  /** Takes connections and says nothing. */
  mute: boolean
  /** What it says it speaks; sessions opened from then on. */
  protocol: { min: number; max: number }
  stop(): Promise<void>
}

export async function startAuthority(port = 0): Promise<TestAuthority> {
  const http = createServer((request, response) => void post(request, response))
  const upgrader = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  const sockets = new Set<Socket>()
  let current: WebSocket | null = null
  let sessions = 0
  let upgrades = 0
  let pings = 0
  const authority: TestAuthority = {
    url: '',
    received: [],
    posts: [],
    sessions: () => sessions,
    upgrades: () => upgrades,
    pings: () => pings,
    freeze: () => current?.pause(),
    send: (frame) => current?.send(JSON.stringify(frame)),
    sendText: (text) => current?.send(text),
    dropAll: () => {
      for (const socket of sockets) socket.destroy()
    },
    onMessage: (message, send) => {
      if (message.t === 'report') send({ t: 'heard', report: message.report, version: STATE.version })
    },
    onGet: (response) => void response.writeHead(404).end('{}'),
    onPost: (response) => void response.end(JSON.stringify({ ok: true, state: STATE })),
    refuseUpgrade: null,
    mute: false,
    protocol: { min: 1, max: 1 },
    stop: async () => {
      authority.dropAll()
      http.close()
      await once(http, 'close')
    },
  }

  async function post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') return authority.onGet(response, request)
    let text = ''
    for await (const chunk of request) text += chunk
    authority.posts.push({ path: request.url!, body: JSON.parse(text) })
    authority.onPost(response, request.url!)
  }

  async function receive(socket: WebSocket, text: string): Promise<void> {
    const message = parseToAuthority(text)
    if (!message.ok) throw new Error(`the node sent a frame that is none: ${message.why}`)
    const send = (frame: FromAuthority) => socket.send(JSON.stringify(frame))
    if (message.value.t !== 'hello') {
      authority.received.push(message.value)
      if (!authority.mute) authority.onMessage(message.value, send)
      return
    }
    const proof = await verifyStatement('session', message.value.proof, [NODE.publicKey])
    if (!proof.ok || proof.payload.challenge !== `challenge-${sessions}`) throw new Error('the proof is not valid')
    send({ t: 'welcome', state: STATE, masters: OPAQUE_JWS, graceMs: 0 })
  }

  http.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  http.on('upgrade', (request, socket, head) => {
    if (request.url !== '/v1/networks/receivables/clusters/c1/session') throw new Error(`wrong path: ${request.url}`)
    upgrades++
    if (authority.refuseUpgrade !== null) {
      const body = JSON.stringify(authority.refuseUpgrade.body)
      socket.end(`HTTP/1.1 ${authority.refuseUpgrade.status} No\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
      return
    }
    upgrader.handleUpgrade(request, socket, head, (webSocket) => {
      sessions++
      current = webSocket
      webSocket.on('error', () => {})
      webSocket.on('ping', () => pings++)
      webSocket.on('message', (data) => void receive(webSocket, String(data)))
      webSocket.send(
        JSON.stringify({ t: 'challenge', challenge: `challenge-${sessions}`, protocol: authority.protocol }),
      )
    })
  })
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => {
    authority.dropAll()
    http.close()
  })
  return Object.assign(authority, { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` })
}
