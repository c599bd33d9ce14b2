import type { IncomingMessage } from 'node:http'
import { BatonError } from '@baton/shared/errors'

/**
 * Reads a request's body, at most `limit` bytes. The server's `requestTimeout` bounds how long it may take.
 * @throws BatonError BODY_TOO_LARGE at once; the rest is thrown away as it comes, because closing the connection on a client
 * that still sends would reset it before the client has read the answer
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > limit) return Promise.reject(tooLarge(limit, announced))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) {
        chunks.push(chunk)
        return
      }
      chunks.length = 0
      reject(tooLarge(limit, size))
    })
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    request.on('error', () => reject(new BatonError('BAD_REQUEST', 'the body ended before it was complete')))
    request.on('close', () => reject(new BatonError('BAD_REQUEST', 'the connection closed inside the body')))
  })
}

function tooLarge(limit: number, size: number): BatonError {
  return new BatonError('BODY_TOO_LARGE', `the body has ${size} bytes or more, ${limit} are allowed`, {
    remedy: 'send smaller transactions, or fewer in one batch',
    details: { limitBytes: limit },
  })
}
