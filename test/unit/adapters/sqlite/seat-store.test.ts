import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { NO_SEAT } from '@baton/shared/core/arbiter/machine'
import type { Seat } from '@baton/shared/core/arbiter/types'
import type { NodeId } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { openSeatStore, SEAT_FILE } from '../../../../node-runtime/src/adapters/seat-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

const PROMISED: Seat = { promised: { counter: 3, node: 'c1-b' as NodeId }, accepted: null }

const open = (folder: string) => openSeatStore({ folder, injectFsyncMs: 0, onCommit: () => {} })

function kept(): string {
  const folder = temporaryFolder()
  const store = open(folder)
  expect(store.load()).toEqual(NO_SEAT)
  store.keep(PROMISED)
  store.close()
  return folder
}

function alter(folder: string, sql: string): void {
  const database = new DatabaseSync(join(folder, SEAT_FILE))
  expect(database.prepare(sql).run().changes).toBe(1)
  database.close()
}

function loadError(folder: string): unknown {
  try {
    const store = open(folder)
    try {
      return store.load()
    } finally {
      store.close()
    }
  } catch (error) {
    return error
  }
}

test('[MJ1] a seat is there again after a restart, the last one of several', () => {
  const folder = kept()
  const store = open(folder)
  expect(store.load()).toEqual(PROMISED)
  const higher = { promised: { counter: 4, node: 'c1-c' as NodeId }, accepted: null }
  store.keep(higher)
  store.close()
  expect(loadError(folder)).toEqual(higher)
})

test('[MJ1] every commit is told, and costs what a slow disk would', () => {
  const folder = temporaryFolder()
  const commits: number[] = []
  const store = openSeatStore({ folder, injectFsyncMs: 3, onCommit: (ms) => commits.push(ms) })
  store.keep(PROMISED)
  store.keep(PROMISED)
  store.close()
  expect(commits).toHaveLength(2)
  expect(Math.min(...commits)).toBeGreaterThanOrEqual(3)
})

test.each([
  ['a promise that was turned back', `UPDATE seat SET seat = replace(seat, '"counter":3', '"counter":2')`],
  [
    'no seat at all',
    `UPDATE seat SET seat = '{}', hash = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'`,
  ],
])('[MJ1, EL6] a row with %s is damage, never a seat', (_, sql) => {
  const folder = kept()
  alter(folder, sql)
  expect(loadError(folder)).toMatchObject({ code: 'STORAGE_DAMAGED', remedy: expect.stringContaining(SEAT_FILE) })
})

test('[MJ1, EL6] a file that is no database is damage, with the file named', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, SEAT_FILE), 'not a database, but long enough to be taken for one: '.repeat(40))
  expect(loadError(folder)).toMatchObject({ code: 'STORAGE_DAMAGED', details: { file: join(folder, SEAT_FILE) } })
})

test('[MJ1] after a failed write nothing is written any more', () => {
  const folder = kept()
  const store = open(folder)
  const other = new DatabaseSync(join(folder, SEAT_FILE))
  other.exec('BEGIN IMMEDIATE')
  expect(() => store.keep(PROMISED)).toThrow(expect.objectContaining({ code: 'STORAGE_FAILED' }))
  other.exec('ROLLBACK')
  other.close()
  expect(() => store.keep(PROMISED)).toThrow(expect.objectContaining({ code: 'STORAGE_FAILED' }))
  store.close()
})
