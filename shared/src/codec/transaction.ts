/**
 * Transactions as bytes: the signed part, a canonical CBOR array that names its domain and network, followed by the 64
 * bytes of the signature. The id is the hash of the signed part alone, so a copy signed again is the same transaction.
 */
import { assert, unreachable } from '../assert.ts'
import type { Action, SignedTransaction, Transaction } from '../core/ledger/types.ts'
import type { HashFunction } from '../core/step.ts'
import { toUtf8 } from '../crypto/bytes.ts'
import type { Hash } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import { failure, type Result, success } from '../result.ts'
import { encodeCanonical } from './cbor.ts'
import { decodeFields } from './decode-fields.ts'
import { type FieldReader, MalformedField, SIGNATURE_BYTES } from './field-reader.ts'
import { publicKeyBytes } from './public-key.ts'

const DOMAIN = 'baton-tx/1'
const SAFE = Number.MAX_SAFE_INTEGER

/**
 * `["baton-tx/1", network, sender, nonce, action]`: the bytes that are signed and hashed. Throws a `TypeError` on text that
 * is no Unicode (a lone surrogate): it would arrive as another text. Limits are the decoder's to check.
 */
export function encodeTransaction(transaction: Transaction): Uint8Array {
  const { network, sender, nonce, action } = transaction
  const text = action.kind === 'put' ? nonce + action.key + action.value : nonce
  if (!text.isWellFormed()) throw new TypeError('a transaction holds text that is no Unicode')
  return encodeCanonical([DOMAIN, network, publicKeyBytes(sender), nonce, encodeAction(action)])
}

/** The bytes that travel. */
export function encodeSigned(transaction: Transaction, signature: Uint8Array): Uint8Array {
  return joinSignature(encodeTransaction(transaction), signature)
}

/** `encodeSigned` for a signer that already has the encoded transaction. */
export function joinSignature(signed: Uint8Array, signature: Uint8Array): Uint8Array {
  assert(signature.length === SIGNATURE_BYTES, `a signature has ${SIGNATURE_BYTES} bytes, not ${signature.length}`)
  const bytes = new Uint8Array(signed.length + SIGNATURE_BYTES)
  bytes.set(signed)
  bytes.set(signature, signed.length)
  return bytes
}

/** The part of a transaction's bytes that its sender signed: a view, not a copy. */
export function transactionSignBytes(transaction: Pick<SignedTransaction, 'bytes'>): Uint8Array {
  return transaction.bytes.subarray(0, -SIGNATURE_BYTES)
}

/** The id that travelling bytes have, whether or not they decode. */
export function transactionId(hash: HashFunction, bytes: Uint8Array): Hash {
  return hash(transactionSignBytes({ bytes }))
}

/**
 * Decodes bytes from anywhere; never throws; keeps `bytes` itself and views into it. The signature is not verified here.
 * `id` is for a caller that has computed it already. Fails with `TRANSACTION_MALFORMED`.
 */
export function decodeSigned(
  hash: HashFunction,
  bytes: Uint8Array,
  id: Hash = transactionId(hash, bytes),
): Result<SignedTransaction> {
  if (bytes.length > LIMITS.transactionBytes) return malformed(`more than ${LIMITS.transactionBytes} bytes`)
  if (bytes.length <= SIGNATURE_BYTES) return malformed('too short for a signature')
  const signed = transactionSignBytes({ bytes })
  const decoded = decodeFields(signed, readTransaction)
  if (!decoded.ok) return malformed(decoded.why)
  return success({ id, transaction: decoded.value, signature: bytes.subarray(-SIGNATURE_BYTES), bytes })
}

function malformed(why: string) {
  return failure('TRANSACTION_MALFORMED', why)
}

function encodeAction(action: Action): readonly unknown[] {
  switch (action.kind) {
    case 'put':
      return ['put', action.key, action.value, action.ifVersion ?? null]
    case 'transfer':
      return ['transfer', publicKeyBytes(action.to), action.amount, action.sequence]
    case 'mint':
      return ['mint', publicKeyBytes(action.to), action.amount]
    case 'replace-minter':
      return ['replace-minter', publicKeyBytes(action.to)]
    default:
      return unreachable(action)
  }
}

function readTransaction(fields: FieldReader): Transaction {
  fields.oneOf(DOMAIN)
  return {
    network: fields.name(),
    sender: fields.publicKey(),
    nonce: fields.text(LIMITS.nonceCharacters),
    action: fields.array(readAction),
  }
}

function readAction(fields: FieldReader): Action {
  const kind = fields.oneOf('put', 'transfer', 'mint', 'replace-minter')
  switch (kind) {
    case 'put': {
      const put = { kind, key: recordKey(fields), value: recordValue(fields) }
      const ifVersion = fields.nullable(() => fields.count())
      return ifVersion === null ? put : { ...put, ifVersion }
    }
    case 'transfer':
      return { kind, to: fields.publicKey(), amount: fields.integer(1, SAFE), sequence: fields.count() }
    case 'mint':
      return { kind, to: fields.publicKey(), amount: fields.integer(1, SAFE) }
    case 'replace-minter':
      return { kind, to: fields.publicKey() }
    default:
      return unreachable(kind)
  }
}

function recordKey(fields: FieldReader): string {
  const value = fields.text(LIMITS.recordKeyCharacters)
  if (value.length === 0) throw new MalformedField('the record key is empty')
  return value
}

function recordValue(fields: FieldReader): string {
  const value = fields.text(LIMITS.recordValueBytes)
  // A character takes at most three bytes: only long values are measured.
  if (value.length * 3 > LIMITS.recordValueBytes && toUtf8(value).length > LIMITS.recordValueBytes) {
    throw new MalformedField(`the value has more than ${LIMITS.recordValueBytes} bytes`)
  }
  return value
}
