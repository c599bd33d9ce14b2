/** Receipts as bytes: `[id, height, index, true, data or null]` or `[id, height, index, false, code, why]`. */
import type { Receipt } from '../core/ledger/types.ts'
import { LIMITS } from '../limits.ts'
import { failure, type Result, success } from '../result.ts'
import { decodeCanonical, encodeCanonical } from './cbor.ts'
import { FieldReader, MalformedField } from './field-reader.ts'
import { hashToBytes } from './hash-bytes.ts'

const CODE_CHARACTERS = 64

export function encodeReceipt(receipt: Receipt): Uint8Array {
  const { id, height, index } = receipt
  const head = [hashToBytes(id), height, index, receipt.ok]
  return encodeCanonical(receipt.ok ? [...head, receipt.data ?? null] : [...head, receipt.code, receipt.why])
}

/** Decodes bytes from anywhere; never throws. Fails with `PEER_MALFORMED`. */
export function decodeReceipt(bytes: Uint8Array): Result<Receipt> {
  const decoded = decodeCanonical(bytes)
  if (!decoded.ok) return failure('PEER_MALFORMED', decoded.why)
  try {
    return success(readReceipt(decoded.value))
  } catch (error) {
    if (error instanceof MalformedField) return failure('PEER_MALFORMED', error.message)
    throw error
  }
}

function readReceipt(value: unknown): Receipt {
  // The application's data is any plain value; everything before it has a shape.
  if (Array.isArray(value) && value.length === 5 && value[3] === true) {
    const head = FieldReader.read(value.slice(0, 3), readHead)
    return value[4] === null ? { ...head, ok: true } : { ...head, ok: true, data: value[4] }
  }
  return FieldReader.read(value, (fields) => {
    const head = readHead(fields)
    if (fields.boolean()) throw new MalformedField('a successful receipt has one field of data')
    return { ...head, ok: false, code: fields.text(CODE_CHARACTERS), why: fields.text(LIMITS.whyCharacters) }
  })
}

function readHead(fields: FieldReader): Pick<Receipt, 'id' | 'height' | 'index'> {
  return { id: fields.hash(), height: fields.height(), index: fields.count() }
}
