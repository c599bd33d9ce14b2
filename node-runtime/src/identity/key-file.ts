/** Private keys on disk: JWK (nodes) or PKCS#8 PEM, for their owner's eyes only (ID2). */
import { readFileSync, statSync } from 'node:fs'
import { importPrivateJwk, importPrivatePem, type KeyPair } from '@baton/shared/crypto/keys'
import { BatonError } from '@baton/shared/errors'

/** @throws BatonError IDENTITY_INVALID when it is missing, readable by others, or no Ed25519 key */
export async function readKeyFile(file: string): Promise<KeyPair> {
  const text = readSecret(file)
  const read = await (text.includes('-----BEGIN') ? importPrivatePem(text) : importPrivateJwk(text))
  if (read.ok) return read.value
  throw new BatonError('IDENTITY_INVALID', `the key file ${file} cannot be used: ${read.why}`, {
    remedy: 'restore it from a copy, or make a new key and have the owner sign a certificate for it',
    details: { file },
  })
}

/** The text of a file that only its owner can read. @throws BatonError IDENTITY_INVALID */
export function readSecret(file: string): string {
  let mode: number
  let text: string
  try {
    mode = statSync(file).mode & 0o777
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new BatonError('IDENTITY_INVALID', `cannot read the key file ${file}: ${reason}`, {
      remedy: 'check where the key file is named, and its permissions',
      details: { file },
      cause: error,
    })
  }
  // Windows has no such bits: its files carry access lists.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const octal = mode.toString(8).padStart(4, '0')
    throw new BatonError('IDENTITY_INVALID', `the key file ${file} has mode ${octal}: others can read or change it`, {
      remedy: `chmod 600 ${file}, and make a new key if this host is not yours alone`,
      details: { file, mode: octal },
    })
  }
  return text
}
