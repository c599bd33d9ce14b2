/**
 * Deterministic CBOR (RFC 8949, section 4.2): one value has one encoding, so bytes can be hashed and signed.
 * Maps are encoded with sorted string keys; floats, tags, `undefined` and indefinite lengths are refused.
 */
import { type DecodeOptions, decode, type EncodeOptions, encode } from 'cborg'
import { sameBytes } from '../crypto/bytes.ts'

const ENCODE: EncodeOptions = {
  typeEncoders: {
    number: (value: number) => {
      if (!Number.isSafeInteger(value)) throw new TypeError(`not a safe integer: ${value}`)
      return null
    },
    undefined: () => {
      throw new TypeError('undefined has no canonical encoding')
    },
  },
}
const DECODE: DecodeOptions = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
}

/**
 * Encodes plain data: integers, strings, booleans, null, `Uint8Array`, arrays, objects with string keys.
 * Throws a `TypeError` on anything else: the value is our own.
 */
export function encodeCanonical(value: unknown): Uint8Array {
  const bytes = encode(value, ENCODE)
  // In Node `cborg` sometimes gives a Buffer, whose `slice` does not copy: one type everywhere.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export type Decoded = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string }

/**
 * Decodes bytes from anywhere; never throws. Non-canonical encodings are refused: `cborg` checks neither the order of map
 * keys nor UTF-8 nor floats, so the value is encoded again and must give the same bytes.
 */
export function decodeCanonical(bytes: Uint8Array): Decoded {
  try {
    const value: unknown = decode(bytes, DECODE)
    return sameBytes(encode(value, ENCODE), bytes) ? { ok: true, value } : { ok: false, why: 'not canonical CBOR' }
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) }
  }
}
