/**
 * One process per data folder. The lock is SQLite's own on a small file beside the database: an open write transaction,
 * which is a POSIX record lock, so the kernel drops it with the process, also after SIGKILL. The holder's pid lies in the
 * same file and stays readable meanwhile. The database itself is left unlocked, so that checkers may read it.
 *
 * POSIX drops such a lock as soon as *any* descriptor of the file is closed in the process: nothing else may open it.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BatonError } from '@baton/shared/errors'
import { isBusy, storageError } from './storage-error.ts'

const LOCK_FILE = 'node.lock'

export interface FolderLock {
  release(): void
}

/** @throws BatonError DATA_FOLDER_IN_USE naming the process that has the folder */
export function lockFolder(folder: string): FolderLock {
  let database: DatabaseSync | null = null
  try {
    database = new DatabaseSync(join(folder, LOCK_FILE), { timeout: 0 })
    database.exec('BEGIN IMMEDIATE')
    database.exec('CREATE TABLE IF NOT EXISTS holder (one INTEGER PRIMARY KEY CHECK (one = 1), pid INTEGER) STRICT')
    database.prepare('INSERT OR REPLACE INTO holder VALUES (1, ?)').run(process.pid)
    database.exec('COMMIT')
    // Between the two another process may win; then this one fails with SQLITE_BUSY, as it should.
    database.exec('BEGIN IMMEDIATE')
    const held = database
    return { release: () => held.close() }
  } catch (error) {
    const reason = isBusy(error) ? inUse(folder, database) : storageError(error, folder, 'lock the data folder')
    database?.close()
    throw reason
  }
}

function inUse(folder: string, database: DatabaseSync | null): BatonError {
  const pid = holderOf(database)
  const who = pid === null ? 'another process' : `process ${pid}`
  return new BatonError('DATA_FOLDER_IN_USE', `${who} is using the data folder ${folder}`, {
    remedy:
      pid === null
        ? 'stop the other process, or give this node a data folder of its own'
        : `stop process ${pid} (kill ${pid}), or give this node a data folder of its own`,
    details: { folder, pid },
  })
}

function holderOf(database: DatabaseSync | null): number | null {
  try {
    const pid = database?.prepare('SELECT pid FROM holder').get()?.pid
    return typeof pid === 'number' ? pid : null
  } catch {
    return null
  }
}
