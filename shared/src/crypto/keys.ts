/** Ed25519 key pairs as WebCrypto keys, and their two files: JWK (nodes) and PKCS#8 PEM (owners; what openssl reads). */
import { type CryptoKey, exportPKCS8 } from 'jose'
import type { PublicKey } from '../ids.ts'
import { failure, type Result, success } from '../result.ts'
import { fromBase64Url } from './bytes.ts'

export interface KeyPair {
  readonly privateKey: CryptoKey
  readonly publicKey: PublicKey
}

/** RFC 8410: the fixed beginning of a PKCS#8 document around the 32 bytes of an Ed25519 seed. */
const PKCS8_PREFIX = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]

export async function generateKeyPair(): Promise<KeyPair> {
  return keyPairFromSeed(crypto.getRandomValues(new Uint8Array(32)))
}

/** The key pair of a 32-byte secret seed (RFC 8032). Throws when the seed has another length. */
export async function keyPairFromSeed(seed: Uint8Array): Promise<KeyPair> {
  if (seed.length !== 32) throw new RangeError(`an Ed25519 seed has 32 bytes, not ${seed.length}`)
  const document = Uint8Array.from([...PKCS8_PREFIX, ...seed])
  const privateKey = await crypto.subtle.importKey('pkcs8', document, 'Ed25519', true, ['sign'])
  return { privateKey, publicKey: await publicKeyOf(privateKey) }
}

async function publicKeyOf(privateKey: CryptoKey): Promise<PublicKey> {
  const jwk = (await crypto.subtle.exportKey('jwk', privateKey)) as { readonly x: string }
  return jwk.x as PublicKey
}

/** JWK as JSON text (RFC 8037): `{"kty":"OKP","crv":"Ed25519","x":…,"d":…}`. Secret. */
export async function exportPrivateJwk(pair: KeyPair): Promise<string> {
  const jwk = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as { readonly d: string }
  return JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: pair.publicKey, d: jwk.d })
}

/** `IDENTITY_INVALID` when the text is no Ed25519 JWK, or when `x` is not the public key of `d`. */
export async function importPrivateJwk(text: string): Promise<Result<KeyPair>> {
  let jwk: { readonly kty?: unknown; readonly crv?: unknown; readonly x?: unknown; readonly d?: unknown } | null
  try {
    jwk = JSON.parse(text)
  } catch {
    return failure('IDENTITY_INVALID', 'the key is not JSON')
  }
  if (jwk?.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.d !== 'string') {
    return failure('IDENTITY_INVALID', 'the key is not a private Ed25519 JWK')
  }
  const seed = fromBase64Url(jwk.d)
  if (seed === null || seed.length !== 32) return failure('IDENTITY_INVALID', 'the private part is not 32 bytes')
  const pair = await keyPairFromSeed(seed)
  if (jwk.x !== pair.publicKey) return failure('IDENTITY_INVALID', 'public and private part do not belong together')
  return success(pair)
}

/** `-----BEGIN PRIVATE KEY-----`. Secret. */
export function exportPrivatePem(pair: KeyPair): Promise<string> {
  return exportPKCS8(pair.privateKey)
}

/** `IDENTITY_INVALID` when the text holds no PKCS#8 Ed25519 key. */
export async function importPrivatePem(text: string): Promise<Result<KeyPair>> {
  const body = /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----/.exec(text)?.[1]
  if (body === undefined) return failure('IDENTITY_INVALID', 'no PRIVATE KEY block in the PEM text')
  const plain = body.replace(/[\s=]/g, '').replaceAll('+', '-').replaceAll('/', '_')
  const document = fromBase64Url(plain)
  const prefixFits = document?.length === 48 && PKCS8_PREFIX.every((byte, i) => document[i] === byte)
  if (!prefixFits) return failure('IDENTITY_INVALID', 'the PEM block holds no Ed25519 private key')
  return success(await keyPairFromSeed(document.subarray(16)))
}
