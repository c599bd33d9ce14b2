import { BatonError, ERROR_CODES, type ErrorCode } from '@baton/shared/errors'

/** True when another node, or the same one later, may answer better: 503 of any kind, or the node's own failure. */
export function worthRetrying(error: unknown): boolean {
  if (!(error instanceof BatonError)) return false
  return retryableCode(error.code)
}

export function retryableCode(code: ErrorCode): boolean {
  const { status, owner } = ERROR_CODES[code]
  // Another node may tell the truth.
  if (code === 'PROOF_INVALID') return true
  return status === 503 || owner === 'storage' || owner === 'internal'
}
