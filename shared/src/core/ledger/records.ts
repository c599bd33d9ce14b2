/** Records: text under a key, written with compare-and-set; every version can be found again through its transaction. */
import { encodeCanonical } from '../../codec/cbor.ts'
import { hashToBytes } from '../../codec/hash-bytes.ts'
import type { Hash, Height } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import {
  applicationFailure,
  type CheckResult,
  type ExecutionContext,
  type ExecutionOutcome,
  type QueryOutcome,
  type QueryView,
  type StateView,
} from './application.ts'
import { storedField } from './stored-field.ts'
import type { Action, Receipt } from './types.ts'

export type Put = Extract<Action, { kind: 'put' }>

export interface RecordEntry {
  /** 1 for the first value of the key. */
  readonly version: number
  readonly value: string
  /** The transaction that wrote it, and where it was executed. */
  readonly transaction: Hash
  readonly height: Height
  /** The transaction that wrote the version before; null for version 1. */
  readonly previous: Hash | null
}

export function recordKey(key: string): string {
  return `r/${key}`
}

export function readRecord(view: StateView, key: string): RecordEntry | null {
  return decodeRecordEntry(view.get(recordKey(key)))
}

export function decodeRecordEntry(bytes: Uint8Array | null): RecordEntry | null {
  return storedField(bytes, (fields) => ({
    version: fields.count(),
    value: fields.text(LIMITS.recordValueBytes),
    transaction: fields.hash(),
    height: fields.height(),
    previous: fields.nullable(() => fields.hash()),
  }))
}

/** A version never falls, so one that is already passed can be refused before consensus. */
export function checkPut(action: Put, view: StateView): CheckResult {
  if (action.ifVersion === undefined) return { ok: true }
  const version = readRecord(view, action.key)?.version ?? 0
  return version > action.ifVersion ? conflict(action, version) : { ok: true }
}

export function executePut(action: Put, context: ExecutionContext, view: StateView): ExecutionOutcome {
  const current = readRecord(view, action.key)
  const version = current?.version ?? 0
  if (action.ifVersion !== undefined && action.ifVersion !== version) return conflict(action, version)
  const previous = current?.transaction ?? null
  const value = encodeCanonical([
    version + 1,
    action.value,
    hashToBytes(context.id),
    context.height,
    previous === null ? null : hashToBytes(previous),
  ])
  // The receipt keeps what the state forgets at the next version: the history is a walk over receipts.
  const data = previous === null ? { version: version + 1 } : { version: version + 1, previous }
  return { ok: true, writes: [{ key: recordKey(action.key), value }], data }
}

export function queryRecord(key: string, view: QueryView): QueryOutcome {
  return { ok: true, value: readRecord(view, key), key: recordKey(key) }
}

/** Newest first, at most `LIMITS.historyVersions`; `next` is the transaction to go on from, null at the end. */
export function queryHistory(key: string, view: QueryView): QueryOutcome {
  const versions: RecordEntry[] = []
  let next = readRecord(view, key)?.transaction ?? null
  while (next !== null && versions.length < LIMITS.historyVersions) {
    const version = versionWrittenBy(next, key, view)
    if (version === null) break
    versions.push(version)
    next = version.previous
  }
  return { ok: true, value: { versions, next }, key: recordKey(key) }
}

/** The version of `key` that one transaction wrote; null when it wrote none. */
export function versionWrittenBy(id: Hash, key: string, view: QueryView): RecordEntry | null {
  const executed = view.executed(id)
  const action = executed?.transaction.action
  const written = executed?.receipt.ok === true ? putData(executed.receipt) : null
  if (executed === null || action?.kind !== 'put' || action.key !== key || written === null) return null
  return { ...written, value: action.value, transaction: id, height: executed.receipt.height }
}

function putData(receipt: Extract<Receipt, { ok: true }>): { version: number; previous: Hash | null } | null {
  const data = receipt.data as { version?: unknown; previous?: unknown } | undefined
  if (typeof data?.version !== 'number') return null
  return { version: data.version, previous: typeof data.previous === 'string' ? (data.previous as Hash) : null }
}

function conflict(action: Put, version: number) {
  return applicationFailure(
    'VERSION_CONFLICT',
    `record ${action.key} has version ${version}, the transaction asks for ${action.ifVersion}`,
  )
}
