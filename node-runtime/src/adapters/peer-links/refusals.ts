/** Telling the other side why it is refused, in one HTTP header, so that both logs name the same reason. */
import type { IncomingHttpHeaders } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { PEER_REFUSALS, type PeerRefusal } from '@baton/shared/ports/peer-links'
import { FAREWELL_MS, LINK_PATH, REFUSAL_HEADER } from './constants.ts'

/** Server side: instead of accepting an upgrade. */
export function sendRefusalAnswer(
  socket: TLSSocket,
  reason: PeerRefusal,
  more: Readonly<Record<string, string>> = {},
): void {
  const headers = Object.entries({ [REFUSAL_HEADER]: reason, ...more, 'content-length': '0', connection: 'close' })
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  sendLast(socket, `HTTP/1.1 403 Forbidden\r\n${lines.join('')}\r\n`)
}

/** Client side: instead of requesting an upgrade. */
export function sendRefusalRequest(socket: TLSSocket, reason: PeerRefusal): void {
  sendLast(
    socket,
    `GET ${LINK_PATH} HTTP/1.1\r\nhost: peer\r\n${REFUSAL_HEADER}: ${reason}\r\nconnection: close\r\n\r\n`,
  )
}

/** What the other side says; null when it says nothing that exists. */
export function refusalIn(headers: IncomingHttpHeaders): PeerRefusal | null {
  const value = headers[REFUSAL_HEADER]
  return PEER_REFUSALS.find((reason) => reason === value) ?? null
}

/** Data left unread would make the kernel reset the connection and the text with it, so it is read and thrown away. */
function sendLast(socket: TLSSocket, text: string): void {
  socket.resume()
  socket.end(text)
  const impatience = setTimeout(() => socket.destroy(), FAREWELL_MS)
  socket.once('close', () => clearTimeout(impatience))
}

/** `host:port` of the other side, for logs. */
export function remoteAddress(socket: {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
}): string {
  return `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`
}
