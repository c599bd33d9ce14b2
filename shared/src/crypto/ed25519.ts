/** Strict Ed25519 over WebCrypto: the same code in Node and in workerd (ID6). */
import type { CryptoKey } from 'jose'
import type { PublicKey } from '../ids.ts'
import { fromBase64Url } from './bytes.ts'
import { pointProblem, signatureProblem } from './strict-ed25519.ts'

const ALGORITHM = 'Ed25519'
const CACHED_KEYS = 1_024
const imported = new Map<PublicKey, Promise<CryptoKey | null>>()

/** The native key, cached; null when the key is malformed, of small order, or not on the curve. */
export function importPublicKey(key: PublicKey): Promise<CryptoKey | null> {
  const known = imported.get(key)
  if (known !== undefined) return known
  if (imported.size >= CACHED_KEYS) imported.clear()
  const fresh = importUncached(key)
  imported.set(key, fresh)
  return fresh
}

async function importUncached(key: PublicKey): Promise<CryptoKey | null> {
  const bytes = fromBase64Url(key)
  if (bytes === null || pointProblem(bytes) !== null) return null
  try {
    return await crypto.subtle.importKey('raw', owned(bytes), ALGORITHM, true, ['verify'])
  } catch {
    return null
  }
}

/** Never throws: a key or signature that ID6 refuses is simply not valid. */
export async function verifyEd25519(key: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (signatureProblem(signature) !== null) return false
  const native = await importPublicKey(key)
  if (native === null) return false
  return crypto.subtle.verify(ALGORITHM, native, owned(signature), owned(message))
}

export async function signEd25519(privateKey: CryptoKey, message: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign(ALGORITHM, privateKey, owned(message)))
}

/** WebCrypto's types refuse a view that might lie on shared memory; ours never do. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}
