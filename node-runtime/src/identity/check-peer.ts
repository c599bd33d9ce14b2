/**
 * ID5: what the other side of a link must show, checked before an upgrade is accepted or requested. TLS has proved that it
 * holds the key of its X.509 certificate; here that key is compared with a node certificate that verifies to the owner of a
 * cluster in genesis. Nothing else in the X.509 certificate counts, least of all who signed it.
 */
import { X509Certificate } from 'node:crypto'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { certificateExpired, peekCertificate, verifyCertificate } from '@baton/shared/crypto/certificate-chain'
import type { NodeCertificate } from '@baton/shared/crypto/statement-types'
import type { ErrorCode } from '@baton/shared/errors'
import type { NodeId, UnixMs } from '@baton/shared/ids'
import type { PeerRefusal } from '@baton/shared/ports/peer-links'
import { extensionValue } from './x509-extension.ts'
import { CERTIFICATE_OID_DER } from './x509-oid.ts'

/** A `Result` whose failure also says what both logs are to name, and which node it claimed to be. */
export type PeerCheck =
  | { readonly ok: true; readonly value: NodeCertificate }
  | {
      readonly ok: false
      readonly code: ErrorCode
      readonly reason: PeerRefusal
      readonly why: string
      readonly node: NodeId | null
    }

/**
 * @param certificate DER of the peer's X.509 certificate
 * @param now wall clock: expiry gates joining, and only here (ID8)
 */
export async function checkPeerCertificate(certificate: Uint8Array, genesis: Trust, now: UnixMs): Promise<PeerCheck> {
  const parsed = parse(certificate)
  if (parsed === null) return refuse('certificate-malformed', 'it is no X.509 certificate')
  if (parsed.publicKey.asymmetricKeyType !== 'ed25519') {
    return refuse('algorithm', `its key is ${parsed.publicKey.asymmetricKeyType ?? 'unknown'}, not ed25519`)
  }
  const value = extensionValue(certificate, CERTIFICATE_OID_DER)
  if (value === null) return refuse('certificate-malformed', 'it carries no node certificate')
  const jws = Buffer.from(value).toString('latin1')
  const claimed = peekCertificate(jws)
  if (!claimed.ok) return refuse('certificate-malformed', claimed.why)
  const { node, network, key } = claimed.value
  if (network !== genesis.network) {
    return refuse('wrong-network', `it is of network ${network}, not ${genesis.network}`, node)
  }
  if (parsed.publicKey.export({ format: 'jwk' }).x !== key) {
    return refuse('key-mismatch', 'its key is not the one that the owner certified', node)
  }
  const verified = await verifyCertificate(genesis, jws)
  if (!verified.ok) return { ...refuse('not-signed-by-owner', verified.why, node), code: verified.code }
  if (certificateExpired(verified.value, now)) {
    const expired = new Date(verified.value.expiresAt).toISOString()
    const why = `it expired at ${expired}, and here it is ${new Date(now).toISOString()}`
    return { ...refuse('expired', why, node), code: 'CERTIFICATE_EXPIRED' }
  }
  return verified
}

export function refuse(
  reason: PeerRefusal,
  why: string,
  node: NodeId | null = null,
): Extract<PeerCheck, { ok: false }> {
  return { ok: false, code: 'PEER_CERTIFICATE', reason, why, node }
}

/** Null also for a certificate whose key OpenSSL cannot read. */
function parse(certificate: Uint8Array): { readonly publicKey: X509Certificate['publicKey'] } | null {
  try {
    const { publicKey } = new X509Certificate(certificate)
    return { publicKey }
  } catch {
    return null
  }
}
