/** What a node must show before anything it says is looked at (ID2, ID3, ID5, ID8). */
import type { Registry } from '@baton/shared/core/registry/types'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import {
  type CertificateChain,
  certificateExpired,
  peekCertificate,
  replacedBy,
  verifyChain,
} from '@baton/shared/crypto/certificate-chain'
import { presentKey } from '@baton/shared/crypto/member-keys'
import type { Revocations } from '@baton/shared/crypto/notices'
import type { NodeCertificate } from '@baton/shared/crypto/statement-types'
import { clusterOf } from '@baton/shared/genesis-schema'
import type { ClusterId, UnixMs } from '@baton/shared/ids'
import { failure, type Result } from '@baton/shared/result'

export interface AdmissionParts {
  readonly genesis: Trust
  readonly cluster: ClusterId
  readonly revocations: Revocations
  readonly registry: () => Registry
}

/** A certificate of this cluster that leads to its owner, has not expired, is not revoked, and was not replaced by a later one. */
export async function acceptCertificate(
  { genesis, cluster, revocations, registry }: AdmissionParts,
  jws: string,
  now: UnixMs,
): Promise<Result<CertificateChain>> {
  const chain = await verifyChain(genesis, jws)
  if (!chain.ok) return chain
  const { certificate } = chain.value
  const { node, expiresAt } = certificate
  if (certificate.cluster !== cluster) {
    return failure('CERTIFICATE_INVALID', `it is of cluster ${certificate.cluster}, not ${cluster}`)
  }
  const { ownerKeyEnds } = chain.value
  if (ownerKeyEnds !== null && now >= ownerKeyEnds) {
    const end = new Date(ownerKeyEnds).toISOString()
    return failure(
      'CERTIFICATE_EXPIRED',
      `the owner key that signed the certificate of ${node} was replaced, and counted until ${end}`,
    )
  }
  if (certificateExpired(certificate, now)) {
    return failure('CERTIFICATE_EXPIRED', `the certificate of ${node} expired at ${new Date(expiresAt).toISOString()}`)
  }
  const stranger = strangerAmongMembers(genesis, certificate)
  if (stranger !== null) return failure('UNKNOWN_NODE', stranger)
  const revoked = revocations.of(certificate)
  if (revoked !== null) return failure('CERTIFICATE_REVOKED', `the key of ${node} is revoked: ${revoked.reason}`)
  if (replaced(chain.value, registry())) {
    return failure('CERTIFICATE_INVALID', `the owner has signed a later certificate for ${node}`)
  }
  return chain
}

/** MJ1: the members that are the arbiter of a cluster are those of genesis, each with the key that its owner gave it last; nobody joins them. */
function strangerAmongMembers(genesis: Trust, { cluster, node, key }: NodeCertificate): string | null {
  if (clusterOf(genesis, cluster)?.arbiter === undefined) return null
  const present = presentKey(genesis, cluster, node)
  if (present === undefined) return `the members of ${cluster} are fixed in genesis (MJ1): ${node} is none of them`
  if (present === key) return null
  return `${node} is an arbiter of ${cluster} with another key: its owner must say that this one replaces it (baton node replace-key, MJ1)`
}

/** Whoever finds an old key, or keeps an old certificate, does not come before the newer one. */
function replaced({ certificate }: CertificateChain, registry: Registry): boolean {
  const member = registry.status === 'absent' ? undefined : registry.members.get(certificate.node)
  const recorded = member === undefined ? null : peekCertificate(member.certificate)
  return recorded?.ok === true && replacedBy(recorded.value, certificate)
}
