/** The hash-chained event log in SQLite (RG11). */
import { CHAIN_START, type ChainedEvent, chainEvent } from '@baton/shared/core/registry/event-chain'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Hash, UnixMs } from '@baton/shared/ids'
import type { Sql } from './sql.ts'

export const EVENT_TABLE = [
  `CREATE TABLE events (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
  )`,
  `CREATE TRIGGER events_stay BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END`,
  `CREATE TRIGGER events_are_final BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are final'); END`,
]

/** The log of one object, and whoever wants to know that it has grown. */
export class EventLog {
  readonly #sql: Sql
  readonly #grown: () => void
  #telling = false

  /** `grown` is called once for everything that one turn appends, when its transaction is over. */
  constructor(sql: Sql, grown: () => void) {
    this.#sql = sql
    this.#grown = grown
  }

  /** Call inside the transaction that the event is about. Returns its number. */
  append(at: UnixMs, event: unknown): number {
    if (!this.#telling) {
      this.#telling = true
      // Transactions are synchronous: this runs after the commit, or after the rollback, when there is nothing new to see.
      queueMicrotask(() => {
        this.#telling = false
        this.#grown()
      })
    }
    return appendEvent(this.#sql, at, event)
  }
}

/** Call inside the transaction that the event is about. Returns its number. */
export function appendEvent(sql: Sql, at: UnixMs, event: unknown): number {
  const last = sql.all<{ seq: number; hash: string }>('SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1')[0]
  const text = JSON.stringify(event)
  const before = { seq: last?.seq ?? 0, hash: (last?.hash ?? CHAIN_START) as Hash }
  const chained = chainEvent(sha256, before, at, JSON.parse(text))
  const { seq, previous, hash } = chained
  sql.run('INSERT INTO events (seq, at, event, previous, hash) VALUES (?, ?, ?, ?, ?)', seq, at, text, previous, hash)
  return seq
}

/** Events with `seq > after`, oldest first. */
export function readEvents(sql: Sql, after: number, limit: number): readonly ChainedEvent[] {
  type Row = { seq: number; at: number; event: string; previous: string; hash: string }
  const rows = sql.all<Row>('SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?', after, limit)
  return rows.map(({ seq, at, event, previous, hash }) => ({
    seq,
    at: at as UnixMs,
    event: JSON.parse(event),
    previous: previous as Hash,
    hash: hash as Hash,
  }))
}
