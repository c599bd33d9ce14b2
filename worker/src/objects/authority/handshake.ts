/** ID5: a session starts with a challenge, answered by a proof of the node key, which the owner's certificate names. */
import type { Member } from '@baton/shared/core/registry/types'
import type { CertificateChain } from '@baton/shared/crypto/certificate-chain'
import { verifyStatement } from '@baton/shared/crypto/statements'
import type { UnixMs } from '@baton/shared/ids'
import { CONTROL_PROTOCOL, type ToAuthority } from '@baton/shared/protocol/control'
import { agreedVersion, disagreement } from '@baton/shared/protocol/versions'
import { failure, type Result, success } from '@baton/shared/result'
import { type AdmissionParts, acceptCertificate } from './admission.ts'

type Hello = Extract<ToAuthority, { t: 'hello' }>

export interface Greeted {
  readonly member: Member
  readonly chain: CertificateChain
  /** The version of the control protocol that the session uses. */
  readonly protocol: number
}

/** The member that answered `challenge`. */
export async function acceptHello(
  admission: AdmissionParts,
  hello: Hello,
  challenge: { readonly challenge: string; readonly expiresAt: UnixMs },
  now: UnixMs,
): Promise<Result<Greeted>> {
  const { genesis, cluster } = admission
  if (now >= challenge.expiresAt) return failure('CHALLENGE_INVALID', 'the challenge has expired')
  const certificate = await acceptCertificate(admission, hello.certificate, now)
  if (!certificate.ok) return certificate
  const { node, key, site, expiresAt } = certificate.value.certificate
  const proof = await verifyStatement('session', hello.proof, [key])
  if (!proof.ok) return failure('CHALLENGE_INVALID', `the proof is not signed by the node key: ${proof.why}`)
  const said = proof.payload
  if (said.network !== genesis.network || said.cluster !== cluster || said.node !== node) {
    return failure('CHALLENGE_INVALID', 'the proof names another node than the certificate')
  }
  if (said.challenge !== challenge.challenge) {
    return failure('CHALLENGE_INVALID', 'the proof answers another challenge')
  }
  const protocol = agreedVersion(said.protocol, CONTROL_PROTOCOL)
  if (protocol === null) {
    const ours = { who: 'the authority', ...CONTROL_PROTOCOL }
    return failure('PROTOCOL_VERSION', disagreement('control', ours, { who: `the node ${node}`, ...said.protocol }))
  }
  const { peerAddress, apiAddress, priority, noFailover } = said
  const certified = { node, key, site, expiresAt, certificate: hello.certificate }
  return success({
    member: { ...certified, peerAddress, apiAddress, priority, noFailover },
    chain: certificate.value,
    protocol,
  })
}
