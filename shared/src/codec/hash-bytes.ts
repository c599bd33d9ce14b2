/** A hash is a hex string in memory (compares with `===`, serves as a key) and 32 bytes in every encoding. */
import { assert } from '../assert.ts'
import { fromHex, toHex } from '../crypto/bytes.ts'
import type { Hash } from '../ids.ts'

export const HASH_BYTES = 32
/** Stands where there is no predecessor: before the first log entry, before the first block. */
export const ZERO_HASH = '0'.repeat(2 * HASH_BYTES) as Hash

export function hashToBytes(hash: Hash): Uint8Array {
  const bytes = fromHex(hash)
  assert(bytes !== null && bytes.length === HASH_BYTES, `not a hash: ${hash}`)
  return bytes
}

/** The caller has checked that there are 32 bytes. */
export function hashFromBytes(bytes: Uint8Array): Hash {
  assert(bytes.length === HASH_BYTES, `a hash has ${HASH_BYTES} bytes, not ${bytes.length}`)
  return toHex(bytes) as Hash
}
