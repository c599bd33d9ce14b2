/** What SQLite says, as this host's storage error codes. */
import { AssertionFailure } from '@baton/shared/assert'
import { BatonError } from '@baton/shared/errors'

/** Primary result codes: https://sqlite.org/rescode.html. An extended code has its primary one in the low byte. */
const BUSY = 5
const CORRUPT = 11
const FULL = 13
const CONSTRAINT = 19
const NOT_A_DATABASE = 26
/** The WAL index could not grow: what a full disk looks like when it strikes there instead of in the WAL. */
const IOERR_SHMSIZE = 4_874

interface SqliteError extends Error {
  readonly errcode: number
}

export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
}

export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && (error.errcode & 0xff) === BUSY
}

/** The error to throw instead of `error`; anything that is not SQLite's comes back unchanged. */
export function storageError(error: unknown, folder: string, action: string): unknown {
  if (!isSqliteError(error)) return error
  const details = { folder, action, sqlite: error.errcode }
  const primary = error.errcode & 0xff
  if (primary === FULL || error.errcode === IOERR_SHMSIZE) {
    return new BatonError('STORAGE_FULL', `no space left in ${folder} (${action})`, {
      remedy: `free space on the disk of ${folder}, then start the node again; everything acknowledged is there`,
      details,
      cause: error,
    })
  }
  if (primary === CORRUPT || primary === NOT_A_DATABASE) {
    return storageDamaged(folder, `the database is damaged (${action}): ${error.message}`, details, error)
  }
  // A row that is already there, or of the wrong type: a write that our own machines must never ask for.
  if (primary === CONSTRAINT) return new AssertionFailure(`${action}: ${error.message}`)
  return new BatonError('STORAGE_FAILED', `cannot ${action} in ${folder}: ${error.message}`, {
    remedy: `check the disk, the mount and the permissions of ${folder}, then start the node again`,
    details,
    cause: error,
  })
}

/** EL6: what is on disk is not what was written; the node is not electable until it has re-synced. */
export function storageDamaged(
  folder: string,
  message: string,
  details: Record<string, unknown> = {},
  cause?: unknown,
): BatonError {
  return new BatonError('STORAGE_DAMAGED', message, {
    remedy: `move ${folder} away and start the node again: it re-syncs from its peers before it may be elected`,
    details: { folder, ...details },
    cause,
  })
}
