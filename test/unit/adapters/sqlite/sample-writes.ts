/** Writes for tests of the store: a hash-chained log, a required set, a mastership, a block with one transaction. */
import { ZERO_HASH } from '@baton/shared/codec/hash-bytes'
import { logEntryHash } from '@baton/shared/codec/log-entry'
import type { LogEntry, RequiredSet } from '@baton/shared/core/guard/types'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import type { Hash, Height, LogIndex, Token } from '@baton/shared/ids'
import type { NodeWrite } from '@baton/shared/ports/node-store'

export function token(epoch: number, generation = 0): Token {
  return { generation, epoch } as Token
}

export function entryAfter(last: Pick<LogEntry, 'index' | 'hash'> | null, body: Uint8Array, epoch = 1): LogEntry {
  const fields = {
    index: ((last?.index ?? 0) + 1) as LogIndex,
    token: token(epoch),
    kind: 'vote' as const,
    body,
    previous: last?.hash ?? ZERO_HASH,
  }
  return { ...fields, hash: logEntryHash(sha256, fields) }
}

/** `count` entries in a row. */
export function chainOf(
  count: number,
  bodyBytes = 40,
  last: Pick<LogEntry, 'index' | 'hash'> | null = null,
): LogEntry[] {
  const entries: LogEntry[] = []
  for (let i = 0; i < count; i++) {
    const previous = entries.at(-1) ?? last
    entries.push(entryAfter(previous, new Uint8Array(bodyBytes).fill((previous?.index ?? 0) + 1)))
  }
  return entries
}

export function entryWrites(entries: readonly LogEntry[]): NodeWrite[] {
  return entries.map((entry) => ({ w: 'entry', entry }))
}

export function mastership(cluster: string, epoch: number): Mastership {
  const credential = { grant: 'a.b.c', certificate: 'd.e.f' }
  const fields = {
    cluster,
    generation: 0,
    epoch,
    node: `${cluster}-a`,
    key: 'k'.repeat(43),
    recovering: false,
    credential,
  }
  return fields as unknown as Mastership
}

export const REQUIRED = {
  token: token(3),
  version: 7,
  syncSet: ['c1-a', 'c1-b'],
  pending: ['c1-c'],
} as unknown as RequiredSet

export function hashOf(text: string): Hash {
  return sha256(new TextEncoder().encode(text))
}

/** A block at `height` with `transactions` transactions of `receiptBytes` each. */
export function blockWrites(height: number, transactions = 1, receiptBytes = 60): NodeWrite[] {
  const block: NodeWrite = {
    w: 'block',
    height: height as Height,
    hash: hashOf(`block ${height}`),
    bytes: new Uint8Array(200).fill(height),
    certificate: new Uint8Array(100).fill(height),
    result: hashOf(`result ${height}`),
  }
  const rows = Array.from({ length: transactions }, (_, index): NodeWrite => {
    const id = hashOf(`transaction ${height}/${index}`)
    return { w: 'transaction', id, height: height as Height, index, receipt: new Uint8Array(receiptBytes) }
  })
  return [block, ...rows]
}
