/** Questions to the authentication node over HTTP, one attempt each: bounded, checked, and with its coded errors. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { BatonError, isErrorCode } from '@baton/shared/errors'
import { z } from 'zod'
import { jsonOf } from './control-link/http-answer.ts'

const PATIENCE_MS = 10_000
const errorSchema = z.object({ error: z.string(), message: z.string(), remedy: z.string().optional() })

/**
 * GET, or POST with a body. The answer has passed `schema`.
 * @throws BatonError with the authority's code; UNREACHABLE when there was no answer of it
 */
export async function askAuthority<T>(
  schema: z.ZodType<T>,
  url: string,
  body?: unknown,
  timeoutMs = PATIENCE_MS,
): Promise<T> {
  const { status, answer } = await exchange(url, body, timeoutMs)
  if (status === 200) {
    const parsed = schema.safeParse(answer)
    if (parsed.success) return parsed.data
    throw unreachable(url, 'its answer is not the one of an authentication node')
  }
  const error = errorSchema.safeParse(answer)
  if (!error.success) throw unreachable(url, `HTTP status ${status}`)
  const { error: code, message, remedy } = error.data
  const known = isErrorCode(code)
  throw new BatonError(known ? code : 'INTERNAL', known ? message : `${code}: ${message}`, {
    ...(remedy === undefined ? {} : { remedy }),
  })
}

function exchange(url: string, body: unknown, timeoutMs: number): Promise<{ status: number; answer: unknown }> {
  return new Promise((resolve, reject) => {
    const bytes = body === undefined ? null : Buffer.from(JSON.stringify(body))
    const send = url.startsWith('https:') ? httpsRequest : httpRequest
    const headers = bytes === null ? {} : { 'content-type': 'application/json', 'content-length': bytes.length }
    const request = send(url, { method: bytes === null ? 'GET' : 'POST', agent: false, headers })
    const deadline = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    request.on('response', (response: IncomingMessage) => {
      void jsonOf(response).then((answer) => {
        clearTimeout(deadline)
        resolve({ status: response.statusCode ?? 0, answer })
      })
    })
    request.on('error', (error) => {
      clearTimeout(deadline)
      reject(unreachable(url, error.message || String((error as NodeJS.ErrnoException).code), error))
    })
    if (bytes === null) request.end()
    else request.end(bytes)
  })
}

function unreachable(url: string, why: string, cause?: unknown): BatonError {
  return new BatonError('UNREACHABLE', `the authentication node at ${url} cannot be asked: ${why}`, { cause })
}
