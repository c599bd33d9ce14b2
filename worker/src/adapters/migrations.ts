/** Versioned schemas: each migration runs once, in order, in the transaction that records it. */
import type { Sql } from './sql.ts'

export interface Migration {
  readonly name: string
  readonly statements: readonly string[]
}

/** Throws when the database was written by a newer version of this code: it must not be opened by an older one. */
export function migrate(sql: Sql, migrations: readonly Migration[], at: number): void {
  sql.run('CREATE TABLE IF NOT EXISTS migrations (id INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL)')
  const applied = sql.all<{ id: number; name: string }>('SELECT id, name FROM migrations ORDER BY id')
  for (const { id, name } of applied) {
    if (migrations[id - 1]?.name !== name) throw new Error(`unknown migration ${id} (${name}): deploy a newer version`)
  }
  migrations.slice(applied.length).forEach(({ name, statements }, offset) => {
    sql.transaction(() => {
      for (const statement of statements) sql.run(statement)
      sql.run('INSERT INTO migrations (id, name, at) VALUES (?, ?, ?)', applied.length + offset + 1, name, at)
    })
  })
}
