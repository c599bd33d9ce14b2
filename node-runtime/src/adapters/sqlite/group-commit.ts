/** One open transaction that collects writes until one commit, with one fsync, makes them all durable. */
import type { DatabaseSync } from 'node:sqlite'
import { AssertionFailure } from '@baton/shared/assert'
import { storageError } from './storage-error.ts'

export interface GroupCommit {
  /**
   * Before a read: opens a transaction if there is none, which the writes that follow go on with. Outside of one, each read locks and
   * unlocks the file: that takes twice as long as the read. Nobody else writes here, so it never sees something old.
   */
  read(): void
  /** Runs `work` inside the open transaction, opening one if there is none. */
  write(work: () => void): void
  /** Nothing written since the last commit: nothing done, no fsync. */
  commit(): void
  /** Gives up what is not committed. */
  abandon(): void
}

/**
 * @param onCommit told the duration in ms of every commit
 * @param injectFsyncMs added to every commit, to imitate a slower disk (bench)
 */
export function groupCommit(
  database: DatabaseSync,
  folder: string,
  injectFsyncMs: number,
  onCommit: (durationMs: number) => void,
): GroupCommit {
  const beginReading = database.prepare('BEGIN')
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  let failed: unknown = null
  let written = false

  /**
   * SQLite may have rolled back by itself, and what the machines believe is no longer what is stored; after a failed fsync
   * a second one that succeeds proves nothing. So the first failure is the last write: only a new start goes on.
   */
  function fail(error: unknown, action: string): never {
    failed = storageError(error, folder, action)
    rollback(database)
    throw failed
  }

  return {
    read() {
      if (!database.isTransaction) beginReading.run()
    },
    write(work) {
      if (failed !== null) throw failed
      try {
        if (!database.isTransaction) begin.run()
        written = true
        work()
      } catch (error) {
        fail(error, 'write')
      }
    },
    commit() {
      if (failed !== null) throw failed
      if (!written) return
      const started = performance.now()
      try {
        commit.run()
      } catch (error) {
        fail(error, 'commit')
      }
      written = false
      if (injectFsyncMs > 0) sleepSync(injectFsyncMs)
      onCommit(performance.now() - started)
    },
    abandon() {
      failed ??= new AssertionFailure('the store is closed')
      rollback(database)
    },
  }
}

function rollback(database: DatabaseSync): void {
  if (!database.isTransaction) return
  try {
    database.exec('ROLLBACK')
  } catch {
    // The connection is unusable; closing it rolls back, and so does the next start.
  }
}

/** Blocks the thread, as a slow fsync does. */
function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
