/** A node's chain as it lies on its disk. Opened read-only, beside the running node if there is one. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { decodeBlock } from '@baton/shared/codec/block'
import { decodeCertificate } from '@baton/shared/codec/certificate'
import { transactionId } from '@baton/shared/codec/transaction'
import { toHex } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Credential } from '@baton/shared/crypto/statement-types'
import type { ChainCopy, CopiedBlock, Position } from './evidence.ts'

export interface DatabaseCopy extends ChainCopy {
  /** Grants and certificates in its blocks: who held which token. */
  readonly credentials: readonly Credential[]
  /** Height → the clusters and epochs whose precommits this node's certificate of the height has. */
  readonly commits: ReadonlyMap<number, readonly { readonly cluster: string; readonly epoch: number }[]>
}

/** @throws Error when the file is missing, is no database of a node, or holds a block that does not decode */
export function readDatabase(node: string, dataFolder: string, settled = true): DatabaseCopy {
  const database = new DatabaseSync(join(dataFolder, 'node.db'), { readOnly: true })
  try {
    // One transaction: both tables as of one moment.
    database.exec('BEGIN')
    return { node, source: 'database', settled, ...readBlocks(database), index: readIndex(database) }
  } finally {
    database.close()
  }
}

function readBlocks(database: DatabaseSync): Pick<DatabaseCopy, 'blocks' | 'credentials' | 'commits'> {
  const blocks = new Map<number, CopiedBlock>()
  const commits = new Map<number, readonly { cluster: string; epoch: number }[]>()
  const credentials: Credential[] = []
  for (const row of database.prepare('SELECT height, hash, result, certificate, bytes FROM blocks').iterate()) {
    const height = Number(row.height)
    const block = decodeBlock(sha256, row.bytes as Uint8Array)
    if (!block.ok) throw new Error(`block ${height}: ${block.why}`)
    const certificate = decodeCertificate(row.certificate as Uint8Array)
    if (!certificate.ok) throw new Error(`certificate of block ${height}: ${certificate.why}`)
    if (block.value.hash !== row.hash) throw new Error(`block ${height} is stored under another hash`)
    blocks.set(height, {
      hash: block.value.hash,
      previous: block.value.header.previous,
      result: String(row.result),
      transactions: block.value.transactions.map((bytes) => transactionId(sha256, bytes)),
    })
    commits.set(
      height,
      certificate.value.votes.map(({ cluster, epoch }) => ({ cluster, epoch })),
    )
    credentials.push(...block.value.credentials, ...certificate.value.credentials)
  }
  return { blocks, commits, credentials }
}

function readIndex(database: DatabaseSync): Map<string, Position> {
  const index = new Map<string, Position>()
  for (const row of database.prepare('SELECT id, height, position FROM transactions').iterate()) {
    index.set(toHex(row.id as Uint8Array), { height: Number(row.height), index: Number(row.position) })
  }
  return index
}
