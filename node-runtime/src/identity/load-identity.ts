/** Who this node is: its key, its certificate, and what it shows on its links (ID2, ID5). */
import { readFileSync } from 'node:fs'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { certificateExpired, verifyCertificate } from '@baton/shared/crypto/certificate-chain'
import { exportPrivatePem, type KeyPair } from '@baton/shared/crypto/keys'
import type { NodeCertificate } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import type { ClusterId, Jws, NodeId, SiteId, UnixMs } from '@baton/shared/ids'
import { readKeyFile } from './key-file.ts'
import { ensureX509File } from './x509-file.ts'

/** PEM texts for `node:tls`. */
export interface TlsIdentity {
  readonly key: string
  readonly cert: string
}

export interface NodeIdentity {
  readonly keys: KeyPair
  readonly certificate: NodeCertificate
  readonly certificateJws: Jws
  readonly tls: TlsIdentity
}

/** Of the node's configuration. */
export interface IdentitySource {
  readonly keyFile: string
  readonly certificateFile: string
  readonly genesis: Trust
  readonly node: NodeId
  readonly cluster: ClusterId
  readonly site: SiteId
}

/**
 * Reads and checks the node's key and certificate, alone and against each other, the configuration and genesis.
 * @throws BatonError IDENTITY_INVALID with the file and what to do
 */
export async function loadIdentity(source: IdentitySource, now: UnixMs): Promise<NodeIdentity> {
  const { certificateFile, keyFile, genesis } = source
  const keys = await readKeyFile(keyFile)
  const certificateJws = readCertificateFile(certificateFile)
  const verified = await verifyCertificate(genesis, certificateJws)
  if (!verified.ok) {
    throw invalid(certificateFile, verified.why, 'have the owner of the cluster sign a certificate for this node')
  }
  const certificate = verified.value
  if (certificate.key !== keys.publicKey) {
    throw invalid(certificateFile, `it certifies another key than the one in ${keyFile}`, 'use the pair made together')
  }
  for (const name of ['node', 'cluster', 'site'] as const) {
    if (certificate[name] === source[name]) continue
    const why = `it is for ${name} "${certificate[name]}", but the configuration says "${source[name]}"`
    throw invalid(certificateFile, why, 'correct the configuration, or use the certificate of this node')
  }
  if (certificateExpired(certificate, now)) {
    const why = `it expired at ${new Date(certificate.expiresAt).toISOString()}`
    throw invalid(
      certificateFile,
      why,
      'check the clock of this host; then have the owner sign a new certificate (its own key may have been replaced)',
    )
  }
  const tls = await makeTlsIdentity(keys, certificateJws, certificateFile)
  return { keys, certificate, certificateJws, tls }
}

/** Key and certificate for `node:tls`; the certificate is kept beside `certificateFile`. */
export async function makeTlsIdentity(keys: KeyPair, certificate: Jws, certificateFile: string): Promise<TlsIdentity> {
  const [key, cert] = await Promise.all([exportPrivatePem(keys), ensureX509File(certificateFile, certificate, keys)])
  return { key, cert }
}

function readCertificateFile(file: string): Jws {
  try {
    return readFileSync(file, 'utf8').trim() as Jws
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw invalid(file, `it cannot be read: ${reason}`, 'check `certificate` in the configuration', error)
  }
}

function invalid(file: string, why: string, remedy: string, cause?: unknown): BatonError {
  return new BatonError('IDENTITY_INVALID', `the node certificate ${file} cannot be used: ${why}`, {
    remedy,
    details: { file },
    cause,
  })
}
