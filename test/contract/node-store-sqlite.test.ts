import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteStore } from '../../node-runtime/src/adapters/sqlite-store.ts'
import { nodeStoreContract } from './node-store.suite.ts'

nodeStoreContract('over node:sqlite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-store-'))
  return {
    open: () => openSqliteStore({ folder }),
    damageEntry: (index) => {
      const database = new DatabaseSync(join(folder, 'node.db'))
      database.prepare("UPDATE log SET body = CAST(body || x'00' AS BLOB) WHERE position = ?").run(index)
      database.close()
    },
    destroy: () => rmSync(folder, { recursive: true, force: true }),
  }
})
