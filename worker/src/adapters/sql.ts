/** SQLite of a Durable Object as three synchronous verbs. */
import type { Usage } from '../metrics/usage.ts'

export type SqlValue = string | number | null

export interface Sql {
  run(query: string, ...values: readonly SqlValue[]): void
  all<Row extends Record<string, SqlValue>>(query: string, ...values: readonly SqlValue[]): Row[]
  /** All or nothing; an exception rolls back and passes through. No `await` can happen inside (RG7). */
  transaction<T>(body: () => T): T
}

/** Rows read and written, indexes included, are counted as the platform counts them. */
export function durableSql(storage: DurableObjectStorage, usage: Usage): Sql {
  const all = (query: string, ...values: readonly SqlValue[]) => {
    const cursor = storage.sql.exec(query, ...values)
    // What the cursor says is whole only when it has come to its end.
    const rows = cursor.toArray()
    usage.rowsRead += cursor.rowsRead
    usage.rowsWritten += cursor.rowsWritten
    return rows
  }
  return {
    run: (query, ...values) => void all(query, ...values),
    all: (query, ...values) => all(query, ...values) as never,
    transaction: (body) => storage.transactionSync(body),
  }
}
