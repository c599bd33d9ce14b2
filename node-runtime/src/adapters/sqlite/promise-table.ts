/**
 * The small promises of a node: own token, required set, masterships, latest reshape, re-sync mark, marks of recovery, base of the log.
 * A flipped bit in a token would parse as another token, so every value carries its SHA-256, checked at load (EL6).
 */
import type { DatabaseSync } from 'node:sqlite'
import { decodeCanonical, encodeCanonical } from '@baton/shared/codec/cbor'
import type { RequiredSet } from '@baton/shared/core/guard/types'
import { toUtf8 } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { RecordedReshape } from '@baton/shared/crypto/recorded-sync-set'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import type { Token } from '@baton/shared/ids'
import type { LogBase, OwnToken } from '@baton/shared/ports/node-store'
import { storageDamaged } from './storage-error.ts'

/** Values by name; masterships lie under `mastership/<cluster>`. */
export interface Promises {
  readonly own: OwnToken
  readonly required: RequiredSet
  readonly base: LogBase
  readonly reshape: RecordedReshape
  readonly recovered: Token
  readonly crossed: Token
  readonly resync: { readonly needed: boolean; readonly why: string }
}

const MASTERSHIP = 'mastership/'

export interface PromiseTable {
  set<Name extends keyof Promises>(name: Name, value: Promises[Name]): void
  setMastership(mastership: Mastership): void
  /** Everything, each value checked against its sum. @throws BatonError STORAGE_DAMAGED */
  readAll(): { readonly promises: Partial<Promises>; readonly masterships: readonly Mastership[] }
}

export function promiseTable(database: DatabaseSync, folder: string): PromiseTable {
  const upsert = database.prepare(
    'INSERT INTO promises (name, value, sum) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value, sum = excluded.sum',
  )
  const select = database.prepare('SELECT name, value, sum FROM promises ORDER BY name')
  function write(name: string, value: unknown): void {
    const bytes = encodeCanonical(value)
    upsert.run(name, bytes, sumOf(name, bytes))
  }
  return {
    set: write,
    setMastership: (mastership) => write(`${MASTERSHIP}${mastership.cluster}`, mastership),
    readAll() {
      const promises: Record<string, unknown> = {}
      const masterships: Mastership[] = []
      for (const row of select.all()) {
        const name = String(row.name)
        const value = checkedValue(folder, name, row.value as Uint8Array, row.sum)
        if (name.startsWith(MASTERSHIP)) masterships.push(value as Mastership)
        else promises[name] = value
      }
      return { promises, masterships }
    },
  }
}

function checkedValue(folder: string, name: string, bytes: Uint8Array, sum: unknown): unknown {
  if (sumOf(name, bytes) !== sum) {
    throw storageDamaged(folder, `the stored value "${name}" does not match its checksum`, { table: 'promises', name })
  }
  const decoded = decodeCanonical(bytes)
  if (!decoded.ok) {
    throw storageDamaged(folder, `the stored value "${name}" cannot be read: ${decoded.why}`, {
      table: 'promises',
      name,
    })
  }
  return decoded.value
}

/** The name is part of the sum, so that two rows cannot trade values. */
function sumOf(name: string, bytes: Uint8Array): string {
  return sha256(toUtf8(`${name}\n`), bytes)
}
