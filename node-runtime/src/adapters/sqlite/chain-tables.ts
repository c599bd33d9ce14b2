/** What executing blocks leaves behind: blocks, transactions by id, the application's state and the leaves of its tree. */
import type { DatabaseSync } from 'node:sqlite'
import { hashToBytes } from '@baton/shared/codec/hash-bytes'
import type { Hash, Height } from '@baton/shared/ids'
import type { ChainReader, LedgerWrite } from '@baton/shared/ports/node-store'

type ChainWrite = Exclude<LedgerWrite, { readonly w: 'compact' }>

export interface ChainTables extends ChainReader {
  write(write: ChainWrite): void
}

interface BlockRow {
  readonly hash: string
  readonly result: string
  readonly certificate: Uint8Array
  readonly bytes: Uint8Array
}

export function chainTables(database: DatabaseSync): ChainTables {
  const blocks = blockTable(database)
  const transactions = transactionTable(database)
  const state = stateTable(database)
  const buckets = bucketTable(database)
  return {
    write(write) {
      switch (write.w) {
        case 'block':
          return blocks.insert(write)
        case 'transaction':
          return transactions.insert(write)
        case 'state':
          return state.set(write.key, write.value)
        case 'bucket':
          return buckets.set(write.bucket, write.leaves, write.hash)
      }
    },
    block: blocks.get,
    tip: blocks.tip,
    transaction: transactions.get,
    stateValue: state.get,
    bucketLeaves: buckets.leaves,
    bucketHashes: buckets.hashes,
  }
}

function blockTable(database: DatabaseSync) {
  const insert = database.prepare(
    'INSERT INTO blocks (height, hash, result, certificate, bytes) VALUES (?, ?, ?, ?, ?)',
  )
  const select = database.prepare('SELECT hash, result, certificate, bytes FROM blocks WHERE height = ?')
  const highest = database.prepare('SELECT max(height) AS height FROM blocks')
  return {
    insert(block: Extract<ChainWrite, { w: 'block' }>): void {
      insert.run(block.height, block.hash, block.result, block.certificate, block.bytes)
    },
    get(height: Height): ReturnType<ChainReader['block']> {
      const row = select.get(height) as BlockRow | undefined
      if (row === undefined) return null
      return { ...row, hash: row.hash as Hash, result: row.result as Hash }
    },
    tip: () => Number(highest.get()?.height ?? 0) as Height,
  }
}

function transactionTable(database: DatabaseSync) {
  const insert = database.prepare('INSERT INTO transactions (id, height, position, receipt) VALUES (?, ?, ?, ?)')
  const select = database.prepare('SELECT height, position, receipt FROM transactions WHERE id = ?')
  return {
    insert(write: Extract<ChainWrite, { w: 'transaction' }>): void {
      insert.run(hashToBytes(write.id), write.height, write.index, write.receipt)
    },
    get(id: Hash): ReturnType<ChainReader['transaction']> {
      const row = select.get(hashToBytes(id))
      if (row === undefined) return null
      return { height: row.height as Height, index: Number(row.position), receipt: row.receipt as Uint8Array }
    },
  }
}

function stateTable(database: DatabaseSync) {
  const upsert = database.prepare(
    'INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )
  const remove = database.prepare('DELETE FROM state WHERE key = ?')
  const select = database.prepare('SELECT value FROM state WHERE key = ?')
  return {
    set(key: string, value: Uint8Array | null): void {
      if (value === null) remove.run(key)
      else upsert.run(key, value)
    },
    get: (key: string) => (select.get(key)?.value ?? null) as Uint8Array | null,
  }
}

function bucketTable(database: DatabaseSync) {
  const upsert = database.prepare(
    'INSERT INTO buckets (bucket, hash, leaves) VALUES (?, ?, ?) ON CONFLICT (bucket) DO UPDATE SET hash = excluded.hash, leaves = excluded.leaves',
  )
  const remove = database.prepare('DELETE FROM buckets WHERE bucket = ?')
  const select = database.prepare('SELECT leaves FROM buckets WHERE bucket = ?')
  const hashes = database.prepare('SELECT bucket, hash FROM buckets ORDER BY bucket')
  return {
    /** An empty bucket has no row. */
    set(bucket: number, leaves: Uint8Array, hash: Uint8Array): void {
      if (leaves.length === 0) remove.run(bucket)
      else upsert.run(bucket, hash, leaves)
    },
    leaves: (bucket: number) => (select.get(bucket)?.leaves ?? null) as Uint8Array | null,
    *hashes(): Iterable<readonly [number, Uint8Array]> {
      for (const row of hashes.all()) yield [row.bucket as number, row.hash as Uint8Array]
    },
  }
}
