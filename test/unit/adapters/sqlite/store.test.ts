import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { openDatabase } from '../../../../node-runtime/src/adapters/sqlite/open-database.ts'
import { openSqliteStore } from '../../../../node-runtime/src/adapters/sqlite-store.ts'
import { blockWrites, chainOf, entryWrites, mastership } from './sample-writes.ts'
import { temporaryFolder } from './temporary-folder.ts'

describe('the SQLite store', () => {
  test('creates its folder for its owner only', () => {
    const folder = join(temporaryFolder(), 'a', 'b')
    openSqliteStore({ folder }).close()
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  test('refuses a second opening, in the same process too', () => {
    const folder = temporaryFolder()
    const store = openSqliteStore({ folder })
    const refused = expect.objectContaining({ code: 'DATA_FOLDER_IN_USE', details: { folder, pid: process.pid } })
    expect(() => openSqliteStore({ folder })).toThrowError(refused)
    store.close()
    openSqliteStore({ folder }).close()
  })

  test('says what is wrong when the folder cannot be made', () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const refused = expect.objectContaining({ code: 'STORAGE_FAILED', remedy: expect.any(String) })
    expect(() => openSqliteStore({ folder: join(file, 'data') })).toThrowError(refused)
  })

  test('shows applied writes before they are committed, and forgets them when closed without a commit', () => {
    const folder = temporaryFolder()
    const store = openSqliteStore({ folder })
    store.apply([...entryWrites(chainOf(2)), ...blockWrites(1), { w: 'mastership', mastership: mastership('c2', 4) }])
    expect(store.load().entries).toHaveLength(2)
    expect(store.tip()).toBe(1)
    expect(store.masterships().get('c2' as never)?.epoch).toBe(4)
    store.close()
    const again = openSqliteStore({ folder })
    expect(again.load()).toMatchObject({ entries: [], base: { index: 0 }, masterships: [] })
    expect(again.tip()).toBe(0)
    again.close()
  })

  test('reads need no commit; what is written after them is durable with the next one, and visible to others then', () => {
    const folder = temporaryFolder()
    const commits: number[] = []
    const store = openSqliteStore({ folder, onCommit: (ms) => commits.push(ms) })
    const other = new DatabaseSync(join(folder, 'node.db'), { readOnly: true })
    const rows = () => other.prepare('SELECT count(*) AS rows FROM log').get()?.rows
    const entries = chainOf(2)
    expect(store.tip()).toBe(0)
    store.commit()
    expect(commits).toHaveLength(0)
    for (const [at, entry] of entries.entries()) {
      store.apply([{ w: 'entry', entry }])
      expect(rows()).toBe(at)
      store.commit()
      expect([rows(), commits.length]).toEqual([at + 1, at + 1])
      expect(store.entries(entry.index, entry.index, 1)).toEqual([entry])
    }
    other.close()
    store.close()
  })

  test('makes a group of applied writes durable with one commit, and does nothing for an empty one', () => {
    const folder = temporaryFolder()
    const commits: number[] = []
    const store = openSqliteStore({ folder, onCommit: (ms) => commits.push(ms) })
    store.commit()
    store.apply([])
    store.commit()
    expect(commits).toHaveLength(0)
    const entries = chainOf(6)
    for (const entry of entries) store.apply([{ w: 'entry', entry }])
    store.commit()
    expect(commits).toHaveLength(1)
    store.close()
    const again = openSqliteStore({ folder })
    expect(again.load().entries).toEqual(entries)
    again.close()
  })

  test('a checker may read the database meanwhile and sees exactly what is committed', () => {
    const folder = temporaryFolder()
    const store = openSqliteStore({ folder })
    store.apply(blockWrites(1))
    store.commit()
    store.apply(blockWrites(2))
    const reader = new DatabaseSync(join(folder, 'node.db'), { readOnly: true })
    expect(reader.prepare('SELECT max(height) AS tip FROM blocks').get()?.tip).toBe(1)
    store.commit()
    expect(reader.prepare('SELECT max(height) AS tip FROM blocks').get()?.tip).toBe(2)
    reader.close()
    store.close()
  })

  test('writing what is already there is our own bug, and the store writes nothing more', () => {
    const store = openSqliteStore({ folder: temporaryFolder() })
    const [entry] = chainOf(1)
    store.apply([{ w: 'entry', entry: entry! }])
    expect(() => store.apply([{ w: 'entry', entry: entry! }])).toThrowError(
      expect.objectContaining({ name: 'AssertionFailure' }),
    )
    expect(() => store.commit()).toThrowError(expect.objectContaining({ name: 'AssertionFailure' }))
    store.close()
  })

  test('an injected delay makes every commit that long', () => {
    const commits: number[] = []
    const store = openSqliteStore({ folder: temporaryFolder(), injectFsyncMs: 5, onCommit: (ms) => commits.push(ms) })
    for (const entry of chainOf(3)) {
      store.apply([{ w: 'entry', entry }])
      store.commit()
    }
    expect(Math.min(...commits)).toBeGreaterThanOrEqual(5)
    store.close()
  })

  test('entries come as many as fit, at least one', () => {
    const store = openSqliteStore({ folder: temporaryFolder() })
    const entries = chainOf(10, 100)
    store.apply(entryWrites(entries))
    expect(store.entries(3 as never, 8 as never, 250)).toEqual(entries.slice(2, 4))
    expect(store.entries(3 as never, 8 as never, 1)).toEqual(entries.slice(2, 3))
    expect(store.entries(9 as never, 99 as never, 10_000)).toEqual(entries.slice(8))
    expect(store.entries(11 as never, 99 as never, 10_000)).toEqual([])
    store.close()
  })
})

test('a commit is an fsync: WAL with synchronous = FULL', () => {
  const { database, lock } = openDatabase(temporaryFolder())
  expect(database.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' })
  expect(database.prepare('PRAGMA synchronous').get()).toMatchObject({ synchronous: 2 })
  database.close()
  lock.release()
})
