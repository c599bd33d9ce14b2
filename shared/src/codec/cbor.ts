/**
 * Deterministic CBOR (RFC 8949, section 4.2): one value has one encoding, so bytes can be hashed and signed. Of CBOR only what our
 * messages use: integers, byte and text strings, arrays, maps with sorted text keys, booleans, null. Everything else is refused: floats,
 * tags, `undefined`, indefinite lengths. A general library takes several times as long, since it must encode again to see
 * whether what it has read was canonical; a test holds this one against such a library.
 */
import { MalformedCbor, readItem } from './cbor-reader.ts'
import { writeItem } from './cbor-writer.ts'

/**
 * Encodes plain data: integers, strings, booleans, null, `Uint8Array`, arrays, objects with string keys.
 * Throws a `TypeError` on anything else: the value is our own.
 */
export function encodeCanonical(value: unknown): Uint8Array {
  return writeItem(value)
}

export type Decoded = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string }

/** Decodes bytes from anywhere; never throws. Non-canonical encodings are refused: what is read encodes to the same bytes. */
export function decodeCanonical(bytes: Uint8Array): Decoded {
  try {
    return { ok: true, value: readItem(bytes) }
  } catch (error) {
    if (error instanceof MalformedCbor) return { ok: false, why: error.message }
    throw error
  }
}
