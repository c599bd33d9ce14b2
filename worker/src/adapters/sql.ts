/** SQLite of a Durable Object as three synchronous verbs. */

export type SqlValue = string | number | null

export interface Sql {
  run(query: string, ...values: readonly SqlValue[]): void
  all<Row extends Record<string, SqlValue>>(query: string, ...values: readonly SqlValue[]): Row[]
  /** All or nothing; an exception rolls back and passes through. No `await` can happen inside (RG7). */
  transaction<T>(body: () => T): T
}

export function durableSql(storage: DurableObjectStorage): Sql {
  return {
    run: (query, ...values) => {
      storage.sql.exec(query, ...values)
    },
    all: (query, ...values) => storage.sql.exec(query, ...values).toArray() as never,
    transaction: (body) => storage.transactionSync(body),
  }
}
