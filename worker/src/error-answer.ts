/** Errors as HTTP answers: `{error, message, remedy?}` with the status of the code. */
import { BatonError, ERROR_CODES, type ErrorCode } from '@baton/shared/errors'

const REMEDIES: { readonly [Code in ErrorCode]?: string } = {
  NOT_FOUND: 'see /openapi.json for the routes',
  UNKNOWN_CLUSTER: 'use a network and cluster named in the genesis document',
  STALE_VERSION: 'look at `state`, and ask again against its version if that is still wanted',
  MASTER_ALIVE: 'ask again after `retryAfterMs`',
  PAUSED: 'ask again after `retryAfterMs`, or resume',
  SETTLING: 'ask again after `retryAfterMs`',
  STARTUP_GRACE: 'ask again after `retryAfterMs`; a standby must have a session with the authority',
  NOT_ELECTABLE: 'let the node re-sync and be added to the sync set by the master',
  CERTIFICATE_EXPIRED: 'renew the node certificate with the owner key',
  CERTIFICATE_INVALID: 'use a certificate signed by the owner key of this cluster',
  STATEMENT_INVALID: 'send a statement signed by the key of the node it names',
  UNKNOWN_NODE: 'open a session with this node first',
  CLUSTER_FROZEN: 'see `baton explain CLUSTER` for what it waits for, and `baton events CLUSTER` for what it was told',
  PROTOCOL_VERSION: 'upgrade the older of the two',
  UNAUTHENTICATED:
    'send `Authorization: Bearer TOKEN` with a token that `baton operator create` has made for this cluster',
  FORBIDDEN: 'ask the owner of this cluster for a token with that role',
  BODY_TOO_LARGE: 'send a smaller body',
  TOKEN_INVALID: 'let the owner make another: baton token create',
  TOKEN_EXPIRED: 'let the owner make another: baton token create',
  TOKEN_USED_UP: 'let the owner make another: baton token create --uses COUNT',
  NODE_EXISTS: 'join under another name, or let the owner certify the new key: baton node certify',
  CERTIFICATE_REVOKED: 'make a new key, and let the owner certify it: baton node certify',
  RENEWAL_REFUSED: 'let the owner certify the node again: baton node certify',
  TOO_MANY_ATTEMPTS: 'mend what was refused before, then wait some minutes',
}

export function remedyOf(code: ErrorCode): string | undefined {
  return REMEDIES[code]
}

/** A coded error that says what to do. */
export function codedError(code: ErrorCode, message: string): BatonError {
  const remedy = remedyOf(code)
  return new BatonError(code, message, remedy === undefined ? {} : { remedy })
}

export function errorAnswer(code: ErrorCode, message: string): Response {
  return answerOf(codedError(code, message))
}

export function answerOf(error: BatonError, status: number = ERROR_CODES[error.code].status): Response {
  const headers = error.code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer' } : {}
  return Response.json(error, { status, headers })
}
