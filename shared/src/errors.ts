/**
 * Every error that crosses a boundary has a code. The code says who has to act; the CLI maps each
 * one to cause, remedy and exit status (`node-runtime/src/cli/explain-error.ts`), HTTP maps it to a status.
 */

/** The owner of an error: who has to act on it. */
export type ErrorOwner = 'config' | 'client' | 'peer' | 'storage' | 'fenced' | 'control-plane' | 'internal'

/** Code → its owner and the HTTP status that carries it. */
export const ERROR_CODES = {
  // config: the operator of this host
  CONFIG_INVALID: { owner: 'config', status: 500 },
  CONFIG_UNREADABLE: { owner: 'config', status: 500 },
  PORT_TAKEN: { owner: 'config', status: 500 },
  IDENTITY_INVALID: { owner: 'config', status: 500 },
  GENESIS_INVALID: { owner: 'config', status: 500 },
  DATA_FOLDER_IN_USE: { owner: 'config', status: 500 },
  APPLICATION_INVALID: { owner: 'config', status: 500 },
  PASSPHRASE_WRONG: { owner: 'config', status: 500 },
  SIGNER_FAILED: { owner: 'config', status: 500 },

  // client: whoever sent a transaction or request
  BAD_REQUEST: { owner: 'client', status: 400 },
  BODY_TOO_LARGE: { owner: 'client', status: 413 },
  NOT_FOUND: { owner: 'client', status: 404 },
  TRANSACTION_MALFORMED: { owner: 'client', status: 400 },
  TRANSACTION_SIGNATURE: { owner: 'client', status: 400 },
  TRANSACTION_NETWORK: { owner: 'client', status: 400 },
  TRANSACTION_REJECTED: { owner: 'client', status: 409 },
  MEMPOOL_FULL: { owner: 'client', status: 503 },
  UNAUTHENTICATED: { owner: 'client', status: 401 },
  FORBIDDEN: { owner: 'client', status: 403 },

  // peer: a message of another node that changes nothing
  PEER_CERTIFICATE: { owner: 'peer', status: 403 },
  PEER_PROTOCOL: { owner: 'peer', status: 400 },
  PEER_SIGNATURE: { owner: 'peer', status: 403 },
  PEER_MALFORMED: { owner: 'peer', status: 400 },
  PEER_UNEXPECTED: { owner: 'peer', status: 409 },
  PROOF_INVALID: { owner: 'peer', status: 502 },

  // storage: this host's disk
  STORAGE_FULL: { owner: 'storage', status: 507 },
  STORAGE_FAILED: { owner: 'storage', status: 500 },
  STORAGE_DAMAGED: { owner: 'storage', status: 500 },

  // fenced: mastership belongs elsewhere
  NOT_MASTER: { owner: 'fenced', status: 503 },
  LOWER_TOKEN: { owner: 'fenced', status: 409 },
  TOKEN_CONFLICT: { owner: 'fenced', status: 409 },
  NOT_HELD: { owner: 'fenced', status: 503 },

  // control-plane: the authority's answers
  STALE_VERSION: { owner: 'control-plane', status: 409 },
  MASTER_ALIVE: { owner: 'control-plane', status: 409 },
  NOT_ELECTABLE: { owner: 'control-plane', status: 403 },
  PAUSED: { owner: 'control-plane', status: 409 },
  SETTLING: { owner: 'control-plane', status: 409 },
  NOT_CURRENT_MASTER: { owner: 'control-plane', status: 403 },
  STARTUP_GRACE: { owner: 'control-plane', status: 503 },
  UNKNOWN_CLUSTER: { owner: 'control-plane', status: 404 },
  UNKNOWN_NODE: { owner: 'control-plane', status: 403 },
  STATEMENT_INVALID: { owner: 'control-plane', status: 400 },
  CERTIFICATE_INVALID: { owner: 'control-plane', status: 403 },
  CERTIFICATE_EXPIRED: { owner: 'control-plane', status: 403 },
  CHALLENGE_INVALID: { owner: 'control-plane', status: 403 },
  PROTOCOL_VERSION: { owner: 'control-plane', status: 426 },
  CLUSTER_FROZEN: { owner: 'control-plane', status: 423 },
  UNREACHABLE: { owner: 'control-plane', status: 503 },
  TOKEN_INVALID: { owner: 'control-plane', status: 403 },
  TOKEN_EXPIRED: { owner: 'control-plane', status: 403 },
  TOKEN_USED_UP: { owner: 'control-plane', status: 403 },
  NODE_EXISTS: { owner: 'control-plane', status: 409 },
  CERTIFICATE_REVOKED: { owner: 'control-plane', status: 403 },
  RENEWAL_REFUSED: { owner: 'control-plane', status: 403 },
  TOO_MANY_ATTEMPTS: { owner: 'control-plane', status: 429 },

  INTERNAL: { owner: 'internal', status: 500 },
} as const satisfies Record<string, { owner: ErrorOwner; status: number }>

export type ErrorCode = keyof typeof ERROR_CODES

/** An error for people: what happened, why, and what to do about it. */
export class BatonError extends Error {
  override readonly name = 'BatonError'
  readonly code: ErrorCode
  /** What to do about it, as an instruction; shown by the CLI and in API answers. */
  readonly remedy: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { remedy?: string; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.remedy = options.remedy
    this.details = options.details ?? {}
  }

  /** The body of every HTTP error answer and of every error line with `--json`. */
  toJSON(): { error: ErrorCode; message: string; remedy?: string; details?: Readonly<Record<string, unknown>> } {
    return {
      error: this.code,
      message: this.message,
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
      ...(Object.keys(this.details).length === 0 ? {} : { details: this.details }),
    }
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value)
}
