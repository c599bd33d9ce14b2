/** Loaded into a node before its own code (`--import`): its database takes at most `BATON_TEST_PAGES` pages. */
import { DatabaseSync } from 'node:sqlite'

const pages = Number(process.env.BATON_TEST_PAGES)
const exec = DatabaseSync.prototype.exec

DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string): void {
  exec.call(this, sql)
  if (sql.includes('journal_mode')) exec.call(this, `PRAGMA max_page_count = ${pages}`)
}
