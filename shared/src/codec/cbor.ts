/**
 * Deterministic CBOR (RFC 8949, section 4.2): one value has one encoding, so bytes can be hashed and signed.
 * Maps are encoded with sorted string keys; floats, tags, `undefined` and indefinite lengths are refused.
 */
import { type DecodeOptions, decode, type EncodeOptions, encode } from 'cborg'

const ENCODE: EncodeOptions = { float64: false }
const DECODE: DecodeOptions = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
}

/** Encodes plain data: integers, strings, booleans, null, `Uint8Array`, arrays, objects with string keys. */
export function encodeCanonical(value: unknown): Uint8Array {
  return encode(value, ENCODE)
}

export type Decoded = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string }

/** Decodes bytes from anywhere; never throws. Non-canonical encodings are refused. */
export function decodeCanonical(bytes: Uint8Array): Decoded {
  try {
    return { ok: true, value: decode(bytes, DECODE) }
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) }
  }
}
