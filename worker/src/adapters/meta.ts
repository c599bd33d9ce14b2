/** Single values of an object, by name. */
import type { Sql } from './sql.ts'

export const META_TABLE = 'CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID'

export function readMeta(sql: Sql, key: string): string | null {
  return sql.all<{ value: string }>('SELECT value FROM meta WHERE key = ?', key)[0]?.value ?? null
}

export function writeMeta(sql: Sql, key: string, value: string): void {
  sql.run(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    key,
    value,
  )
}

export function deleteMeta(sql: Sql, key: string): void {
  sql.run('DELETE FROM meta WHERE key = ?', key)
}
