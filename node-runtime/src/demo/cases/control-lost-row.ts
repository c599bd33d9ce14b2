import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { DemoCase } from './case.ts'

export const controlLostRow: DemoCase = {
  name: 'control-lost-row',
  summary: 'deletes one acknowledged transaction from one database: the checker must count it as lost',
  kind: 'control',
  when: 'end',
  async run({ network, load, tell }) {
    const { id } = load.acknowledged.at(-1)!
    const files = network.files.nodes.at(-1)!
    // The node may be in the middle of a commit: wait for it.
    const database = new DatabaseSync(join(files.dataFolder, 'node.db'), { timeout: 5_000 })
    try {
      const { changes } = database.prepare('DELETE FROM transactions WHERE id = ?').run(Buffer.from(id, 'hex'))
      tell(`${changes} row deleted from the database of ${files.node}`)
    } finally {
      database.close()
    }
    return null
  },
}
