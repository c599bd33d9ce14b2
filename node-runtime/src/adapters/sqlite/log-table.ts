/** The replicated log above its base (GU3). */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { LogEntry, RecordKind } from '@baton/shared/core/guard/types'
import type { Epoch, Generation, Hash, LogIndex } from '@baton/shared/ids'

export interface LogTable {
  insert(entry: LogEntry): void
  /** Deletes every entry with an index above `index`. */
  deleteAbove(index: LogIndex): void
  /** Deletes every entry with an index up to `index`. */
  deleteUpTo(index: LogIndex): void
  /** Entries from `from` to `to` in order, one by one. */
  rows(from: LogIndex, to: LogIndex): Iterable<LogEntry>
}

interface Row {
  readonly position: number
  readonly generation: number
  readonly epoch: number
  readonly kind: string
  readonly previous: string
  readonly hash: string
  readonly body: Uint8Array
}

export function logTable(database: DatabaseSync): LogTable {
  const insert = database.prepare(
    'INSERT INTO log (position, generation, epoch, kind, previous, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const deleteAbove = database.prepare('DELETE FROM log WHERE position > ?')
  const deleteUpTo = database.prepare('DELETE FROM log WHERE position <= ?')
  const select = database.prepare('SELECT * FROM log WHERE position BETWEEN ? AND ? ORDER BY position')
  return {
    insert({ index, token, kind, previous, hash, body }) {
      const values: SQLInputValue[] = [index, token.generation, token.epoch, kind, previous, hash, body]
      insert.run(...values)
    },
    deleteAbove: (index) => void deleteAbove.run(index),
    deleteUpTo: (index) => void deleteUpTo.run(index),
    *rows(from, to) {
      for (const row of select.iterate(from, to)) yield entryOf(row as unknown as Row)
    },
  }
}

function entryOf(row: Row): LogEntry {
  return {
    index: row.position as LogIndex,
    token: { generation: row.generation as Generation, epoch: row.epoch as Epoch },
    kind: row.kind as RecordKind,
    body: row.body,
    previous: row.previous as Hash,
    hash: row.hash as Hash,
  }
}
