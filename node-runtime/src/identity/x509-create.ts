/**
 * The self-signed X.509 certificate that a node shows on its links: of its Ed25519 key, with its node certificate (the JWS of
 * its cluster's owner) inside. TLS proves possession of the key; the JWS says whose it is (ID5).
 */

import { peekCertificate } from '@baton/shared/crypto/certificate-chain'
import type { KeyPair } from '@baton/shared/crypto/keys'
import { BatonError } from '@baton/shared/errors'
import type { Jws } from '@baton/shared/ids'
import { CERTIFICATE_OID } from './x509-oid.ts'

/**
 * PEM. Loads `@peculiar/x509`, which is why it is made once and kept beside the key (x509-file.ts).
 * @throws BatonError IDENTITY_INVALID when the certificate cannot be read
 */
export async function createX509(keys: KeyPair, certificate: Jws): Promise<string> {
  const read = peekCertificate(certificate)
  if (!read.ok) throw new BatonError('IDENTITY_INVALID', `the node certificate cannot be read: ${read.why}`)
  // The library registers its parts with reflect-metadata, which must be there first.
  await import('reflect-metadata')
  const { Extension, X509CertificateGenerator } = await import('@peculiar/x509')
  const publicKey = await crypto.subtle.importKey(
    'jwk',
    { kty: 'OKP', crv: 'Ed25519', x: keys.publicKey },
    'Ed25519',
    true,
    ['verify'],
  )
  const x509 = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${read.value.node}`,
    notBefore: new Date(read.value.issuedAt),
    notAfter: new Date(read.value.expiresAt),
    signingAlgorithm: { name: 'Ed25519' },
    keys: { privateKey: keys.privateKey, publicKey },
    extensions: [new Extension(CERTIFICATE_OID, false, new TextEncoder().encode(certificate))],
  })
  return `${x509.toString('pem')}\n`
}
