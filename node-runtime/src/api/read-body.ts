import type { IncomingMessage } from 'node:http'
import { BatonError } from '@baton/shared/errors'
import type { ReportRefusal } from './answer.ts'

/**
 * Reads a request's body, at most `limit` bytes. The server's `requestTimeout` bounds how long it may take.
 * @throws BatonError BODY_TOO_LARGE at once; the rest is thrown away as it comes, because closing the connection on a client
 * that still sends would reset it before the client has read the answer. `refused` is told of it (RG11).
 */
export function readBody(request: IncomingMessage, limit: number, refused: ReportRefusal): Promise<Uint8Array> {
  const tooLarge = (size: number) => {
    const error = oversized(limit, size)
    const source = request.socket.remoteAddress ?? 'unknown'
    refused({ event: 'request-refused', kind: 'oversized', source, code: error.code, why: error.message })
    return error
  }
  // Whoever looks at a token first may come after the end of the connection, and no event would come again.
  if (request.destroyed) return Promise.reject(cutShort())
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > limit) return Promise.reject(tooLarge(announced))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      const before = size
      size += chunk.length
      if (size <= limit) {
        chunks.push(chunk)
      } else if (before <= limit) {
        chunks.length = 0
        reject(tooLarge(size))
      }
    })
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    request.on('error', () => reject(cutShort()))
    request.on('close', () => reject(cutShort()))
  })
}

function cutShort(): BatonError {
  return new BatonError('BAD_REQUEST', 'the connection ended before the body was complete')
}

function oversized(limit: number, size: number): BatonError {
  return new BatonError('BODY_TOO_LARGE', `the body has ${size} bytes or more, ${limit} are allowed`, {
    remedy: 'send less in one request: smaller transactions, or fewer in a batch',
    details: { limitBytes: limit },
  })
}
