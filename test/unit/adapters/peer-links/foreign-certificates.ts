/** Certificates that a link must not accept: other algorithms, other keys, nothing inside. */
import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import { toUtf8 } from '@baton/shared/crypto/bytes'
import { Extension, X509CertificateGenerator } from '@peculiar/x509'
import type { TlsIdentity } from '../../../../node-runtime/src/identity/load-identity.ts'
import { CERTIFICATE_OID } from '../../../../node-runtime/src/identity/x509-oid.ts'

const ALGORITHMS = {
  ed25519: { name: 'Ed25519' },
  ecdsa: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: Uint8Array.of(1, 0, 1),
    modulusLength: 2_048,
  },
} as const

/** A self-signed certificate of a fresh key, with `inside` as its node certificate. */
export async function selfSigned(algorithm: keyof typeof ALGORITHMS, inside: string | null): Promise<TlsIdentity> {
  const keys = (await crypto.subtle.generateKey(ALGORITHMS[algorithm], true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair
  const x509 = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=c1-a',
    notBefore: new Date(0),
    notAfter: new Date('2100-01-01'),
    signingAlgorithm: ALGORITHMS[algorithm],
    keys,
    extensions: inside === null ? [] : [new Extension(CERTIFICATE_OID, false, toUtf8(inside))],
  })
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
    cert: x509.toString('pem'),
  }
}
