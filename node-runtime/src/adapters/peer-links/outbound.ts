/** One attempt at a link: TCP → TLS → certificate check → upgrade request. The upgrade is not requested before the check. */
import { connect, type TLSSocket } from 'node:tls'
import type { NodeCertificate } from '@baton/shared/crypto/statement-types'
import type { NodeId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { PeerAddress, RefusedLink } from '@baton/shared/ports/peer-links'
import type { ProtocolRange } from '@baton/shared/protocol/versions'
import { type ClientOptions, WebSocket } from 'ws'
import { parseAddress } from '../../config/address.ts'
import type { TlsIdentity } from '../../identity/load-identity.ts'
import { type Admission, admitOutbound } from './admission.ts'
import { HANDSHAKE_MS, LINK_PATH } from './constants.ts'
import type { OpenedSocket } from './link.ts'
import { refusalIn, sendRefusalRequest } from './refusals.ts'
import { secureContext } from './tls-options.ts'
import { type AgreedProtocol, agreeOn, formatRange, PROTOCOL_HEADER } from './versions.ts'

/** `unreachable`: nobody there, or it went away; nothing to report. */
export type DialResult =
  | { readonly result: 'opened'; readonly opened: OpenedSocket }
  | { readonly result: 'refused'; readonly refused: RefusedLink }
  | { readonly result: 'unreachable' }

const UNREACHABLE: DialResult = { result: 'unreachable' }

export interface DialOptions {
  readonly node: NodeId
  readonly peer: PeerAddress
  readonly tls: TlsIdentity
  readonly admission: Admission
  readonly protocol: ProtocolRange
  /** Aborts the attempt; its result is then `unreachable`. */
  readonly signal: AbortSignal
}

/** Never rejects; ends within `HANDSHAKE_MS`. */
export async function dial(options: DialOptions): Promise<DialResult> {
  const { node, peer, admission, signal } = options
  const refusedBy = (by: 'us' | 'them', reason: RefusedLink['reason'], why: string): DialResult => ({
    result: 'refused',
    refused: { reason, why, by, direction: 'outbound', address: peer.address, node },
  })
  const target = parseAddress(peer.address)
  if (target === null || signal.aborted) return UNREACHABLE
  const socket = connect({
    ...secureContext(options.tls),
    host: target.host,
    port: target.port,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  })
  const abandon = () => socket.destroy()
  signal.addEventListener('abort', abandon, { once: true })
  const deadline = setTimeout(abandon, HANDSHAKE_MS)
  try {
    const tlsProblem = await secured(socket)
    if (tlsProblem !== null) return isTlsError(tlsProblem) ? refusedBy('us', 'tls', tlsProblem.message) : UNREACHABLE
    const check = await admitOutbound(socket, admission, { node, cluster: peer.cluster })
    if (socket.destroyed) return UNREACHABLE
    if (!check.ok) {
      sendRefusalRequest(socket, check.reason)
      return refusedBy('us', check.reason, check.why)
    }
    const upgraded = await upgrade(socket, check.value, options.protocol)
    if (upgraded.result !== 'refused') return upgraded
    return refusedBy(upgraded.by, upgraded.reason, upgraded.why)
  } finally {
    clearTimeout(deadline)
    signal.removeEventListener('abort', abandon)
  }
}

/** Null when the handshake is done, else what ended it. */
function secured(socket: TLSSocket): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    socket.setNoDelay(true)
    socket.once('secureConnect', () => resolve(null))
    // Stays for good: a TLS alert can arrive after the handshake, because the server checks the client last.
    socket.on('error', (error) => {
      socket.destroy()
      resolve(error)
    })
    socket.once('close', () => resolve(new Error('closed')))
  })
}

type Upgraded =
  | { readonly result: 'opened'; readonly opened: OpenedSocket }
  | ({ readonly result: 'refused' } & Pick<RefusedLink, 'reason' | 'by' | 'why'>)
  | { readonly result: 'unreachable' }

function upgrade(socket: TLSSocket, certificate: NodeCertificate, protocol: ProtocolRange): Promise<Upgraded> {
  const { node, cluster } = certificate
  return new Promise((resolve) => {
    const options: ClientOptions = {
      // ws speaks over the socket that has been checked; the URL is only text in the request.
      createConnection: (() => socket) as never,
      perMessageDeflate: false,
      maxPayload: LIMITS.peerFrameBytes,
      followRedirects: false,
      headers: { [PROTOCOL_HEADER]: formatRange(protocol) },
      // Masking protects proxies from browsers (RFC 6455, section 10.3); inside TLS there are none. A zero mask is free.
      generateMask: (mask) => void mask.fill(0),
    }
    const webSocket = new WebSocket(`ws://peer${LINK_PATH}`, options)
    let agreed: AgreedProtocol = { ok: false, why: 'the answer to the upgrade was not read' }
    webSocket.once('upgrade', (response) => {
      agreed = agreeOn(protocol, response.headers, node)
    })
    webSocket.once('open', () => {
      // Nobody listens yet: frames that came with the answer wait until the link begins.
      webSocket.pause()
      if (!agreed.ok) {
        webSocket.terminate()
        return resolve({ result: 'refused', reason: 'protocol', by: 'us', why: agreed.why })
      }
      const peer = { node, cluster, certificate, protocol: agreed.protocol }
      resolve({ result: 'opened', opened: { peer, webSocket, socket } })
    })
    webSocket.once('unexpected-response', (_request, response) => {
      const reason = refusalIn(response.headers) ?? 'protocol'
      const spoken = reason === 'protocol' ? agreeOn(protocol, response.headers, node) : null
      const why = spoken?.ok === false ? spoken.why : 'the other side refused our certificate'
      resolve({ result: 'refused', reason, by: 'them', why })
      socket.destroy()
    })
    webSocket.on('error', () => resolve({ result: 'unreachable' }))
    socket.once('close', () => resolve({ result: 'unreachable' }))
  })
}

/** A handshake that failed, as against a connection that did. */
function isTlsError(error: NodeJS.ErrnoException): boolean {
  return error.code?.startsWith('ERR_SSL_') ?? false
}
