/** RG9: what a node has computed is put aside, so that its next start executes every block anew from genesis. Nothing is deleted. */
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { BatonError } from '@baton/shared/errors'
import { lockFolder } from './folder-lock.ts'
import { syncFolder } from './open-database.ts'
import { DATABASE_FILE } from './schema.ts'
import { storageError } from './storage-error.ts'

/**
 * The database with log and chain goes into a folder beside it; what owners have said, and the vote of an arbiter (MJ1), stay where they are.
 * @returns that folder @throws BatonError BAD_REQUEST when there is no database, DATA_FOLDER_IN_USE while the node runs, STORAGE_FAILED
 */
export function setDatabaseAside(folder: string, now: Date): string {
  if (!existsSync(join(folder, DATABASE_FILE))) {
    throw new BatonError('BAD_REQUEST', `${folder} has no ${DATABASE_FILE}: there is nothing to put aside`)
  }
  const lock = lockFolder(folder)
  try {
    const aside = join(folder, `aside-${now.toISOString().replaceAll(':', '-')}`)
    mkdirSync(aside, { mode: 0o700 })
    // The database first: left without its journal it would open without its last promises, while a journal without a database is none.
    for (const end of ['', '-wal', '-shm']) {
      const file = `${DATABASE_FILE}${end}`
      if (existsSync(join(folder, file))) renameSync(join(folder, file), join(aside, file))
      syncFolder(folder)
    }
    return aside
  } catch (error) {
    throw storageError(error, folder, 'put the database aside')
  } finally {
    lock.release()
  }
}
