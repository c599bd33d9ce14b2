import { MemoryDisk, MemoryStore } from '../support/memory-store.ts'
import { nodeStoreContract } from './node-store.suite.ts'

nodeStoreContract('in memory', () => {
  const disk = new MemoryDisk()
  return {
    open: () => new MemoryStore(disk),
    damageEntry: (index) => {
      disk.entries = disk.entries.map((entry) =>
        entry.index === index ? { ...entry, body: entry.body.map((byte) => byte ^ 1) } : entry,
      )
    },
    destroy: () => undefined,
  }
})
