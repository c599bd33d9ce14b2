/** Everything a starting node needs, checked: an altered row or a break in the hash chain is damage, never skipped (EL6, GU3). */

import { ZERO_HASH } from '@baton/shared/codec/hash-bytes'
import { isIntactEntry, RECORD_KINDS } from '@baton/shared/codec/log-entry'
import type { LogEntry } from '@baton/shared/core/guard/types'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { compareTokens, type Epoch, type Generation, HASH_PATTERN, type LogIndex } from '@baton/shared/ids'
import type { LogBase, StoredNode } from '@baton/shared/ports/node-store'
import type { LogTable } from './log-table.ts'
import type { PromiseTable } from './promise-table.ts'
import { storageDamaged } from './storage-error.ts'

/** The base of a log that was never compacted. */
const EMPTY_BASE: LogBase = {
  index: 0 as LogIndex,
  hash: ZERO_HASH,
  token: { generation: 0 as Generation, epoch: 0 as Epoch },
}
const LAST_INDEX = Number.MAX_SAFE_INTEGER as LogIndex

/** @throws BatonError STORAGE_DAMAGED with the table, the row and what is wrong with it */
export function loadNode(folder: string, log: LogTable, promiseTable: PromiseTable): StoredNode {
  const { promises, masterships } = promiseTable.readAll()
  const base = promises.base ?? EMPTY_BASE
  return {
    own: promises.own ?? null,
    required: promises.required ?? null,
    base,
    entries: checkedEntries(folder, log, base),
    masterships,
    reshape: promises.reshape ?? null,
    recovered: promises.recovered ?? null,
    crossed: promises.crossed ?? null,
    resyncNeeded: promises.resync?.needed ?? false,
    resyncWhy: promises.resync?.why ?? '',
  }
}

function checkedEntries(folder: string, log: LogTable, base: LogBase): readonly LogEntry[] {
  const entries: LogEntry[] = []
  let last = base
  // From 0, not from the base: an entry below the base is damage too.
  for (const entry of log.rows(0 as LogIndex, LAST_INDEX)) {
    const problem = entryProblem(last, entry)
    if (problem !== null) {
      const details = { table: 'log', index: entry.index, after: last.index }
      throw storageDamaged(folder, `log entry ${entry.index}: ${problem}`, details)
    }
    entries.push(entry)
    last = entry
  }
  return entries
}

function entryProblem(last: LogBase, entry: LogEntry): string | null {
  if (entry.index !== last.index + 1) return `it follows entry ${last.index}`
  if (!RECORD_KINDS.includes(entry.kind)) return `its kind "${entry.kind}" does not exist`
  if (compareTokens(entry.token, last.token) < 0) return 'its token is lower than that of the entry before it'
  if (entry.previous !== last.hash) return 'it does not continue the hash chain'
  // Before hashing: the encoder takes a malformed hash for a bug of our own.
  if (!HASH_PATTERN.test(entry.previous)) return 'its predecessor has no valid hash'
  return isIntactEntry(sha256, entry) ? null : 'its content does not match its hash'
}
