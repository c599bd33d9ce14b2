import { readFileSync } from 'node:fs'
import { importPrivateJwk, importPrivatePem, type KeyPair } from '@baton/shared/crypto/keys'
import { BatonError } from '@baton/shared/errors'
import { reasonOf } from '../config/genesis-file.ts'

/** A private key in either of its files: JWK (`baton key create`) or PKCS#8 PEM (owners). @throws BatonError IDENTITY_INVALID */
export async function loadKey(file: string): Promise<KeyPair> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new BatonError('IDENTITY_INVALID', `the key ${file} cannot be read: ${reasonOf(error)}`, {
      remedy: 'make one with: baton key create --out FILE',
      cause: error,
    })
  }
  const pair = text.includes('-----BEGIN') ? await importPrivatePem(text) : await importPrivateJwk(text)
  if (pair.ok) return pair.value
  throw new BatonError(pair.code, `${file} is not an Ed25519 private key: ${pair.why}`, {
    remedy: 'make one with: baton key create --out FILE',
  })
}
