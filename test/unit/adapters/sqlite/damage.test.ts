import { randomBytes } from 'node:crypto'
import { closeSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { openSqliteStore } from '../../../../node-runtime/src/adapters/sqlite-store.ts'
import { blockWrites, chainOf, entryWrites, mastership, REQUIRED, token } from './sample-writes.ts'
import { temporaryFolder } from './temporary-folder.ts'

function filled(): string {
  const folder = temporaryFolder()
  const store = openSqliteStore({ folder })
  store.apply([
    ...entryWrites(chainOf(20)),
    { w: 'compact', base: { index: 5, hash: chainOf(5).at(-1)!.hash, token: token(1) } as never },
    { w: 'ownToken', own: { token: token(3), node: 'c1-a' as never } },
    { w: 'required', required: REQUIRED },
    { w: 'mastership', mastership: mastership('c2', 4) },
    ...blockWrites(1, 50),
  ])
  store.commit()
  store.close()
  return folder
}

function alter(folder: string, sql: string): void {
  const database = new DatabaseSync(join(folder, 'node.db'))
  expect(database.prepare(sql).run().changes).toBeGreaterThan(0)
  database.close()
}

function loadError(folder: string): unknown {
  try {
    const store = openSqliteStore({ folder })
    try {
      store.load()
    } finally {
      store.close()
    }
  } catch (error) {
    return error
  }
  return null
}

describe('[EL6] what is not as it was written is STORAGE_DAMAGED, never skipped', () => {
  const cases: [string, string, Record<string, unknown>][] = [
    ['a body', "UPDATE log SET body = x'00' WHERE position = 9", { table: 'log', index: 9 }],
    ['an epoch', 'UPDATE log SET epoch = 2 WHERE position = 20', { table: 'log', index: 20 }],
    ['an epoch that falls', 'UPDATE log SET epoch = 0 WHERE position = 20', { table: 'log', index: 20 }],
    ['a kind', "UPDATE log SET kind = 'proposal' WHERE position = 9", { table: 'log', index: 9 }],
    ['a kind that does not exist', "UPDATE log SET kind = 'x' WHERE position = 9", { table: 'log', index: 9 }],
    ['a link of the chain', "UPDATE log SET previous = 'x' WHERE position = 9", { table: 'log', index: 9 }],
    ['a missing entry', 'DELETE FROM log WHERE position = 9', { table: 'log', index: 10, after: 8 }],
    ['a missing first entry', 'DELETE FROM log WHERE position = 6', { table: 'log', index: 7, after: 5 }],
    ['a missing base', "DELETE FROM promises WHERE name = 'base'", { table: 'log', index: 6, after: 0 }],
    [
      'a token',
      "UPDATE promises SET value = CAST(replace(value, x'03', x'02') AS BLOB) WHERE name = 'own'",
      { name: 'own' },
    ],
    ['a mastership', "UPDATE promises SET value = x'a0' WHERE name LIKE 'mastership/%'", { name: 'mastership/c2' }],
    ['a renamed value', "UPDATE promises SET name = 'reshape' WHERE name = 'required'", { name: 'reshape' }],
  ]
  for (const [what, sql, details] of cases) {
    test(what, () => {
      const folder = filled()
      expect(loadError(folder)).toBeNull()
      alter(folder, sql)
      expect(loadError(folder)).toMatchObject({
        code: 'STORAGE_DAMAGED',
        details: { folder, ...details },
        remedy: expect.stringContaining('re-syncs'),
      })
    })
  }

  test('pages overwritten with noise', () => {
    const folder = filled()
    const file = join(folder, 'node.db')
    const descriptor = openSync(file, 'r+')
    const size = statSync(file).size
    writeSync(descriptor, randomBytes(size - 4_096), 0, size - 4_096, 4_096)
    closeSync(descriptor)
    expect(loadError(folder)).toMatchObject({ code: 'STORAGE_DAMAGED' })
  })

  test('a file that is no database', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'node.db'), randomBytes(8_192))
    expect(loadError(folder)).toMatchObject({ code: 'STORAGE_DAMAGED' })
  })

  test("someone else's database", () => {
    const folder = temporaryFolder()
    const database = new DatabaseSync(join(folder, 'node.db'))
    database.exec('CREATE TABLE theirs (x)')
    database.close()
    expect(loadError(folder)).toMatchObject({ code: 'STORAGE_DAMAGED' })
  })
})

test('a database of a newer program is refused, not touched', () => {
  const folder = filled()
  const database = new DatabaseSync(join(folder, 'node.db'))
  database.exec('PRAGMA user_version = 99')
  database.close()
  expect(loadError(folder)).toMatchObject({ code: 'STORAGE_FAILED', remedy: expect.stringContaining('99') })
})
