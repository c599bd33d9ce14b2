/**
 * What a node keeps on disk, over `node:sqlite`: one database per data folder, WAL, an fsync per commit. Readers see
 * what is applied, committed or not, because there is one connection. Synchronous throughout: the driver decides when.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { LogEntry } from '@baton/shared/core/guard/types'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import type { ClusterId, LogIndex } from '@baton/shared/ids'
import type { NodeStore, NodeWrite } from '@baton/shared/ports/node-store'
import { chainTables } from './sqlite/chain-tables.ts'
import { groupCommit } from './sqlite/group-commit.ts'
import { loadNode } from './sqlite/load-node.ts'
import { type LogTable, logTable } from './sqlite/log-table.ts'
import { openDatabase } from './sqlite/open-database.ts'
import { promiseTable } from './sqlite/promise-table.ts'
import { storageError } from './sqlite/storage-error.ts'

export interface SqliteStoreOptions {
  /** Created with mode 0700 when missing. One process at a time. */
  readonly folder: string
  /** Added to every commit, blocking, to imitate a slower disk (bench only). Default 0. */
  readonly injectFsyncMs?: number
  /** Told the duration in ms of every commit that wrote something. */
  readonly onCommit?: (durationMs: number) => void
  /** Pages of 4 KiB the database may take; default unlimited. Reaching it is STORAGE_FULL. */
  readonly pagesMax?: number
}

/** One writer for every kind of write: the compiler refuses a missing one. */
type Writers = { readonly [Kind in NodeWrite['w']]: (write: Extract<NodeWrite, { readonly w: Kind }>) => void }

/**
 * Opens or creates the store. After a failed write or commit the store refuses every further write with the same error:
 * open it again to go on from what is committed.
 * @throws BatonError DATA_FOLDER_IN_USE, STORAGE_FULL, STORAGE_FAILED, STORAGE_DAMAGED
 */
export function openSqliteStore(options: SqliteStoreOptions): NodeStore {
  const { folder } = options
  const { database, lock } = openDatabase(folder)
  try {
    if (options.pagesMax !== undefined) database.exec(`PRAGMA max_page_count = ${options.pagesMax}`)
    return storeOver(database, options, () => lock.release())
  } catch (error) {
    database.close()
    lock.release()
    throw storageError(error, folder, 'prepare the database')
  }
}

function storeOver(database: DatabaseSync, options: SqliteStoreOptions, unlock: () => void): NodeStore {
  const { folder, injectFsyncMs = 0, onCommit = () => {} } = options
  const log = logTable(database)
  const chain = chainTables(database)
  const promises = promiseTable(database, folder)
  const transaction = groupCommit(database, folder, injectFsyncMs, onCommit)
  let known: Map<ClusterId, Mastership> | null = null
  let open = true

  function read<T>(what: string, query: () => T): T {
    try {
      transaction.read()
      return query()
    } catch (error) {
      throw storageError(error, folder, what)
    }
  }

  /** Read once, then kept beside the table. */
  function masterships(): Map<ClusterId, Mastership> {
    known ??= new Map(
      read('read the masterships', () => promises.readAll().masterships).map((one) => [one.cluster, one]),
    )
    return known
  }

  const writers: Writers = {
    ownToken: ({ own }) => promises.set('own', own),
    required: ({ required }) => promises.set('required', required),
    reshape: ({ reshape }) => promises.set('reshape', reshape),
    recovered: ({ token }) => promises.set('recovered', token),
    crossed: ({ token }) => promises.set('crossed', token),
    resync: ({ needed, why }) => promises.set('resync', { needed, why }),
    mastership({ mastership }) {
      promises.setMastership(mastership)
      masterships().set(mastership.cluster, mastership)
    },
    entry: ({ entry }) => log.insert(entry),
    truncate: ({ after }) => log.deleteAbove(after),
    resetLog({ base }) {
      log.deleteAbove(-1 as LogIndex)
      promises.set('base', base)
    },
    compact({ base }) {
      log.deleteUpTo(base.index)
      promises.set('base', base)
    },
    block: chain.write,
    transaction: chain.write,
    state: chain.write,
    bucket: chain.write,
  }

  return {
    load: () => read('load the log', () => loadNode(folder, log, promises)),
    apply(writes) {
      if (writes.length === 0) return
      transaction.write(() => {
        for (const write of writes) (writers[write.w] as (write: NodeWrite) => void)(write)
      })
    },
    commit: () => transaction.commit(),
    entries: (from, to, maxBytes) => read('read the log', () => takeEntries(log, from, to, maxBytes)),
    masterships,
    block: (height) => read('read a block', () => chain.block(height)),
    tip: () => read('read the tip', chain.tip),
    transaction: (id) => read('read a transaction', () => chain.transaction(id)),
    stateValue: (key) => read('read the state', () => chain.stateValue(key)),
    bucketLeaves: (bucket) => read('read the state', () => chain.bucketLeaves(bucket)),
    bucketHashes: () => read('read the state', () => [...chain.bucketHashes()]),
    close() {
      if (!open) return
      open = false
      transaction.abandon()
      database.close()
      unlock()
    },
  }
}

function takeEntries(log: LogTable, from: LogIndex, to: LogIndex, maxBytes: number): readonly LogEntry[] {
  const taken: LogEntry[] = []
  let bytes = 0
  for (const entry of log.rows(from, to)) {
    bytes += entry.body.length
    if (taken.length > 0 && bytes > maxBytes) break
    taken.push(entry)
  }
  return taken
}
