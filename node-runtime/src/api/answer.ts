/** Answers of the HTTP API: JSON bodies and coded errors. */
import { BatonError, ERROR_CODES, type ErrorCode } from '@baton/shared/errors'
import type { MasterAddress } from './node-service.ts'

export interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** Called with what no client caused: an `AssertionFailure` must stop the process, anything else is logged. */
export type ReportError = (error: unknown, request: string) => void

/** API2: a request that is refused before the node has seen it; ID7: one of somebody who may not make it, by the code. */
export interface RefusedRequest {
  readonly event: 'request-refused' | 'operator-refused'
  readonly kind: 'oversized' | 'slow' | 'malformed' | ErrorCode
  /** The address that it came from. */
  readonly source: string
  readonly code: ErrorCode
  readonly why: string
}

/** Called with each; the caller bounds what becomes of them. */
export type ReportRefusal = (refused: RefusedRequest) => void

export interface ApiReports {
  readonly report: ReportError
  readonly refused: ReportRefusal
}

const JSON_TYPE = { 'content-type': 'application/json' }

export function answerJson(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, body: stringify(value), headers: { ...JSON_TYPE, ...headers } }
}

/** The body is the error's own JSON form; a 503 says when to ask again. */
export function answerError(error: unknown, request: string, report: ReportError): Answer {
  const coded = toBatonError(error, request, report)
  const { status } = ERROR_CODES[coded.code]
  return answerJson(status, coded.toJSON(), status === 503 ? { 'retry-after': '1' } : {})
}

/** The error itself when it is coded; otherwise our own bug: reported, and INTERNAL to the client. */
export function toBatonError(error: unknown, request: string, report: ReportError): BatonError {
  if (error instanceof BatonError) return error
  report(error, request)
  return new BatonError('INTERNAL', 'the node failed on this request; the reason is in its log', {
    remedy: 'ask again; a transaction may be sent again with the same bytes, it executes once',
  })
}

/** `x-baton-master: c1-n2` and, when it is known, `x-baton-master-address: host:port`. */
export function masterHeaders(master: MasterAddress | null): Record<string, string> {
  if (master === null) return {}
  return {
    'x-baton-master': master.node,
    ...(master.apiAddress === null ? {} : { 'x-baton-master-address': master.apiAddress }),
  }
}

/** JSON with bytes as unpadded base64url. */
export function stringify(value: unknown): string {
  return JSON.stringify(value, bytesAsText)
}

function bytesAsText(this: unknown, key: string, value: unknown): unknown {
  // A Buffer's own toJSON has run by now, so look at what stood there before.
  const original = (this as Record<string, unknown>)[key]
  if (original instanceof Uint8Array) {
    return Buffer.from(original.buffer, original.byteOffset, original.byteLength).toString('base64url')
  }
  return value
}
