import { assert } from '../assert.ts'
import { fromBase64Url } from '../crypto/bytes.ts'
import type { PublicKey } from '../ids.ts'

export const KEY_BYTES = 32

/** The key as it stands in encodings. */
export function publicKeyBytes(key: PublicKey): Uint8Array {
  const bytes = fromBase64Url(key)
  assert(bytes !== null && bytes.length === KEY_BYTES, `not a public key: ${key}`)
  return bytes
}
