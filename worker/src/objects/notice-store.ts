/** Owner-signed notices on disk, in the order in which they came: never changed, never deleted (ID8). */
import type { Jws, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { EventLog } from '../adapters/event-log.ts'
import type { Sql } from '../adapters/sql.ts'

export const NOTICE_TABLE = [
  'CREATE TABLE notices (seq INTEGER PRIMARY KEY, statement TEXT NOT NULL UNIQUE, at INTEGER NOT NULL)',
  `CREATE TRIGGER notices_stay BEFORE DELETE ON notices BEGIN SELECT RAISE(ABORT, 'ID8: never deleted'); END`,
  `CREATE TRIGGER notices_are_final BEFORE UPDATE ON notices BEGIN SELECT RAISE(ABORT, 'ID8: never changed'); END`,
]

export class NoticeStore {
  readonly #sql: Sql
  readonly #events: EventLog

  constructor(sql: Sql, events: EventLog) {
    this.#sql = sql
    this.#events = events
  }

  all(): readonly Jws[] {
    return this.#sql
      .all<{ statement: string }>('SELECT statement FROM notices ORDER BY seq')
      .map(({ statement }) => statement as Jws)
  }

  has(statement: Jws): boolean {
    return this.#sql.all('SELECT seq FROM notices WHERE statement = ?', statement).length > 0
  }

  get count(): number {
    return this.#sql.all<{ count: number }>('SELECT count(*) AS count FROM notices')[0]?.count ?? 0
  }

  get full(): boolean {
    return this.count >= LIMITS.notices
  }

  /** True when it is new and there is room. `statement` was verified; `event` is recorded with it. */
  add(statement: Jws, at: UnixMs, event: unknown): boolean {
    return this.#sql.transaction(() => {
      if (this.has(statement) || this.full) return false
      this.#sql.run('INSERT INTO notices (statement, at) VALUES (?, ?)', statement, at)
      this.#events.append(at, event)
      return true
    })
  }
}
