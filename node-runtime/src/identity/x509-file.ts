/**
 * The X.509 certificate of a node lies beside its node certificate. Whoever writes that certificate makes it (`network
 * init`), so that a starting node needs no library for it; a node that finds it missing or outdated makes it anew.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { Jws } from '@baton/shared/ids'
import { createX509 } from './x509-create.ts'
import { extensionValue } from './x509-extension.ts'
import { CERTIFICATE_OID_DER } from './x509-oid.ts'

/** `node.cert.jws` → `node.cert.x509.pem`. */
export function x509FileOf(certificateFile: string): string {
  return `${certificateFile.replace(/\.jws$/, '')}.x509.pem`
}

/** The PEM beside `certificateFile`, made and written if it is not there or of another key or certificate. */
export async function ensureX509File(certificateFile: string, certificate: Jws, keys: KeyPair): Promise<string> {
  const file = x509FileOf(certificateFile)
  const stored = readIfFits(file, certificate, keys)
  if (stored !== null) return stored
  const pem = await createX509(keys, certificate)
  writeQuietly(file, pem)
  return pem
}

function readIfFits(file: string, certificate: Jws, keys: KeyPair): string | null {
  try {
    const pem = readFileSync(file, 'utf8')
    const x509 = new X509Certificate(pem)
    const value = extensionValue(x509.raw, CERTIFICATE_OID_DER)
    const fits =
      x509.publicKey.export({ format: 'jwk' }).x === keys.publicKey &&
      value !== null &&
      Buffer.from(value).toString('latin1') === certificate
    return fits ? pem : null
  } catch {
    return null
  }
}

/** A folder that this user may not write only costs time at every start. */
function writeQuietly(file: string, pem: string): void {
  const fresh = `${file}.${process.pid}`
  try {
    writeFileSync(fresh, pem, { mode: 0o644 })
    renameSync(fresh, file)
  } catch {
    rmSync(fresh, { force: true })
  }
}
