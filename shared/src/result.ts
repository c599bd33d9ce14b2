/** The answer of everything that checks input from outside: a value, or a code with the reason. Never an exception. */
import type { ErrorCode } from './errors.ts'

export interface Failure {
  readonly ok: false
  readonly code: ErrorCode
  readonly why: string
}
export type Result<T> = { readonly ok: true; readonly value: T } | Failure

export function success<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

export function failure(code: ErrorCode, why: string): Failure {
  return { ok: false, code, why }
}
