/** ID5: a session starts with a challenge, answered by a proof of the node key, which the owner's certificate names. */
import type { Member } from '@baton/shared/core/registry/types'
import { certificateExpired, verifyCertificate } from '@baton/shared/crypto/certificate-chain'
import type { NodeCertificate } from '@baton/shared/crypto/statement-types'
import { verifyStatement } from '@baton/shared/crypto/statements'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, UnixMs } from '@baton/shared/ids'
import { CONTROL_PROTOCOL, type ToAuthority } from '@baton/shared/protocol/control'
import { failure, type Result, success } from '@baton/shared/result'

type Hello = Extract<ToAuthority, { t: 'hello' }>

/** A certificate of this cluster's owner that has not expired. */
export async function acceptCertificate(
  genesis: Genesis,
  cluster: ClusterId,
  jws: string,
  now: UnixMs,
): Promise<Result<NodeCertificate>> {
  const certificate = await verifyCertificate(genesis, jws)
  if (!certificate.ok) return certificate
  if (certificate.value.cluster !== cluster) {
    return failure('CERTIFICATE_INVALID', `it is of cluster ${certificate.value.cluster}, not ${cluster}`)
  }
  if (certificateExpired(certificate.value, now)) {
    const expired = new Date(certificate.value.expiresAt).toISOString()
    return failure('CERTIFICATE_EXPIRED', `the certificate of ${certificate.value.node} expired at ${expired}`)
  }
  return certificate
}

/** The member that answered `challenge`. */
export async function acceptHello(
  genesis: Genesis,
  cluster: ClusterId,
  hello: Hello,
  challenge: { readonly challenge: string; readonly expiresAt: UnixMs },
  now: UnixMs,
): Promise<Result<Member>> {
  if (now >= challenge.expiresAt) return failure('CHALLENGE_INVALID', 'the challenge has expired')
  const certificate = await acceptCertificate(genesis, cluster, hello.certificate, now)
  if (!certificate.ok) return certificate
  const { node, key, site, expiresAt } = certificate.value
  const proof = await verifyStatement('session', hello.proof, [key])
  if (!proof.ok) return failure('CHALLENGE_INVALID', `the proof is not signed by the node key: ${proof.why}`)
  const said = proof.payload
  if (said.network !== genesis.network || said.cluster !== cluster || said.node !== node) {
    return failure('CHALLENGE_INVALID', 'the proof names another node than the certificate')
  }
  if (said.challenge !== challenge.challenge) {
    return failure('CHALLENGE_INVALID', 'the proof answers another challenge')
  }
  if (said.protocol.min > CONTROL_PROTOCOL.max || said.protocol.max < CONTROL_PROTOCOL.min) {
    const { min, max } = CONTROL_PROTOCOL
    return failure('PROTOCOL_VERSION', `the authority speaks ${min} to ${max}`)
  }
  const { peerAddress, apiAddress, priority, noFailover } = said
  const certified = { node, key, site, expiresAt, certificate: hello.certificate }
  return success({ ...certified, peerAddress, apiAddress, priority, noFailover })
}
