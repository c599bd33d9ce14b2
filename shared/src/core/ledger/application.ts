/**
 * What runs on the chain. An application is a pure, deterministic function of the transaction, its context and the state
 * it is shown; all its state lives in that key-value view, which the chain authenticates, stores and proves.
 */
import type { Hash, Height } from '../../ids.ts'
import type { Receipt, Transaction } from './types.ts'

/** Reads one value of the state; later reads see earlier writes of the same block. */
export interface StateView {
  /** The value is shared: it must not be altered. */
  get(key: string): Uint8Array | null
}

/** `value: null` removes the key. Keys that begin with `sys/` belong to the chain and are refused. */
export interface StateWrite {
  readonly key: string
  readonly value: Uint8Array | null
}

/** Where a transaction is executed. `time` is the proposer's clock in ms: informative only. */
export interface ExecutionContext {
  readonly id: Hash
  readonly height: Height
  readonly index: number
  readonly time: number
}

/** Codes are upper-case words of the application, up to 64 characters; `why` is for people. */
export interface ApplicationFailure {
  readonly ok: false
  readonly code: string
  readonly why: string
}
export type CheckResult = { readonly ok: true } | ApplicationFailure
export type ExecutionOutcome =
  | { readonly ok: true; readonly writes: readonly StateWrite[]; readonly data?: unknown }
  | ApplicationFailure

/** What a query may read besides the state: what was executed before. */
export interface QueryView extends StateView {
  executed(id: Hash): { readonly transaction: Transaction; readonly receipt: Receipt } | null
}

/** `value` is plain data, null when there is nothing; `key` names the state entry that proves it, null when none does. */
export type QueryOutcome =
  | { readonly ok: true; readonly value: unknown; readonly key: string | null }
  | ApplicationFailure

export interface Application {
  readonly name: string
  /**
   * Layout of the state, as `name/number`. Part of the genesis result: nodes with different layouts disagree at once. A
   * snapshot is the state under this layout, and is restored by an application of the same one only (GU5).
   */
  readonly snapshot: string
  /** Before a transaction enters the mempool: refuses what can no longer succeed. May be wrong; never changes anything. */
  check(transaction: Transaction, view: StateView): CheckResult
  /** Its writes take effect together, or, on failure, not at all. What it throws becomes a failed receipt. */
  execute(transaction: Transaction, context: ExecutionContext, view: StateView): ExecutionOutcome
  /** `path` is `kind/rest`; unknown kinds fail with `BAD_REQUEST`. */
  query(path: string, view: QueryView): QueryOutcome
}

export function applicationFailure(code: string, why: string): ApplicationFailure {
  return { ok: false, code, why }
}
