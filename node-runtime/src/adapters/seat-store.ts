/**
 * The seat of a member of a majority on disk (MJ1): one row, replaced, on stable storage before anything depends on it. A database of its own beside
 * that of the node: a vote must not wait for the node's batch, nor carry it along.
 */
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { NO_SEAT } from '@baton/shared/core/arbiter/machine'
import type { Seat } from '@baton/shared/core/arbiter/types'
import { toUtf8 } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { BatonError } from '@baton/shared/errors'
import { readSeat, writeSeat } from '@baton/shared/protocol/arbiter/messages'
import { groupCommit } from './sqlite/group-commit.ts'
import { openDurable } from './sqlite/open-database.ts'
import { storageError } from './sqlite/storage-error.ts'

export const SEAT_FILE = 'seat.db'

const TABLE = `CREATE TABLE IF NOT EXISTS seat (
  only INTEGER PRIMARY KEY CHECK (only = 1), seat TEXT NOT NULL, hash TEXT NOT NULL
) STRICT`

export interface SeatStore {
  /** @throws BatonError STORAGE_DAMAGED: a row that reads differently from what was written is never passed over */
  load(): Seat
  /** On stable storage when it returns. @throws BatonError STORAGE_FULL, STORAGE_FAILED: nothing is written after that */
  keep(seat: Seat): void
  close(): void
}

/**
 * `folder` exists, and is locked by this process.
 * @throws BatonError STORAGE_FULL, STORAGE_FAILED, STORAGE_DAMAGED
 */
export function openSeatStore(options: {
  readonly folder: string
  /** Added to every commit, blocking, to imitate a slower disk (bench only). */
  readonly injectFsyncMs: number
  /** Told the duration in ms of every commit. */
  readonly onCommit: (durationMs: number) => void
}): SeatStore {
  const { folder, injectFsyncMs, onCommit } = options
  try {
    const database = openDurable(folder, SEAT_FILE, (opened) => opened.exec(TABLE))
    return storeOver(database, folder, injectFsyncMs, onCommit)
  } catch (error) {
    throw damaged(storageError(error, folder, 'open the seat of this member'), folder)
  }
}

function storeOver(
  database: DatabaseSync,
  folder: string,
  injectFsyncMs: number,
  onCommit: (durationMs: number) => void,
): SeatStore {
  const select = database.prepare('SELECT seat, hash FROM seat')
  const replace = database.prepare('INSERT OR REPLACE INTO seat (only, seat, hash) VALUES (1, ?, ?)')
  const transaction = groupCommit(database, folder, injectFsyncMs, onCommit)
  return {
    load() {
      const row = select.get() as { readonly seat: string; readonly hash: string } | undefined
      if (row === undefined) return NO_SEAT
      if (hashOf(row.seat) !== row.hash) throw seatDamaged(folder, 'its hash is another one')
      const seat = readSeat(row.seat)
      if (!seat.ok) throw seatDamaged(folder, seat.why)
      return seat.value
    },
    keep(seat) {
      const text = writeSeat(seat)
      transaction.write(() => replace.run(text, hashOf(text)))
      transaction.commit()
    },
    close() {
      transaction.abandon()
      database.close()
    },
  }
}

function hashOf(text: string): string {
  return sha256(toUtf8(text))
}

/** What helps here is another thing than with the node's database: the vote alone is lost. */
function damaged(error: unknown, folder: string): unknown {
  if (!(error instanceof BatonError) || error.code !== 'STORAGE_DAMAGED') return error
  return seatDamaged(folder, error.message)
}

function seatDamaged(folder: string, why: string): BatonError {
  const file = join(folder, SEAT_FILE)
  return new BatonError('STORAGE_DAMAGED', `the seat of this member (${file}) is not what was written: ${why}`, {
    remedy: `move ${file} (with its -wal and -shm) away and start the node again: it votes again once all other members have told it what they hold`,
    details: { file },
  })
}
