/** Transfers: accounts under public keys, each with a balance and the number of its next transfer. */
import { encodeCanonical } from '../../codec/cbor.ts'
import { PUBLIC_KEY_PATTERN, type PublicKey } from '../../ids.ts'
import {
  applicationFailure,
  type CheckResult,
  type ExecutionOutcome,
  type QueryOutcome,
  type QueryView,
  type StateView,
  type StateWrite,
} from './application.ts'
import { damaged, storedField } from './stored-field.ts'
import type { Action } from './types.ts'

export type Transfer = Extract<Action, { kind: 'transfer' }>
export type Mint = Extract<Action, { kind: 'mint' }>

export interface Account {
  readonly balance: number
  /** `sequence` of the account's next transfer. */
  readonly sequence: number
}

const ACCOUNT_BYTES = 16
const WORD = 2 ** 32
const NEW_ACCOUNT: Account = { balance: 0, sequence: 0 }
export const ACCOUNT_PREFIX = 'a/'
/** The sum of everything ever minted; equals the sum of all balances. */
export const MINTED_KEY = 'minted'

export function accountKey(owner: PublicKey): string {
  return ACCOUNT_PREFIX + owner
}

export function readAccount(view: StateView, owner: PublicKey): Account {
  return decodeAccount(view.get(accountKey(owner))) ?? NEW_ACCOUNT
}

/** Stored as two numbers of 8 bytes, big-endian: every transfer reads and writes two accounts, and CBOR takes five times as long. */
export function encodeAccount({ balance, sequence }: Account): Uint8Array {
  const bytes = new Uint8Array(ACCOUNT_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, Math.floor(balance / WORD))
  view.setUint32(4, balance % WORD)
  view.setUint32(8, Math.floor(sequence / WORD))
  view.setUint32(12, sequence % WORD)
  return bytes
}

/** Null for nothing stored. Throws `STORAGE_DAMAGED`. */
export function decodeAccount(bytes: Uint8Array | null): Account | null {
  if (bytes === null) return null
  if (bytes.length !== ACCOUNT_BYTES) throw damaged('an account')
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const balance = view.getUint32(0) * WORD + view.getUint32(4)
  const sequence = view.getUint32(8) * WORD + view.getUint32(12)
  if (!Number.isSafeInteger(balance) || !Number.isSafeInteger(sequence)) throw damaged('an account')
  return { balance, sequence }
}

export function readMinted(view: StateView): number {
  return storedField(view.get(MINTED_KEY), (fields) => fields.count()) ?? 0
}

/** A sequence never falls, so one that is already used can be refused before consensus. */
export function checkTransfer(sender: PublicKey, action: Transfer, view: StateView): CheckResult {
  const { sequence } = readAccount(view, sender)
  return action.sequence < sequence ? wrongSequence(action, sequence) : { ok: true }
}

export function executeTransfer(sender: PublicKey, action: Transfer, view: StateView): ExecutionOutcome {
  const from = readAccount(view, sender)
  if (action.sequence !== from.sequence) return wrongSequence(action, from.sequence)
  if (action.to === sender) return applicationFailure('SELF_TRANSFER', 'sender and receiver are the same account')
  if (action.amount > from.balance) {
    return applicationFailure(
      'INSUFFICIENT_BALANCE',
      `the account holds ${from.balance}, ${action.amount} are asked for`,
    )
  }
  const to = readAccount(view, action.to)
  // No overflow: all balances together are what was minted, a safe integer.
  const sent = { balance: from.balance - action.amount, sequence: from.sequence + 1 }
  const received = { balance: to.balance + action.amount, sequence: to.sequence }
  return { ok: true, writes: [write(sender, sent), write(action.to, received)] }
}

export function executeMint(action: Mint, view: StateView): ExecutionOutcome {
  const minted = readMinted(view) + action.amount
  if (!Number.isSafeInteger(minted)) {
    return applicationFailure('AMOUNT_TOO_LARGE', `more than ${Number.MAX_SAFE_INTEGER} would exist`)
  }
  const to = readAccount(view, action.to)
  const credited = { balance: to.balance + action.amount, sequence: to.sequence }
  return { ok: true, writes: [write(action.to, credited), { key: MINTED_KEY, value: encodeCanonical([minted]) }] }
}

export function queryAccount(owner: string, view: QueryView): QueryOutcome {
  if (!PUBLIC_KEY_PATTERN.test(owner)) return applicationFailure('BAD_REQUEST', `not a public key: ${owner}`)
  const key = accountKey(owner as PublicKey)
  return { ok: true, value: decodeAccount(view.get(key)), key }
}

function write(owner: PublicKey, account: Account): StateWrite {
  return { key: accountKey(owner), value: encodeAccount(account) }
}

function wrongSequence(action: Transfer, sequence: number) {
  return applicationFailure(
    'WRONG_SEQUENCE',
    `the account's next sequence is ${sequence}, the transaction has ${action.sequence}`,
  )
}
