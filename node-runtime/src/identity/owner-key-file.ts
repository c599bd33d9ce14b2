/**
 * Owner keys on disk (ID1): JSON with the PKCS#8 document, encrypted under a passphrase (scrypt, AES-256-GCM). The public key is
 * readable, and authenticated by the cipher. A plain PEM or JWK is read too: what `network init` writes for a start.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { fromBase64Url, toBase64Url, toUtf8 } from '@baton/shared/crypto/bytes'
import { exportPrivatePem, importPrivateJwk, importPrivatePem, type KeyPair } from '@baton/shared/crypto/keys'
import { BatonError } from '@baton/shared/errors'
import { z } from 'zod'

/** 128 MiB and about half a second for each guess. */
const COST = { N: 2 ** 17, r: 8, p: 1 } as const
const MEMORY_BYTES = 256 * 1024 * 1024
const bytes = (length: number) => z.string().refine((text) => fromBase64Url(text)?.length === length)

const sealedSchema = z.object({
  format: z.literal('baton-owner-key/1'),
  publicKey: z.string(),
  kdf: z.object({
    name: z.literal('scrypt'),
    // Bounds: a file from elsewhere must not take the memory of the machine.
    n: z.int().min(2).max(COST.N),
    r: z.int().min(1).max(COST.r),
    p: z.int().min(1).max(COST.p),
    salt: bytes(16),
  }),
  cipher: z.object({ name: z.literal('aes-256-gcm'), iv: bytes(12), tag: bytes(16) }),
  pkcs8: z.string().max(1_024),
})
type Sealed = z.infer<typeof sealedSchema>

/** The text of an owner key file. */
export async function sealOwnerKey(pair: KeyPair, passphrase: string): Promise<string> {
  const salt = randomBytes(16)
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', await derive(passphrase, salt, COST), iv)
  cipher.setAAD(toUtf8(pair.publicKey))
  const pkcs8 = Buffer.concat([cipher.update(await exportPrivatePem(pair), 'utf8'), cipher.final()])
  const sealed: Sealed = {
    format: 'baton-owner-key/1',
    publicKey: pair.publicKey,
    kdf: { name: 'scrypt', n: COST.N, r: COST.r, p: COST.p, salt: toBase64Url(salt) },
    cipher: { name: 'aes-256-gcm', iv: toBase64Url(iv), tag: toBase64Url(cipher.getAuthTag()) },
    pkcs8: toBase64Url(pkcs8),
  }
  return `${JSON.stringify(sealed, null, 2)}\n`
}

/**
 * The key in the text of a file. `passphrase` is asked for only when the key is encrypted.
 * @throws BatonError PASSPHRASE_WRONG, IDENTITY_INVALID
 */
export async function openOwnerKey(file: string, text: string, passphrase: () => Promise<string>): Promise<KeyPair> {
  const sealed = readSealed(file, text)
  if (sealed !== null) return unseal(file, sealed, await passphrase())
  const read = text.includes('-----BEGIN') ? await importPrivatePem(text) : await importPrivateJwk(text)
  if (read.ok) return read.value
  throw unusable(file, read.why)
}

async function unseal(file: string, { publicKey, kdf, cipher, pkcs8 }: Sealed, passphrase: string): Promise<KeyPair> {
  const cost = { N: kdf.n, r: kdf.r, p: kdf.p }
  const key = await derive(passphrase, fromBase64Url(kdf.salt)!, cost)
  const decipher = createDecipheriv('aes-256-gcm', key, fromBase64Url(cipher.iv)!)
  decipher.setAAD(toUtf8(publicKey))
  decipher.setAuthTag(fromBase64Url(cipher.tag)!)
  let pem: string
  try {
    pem = Buffer.concat([decipher.update(fromBase64Url(pkcs8) ?? Buffer.alloc(0)), decipher.final()]).toString('utf8')
  } catch (error) {
    throw new BatonError('PASSPHRASE_WRONG', `the passphrase does not open the owner key ${file}`, {
      details: { file, publicKey },
      cause: error,
    })
  }
  const pair = await importPrivatePem(pem)
  if (!pair.ok) throw unusable(file, pair.why)
  return pair.value
}

function readSealed(file: string, text: string): Sealed | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || !('format' in value)) return null
  const sealed = sealedSchema.safeParse(value)
  if (!sealed.success) throw unusable(file, 'it is no owner key file, or a damaged one')
  return sealed.data
}

function derive(passphrase: string, salt: Uint8Array, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // NFKC: the same characters typed on another keyboard are the same passphrase.
    scrypt(passphrase.normalize('NFKC'), salt, 32, { ...cost, maxmem: MEMORY_BYTES }, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

function unusable(file: string, why: string): BatonError {
  return new BatonError('IDENTITY_INVALID', `the owner key ${file} cannot be used: ${why}`, {
    remedy: 'restore it from a copy, or make one with: baton key create --passphrase --out FILE',
    details: { file },
  })
}
