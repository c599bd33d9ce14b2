/** From genesis to a master: who signs for a cluster, checked offline and without a clock (NW1, ID1, ID2, ID8). */
import { clusterOf } from '../genesis-schema.ts'
import { failure, type Result, success } from '../result.ts'
import { retiredMayGrant, type Trust } from './authority-keys.ts'
import { verifyCertificate } from './certificate-chain.ts'
import { grantOfVote, isMajorityGrant, verifyMajorityGrant } from './majority-grant.ts'
import type { Credential, Grant, Mastership, NodeCertificate } from './statement-types.ts'
import { peekStatement, type VerifiedStatement, verifyStatement } from './statements.ts'

/**
 * A grant of this network, signed by the arbiter of its cluster: an authority key, or while it counted one that is retired; or, where
 * genesis names the members as arbiter, a majority of them (MJ1). `STATEMENT_INVALID` otherwise.
 */
export async function verifyGrant(trust: Trust, jws: string): Promise<Result<Grant>> {
  if (isMajorityGrant(jws)) return verifyMajorityGrant(trust, jws)
  const verified = await verifySigner(trust, jws)
  if (!verified.ok) return verified
  const grant = verified.payload
  if (grant.network !== trust.network) {
    return failure('STATEMENT_INVALID', `the grant is of network ${grant.network}, not ${trust.network}`)
  }
  const cluster = clusterOf(trust, grant.cluster)
  if (cluster === null) return failure('STATEMENT_INVALID', `genesis has no cluster ${grant.cluster}`)
  if (cluster.arbiter !== undefined) {
    return failure(
      'STATEMENT_INVALID',
      `the members of ${grant.cluster} are its arbiter: the authority grants nothing there`,
    )
  }
  return success(grant)
}

/** Reads a grant of either arbiter WITHOUT verifying it. */
export function peekGrant(jws: string): Result<Grant> {
  if (isMajorityGrant(jws)) {
    const vote = peekStatement('grantVote', jws)
    return vote.ok ? success(grantOfVote(vote.payload)) : vote
  }
  const read = peekStatement('grant', jws)
  return read.ok ? success(read.payload) : read
}

/**
 * The mastership that a credential proves: the arbiter's grant and the owner's certificate, naming the same node of the
 * same cluster. Expiry is not looked at: votes are checked without a clock (ID8). `certificateOf`: for callers that remember what
 * they have verified.
 */
export async function verifyCredential(
  trust: Trust,
  credential: Credential,
  certificateOf: (jws: string) => Promise<Result<NodeCertificate>> = (jws) => verifyCertificate(trust, jws),
): Promise<Result<Mastership>> {
  const [grant, certificate] = await Promise.all([
    verifyGrant(trust, credential.grant),
    certificateOf(credential.certificate),
  ])
  if (!grant.ok) return grant
  if (!certificate.ok) return certificate
  const { cluster, generation, epoch, node, recovering } = grant.value
  if (certificate.value.cluster !== cluster || certificate.value.node !== node) {
    const { cluster: certified, node: holder } = certificate.value
    return failure('CERTIFICATE_INVALID', `the grant names ${cluster}/${node}, the certificate ${certified}/${holder}`)
  }
  const { grant: grantJws, certificate: certificateJws } = credential
  const plain: Credential = { grant: grantJws, certificate: certificateJws }
  return success({ cluster, generation, epoch, node, key: certificate.value.key, recovering, credential: plain })
}

async function verifySigner(trust: Trust, jws: string): Promise<VerifiedStatement<'grant'>> {
  const verified = await verifyStatement('grant', jws, trust.authorityKeys)
  if (verified.ok) return verified
  for (const retired of trust.retired ?? []) {
    const earlier = await verifyStatement('grant', jws, [retired.key])
    if (!earlier.ok) continue
    if (retiredMayGrant(retired, earlier.payload)) return earlier
    return failure('STATEMENT_INVALID', 'the key that signed the grant was retired before')
  }
  return verified
}
