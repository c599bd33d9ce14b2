import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { BatonError } from '@baton/shared/errors'
import type { RefusedRequest, ReportRefusal } from './answer.ts'

/** What Node's parser says of a request that is none, or does not come: its status, of which kind it is, and a sentence for people. */
const REASONS: { readonly [code: string]: readonly [number, RefusedRequest['kind'], string] } = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'slow', 'the request did not arrive in time'],
  HPE_HEADER_OVERFLOW: [431, 'oversized', 'the headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'oversized', 'the chunk extensions are too large'],
}

/**
 * API2: also what never becomes a request, or never a whole one, is refused with a code, and its connection ends.
 * @param error of `clientError`
 * @param answer the newest one on this connection: after its beginning nothing else can be said about its request
 */
export function refuseBroken(
  error: NodeJS.ErrnoException,
  socket: Duplex & { readonly remoteAddress?: string },
  answer: ServerResponse | undefined,
  refused: ReportRefusal,
): void {
  const isAnswered = answer?.headersSent === true && !(answer.writableFinished && answer.req.complete)
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswered) {
    socket.destroy()
    return
  }
  const noRequest = [400, 'malformed', `this is no HTTP request: ${error.message}`] as const
  const [status, kind, why] = REASONS[error.code ?? ''] ?? noRequest
  refused({ event: 'request-refused', kind, source: socket.remoteAddress ?? 'unknown', code: 'BAD_REQUEST', why })
  const body = JSON.stringify(new BatonError('BAD_REQUEST', why, { remedy: 'send HTTP/1.1, whole and in time' }))
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n`
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}\r\n${body}`, () => socket.destroy())
}
