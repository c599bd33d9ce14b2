/** The database of one data folder, opened so that a commit is on stable storage when it returns. */
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BatonError } from '@baton/shared/errors'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { DATABASE_FILE, migrate } from './schema.ts'
import { storageError } from './storage-error.ts'

/** Pages of 4 KiB in the WAL before a commit also checkpoints: rarer rewrites of hot pages against a longer worst commit. */
const CHECKPOINT_PAGES = 2_000
/** KiB of page cache; SQLite takes it only as far as it is used. */
const CACHE_KIB = 16_384

export interface OpenDatabase {
  readonly database: DatabaseSync
  readonly lock: FolderLock
}

/** @throws BatonError DATA_FOLDER_IN_USE, STORAGE_FULL, STORAGE_FAILED, STORAGE_DAMAGED */
export function openDatabase(folder: string): OpenDatabase {
  createFolder(folder)
  const lock = lockFolder(folder)
  try {
    const database = openDurable(folder, DATABASE_FILE, (opened) => {
      opened.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};`)
      migrate(opened, folder)
    })
    return { database, lock }
  } catch (error) {
    lock.release()
    throw storageError(error, folder, 'open the database')
  }
}

/**
 * A database whose commits are on stable storage when they return, and its name too. `prepare` makes its tables; what it throws is thrown here, with
 * the database closed.
 */
export function openDurable(folder: string, file: string, prepare: (database: DatabaseSync) => void): DatabaseSync {
  const database = new DatabaseSync(join(folder, file))
  try {
    // fullfsync: macOS's plain fsync leaves data in the drive's cache.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;')
    prepare(database)
    syncFolder(folder)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function createFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new BatonError('STORAGE_FAILED', `cannot create the data folder ${folder}: ${reason}`, {
      remedy: 'create it by hand and make this user its owner, or configure another one',
      details: { folder },
      cause: error,
    })
  }
}

/** SQLite syncs the names of its journals, not that of a database it has just created. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
