/**
 * A process that writes log entries and blocks as fast as it can and names each committed index on standard output.
 * Arguments: folder, writes until it is killed.
 */
import { writeSync } from 'node:fs'
import type { LogEntry } from '@baton/shared/core/guard/types'
import { openSqliteStore } from '../../../../node-runtime/src/adapters/sqlite-store.ts'
import { blockWrites, chainOf, entryWrites } from './sample-writes.ts'

const [folder] = process.argv.slice(2)
const store = openSqliteStore({ folder: folder! })
let last: Pick<LogEntry, 'index' | 'hash'> | null = store.load().entries.at(-1) ?? null
for (;;) {
  const entries = chainOf(3, 500, last)
  last = entries.at(-1)!
  store.apply(entryWrites(entries))
  store.apply(blockWrites(store.tip() + 1, 20))
  store.commit()
  writeSync(1, `${last.index} ${store.tip()}\n`)
}
