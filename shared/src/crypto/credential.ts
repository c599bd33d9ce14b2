/** From genesis to a master: who signs for a cluster, checked offline and without a clock (NW1, ID1, ID2, ID8). */
import type { Genesis } from '../genesis.ts'
import { clusterOf } from '../genesis-schema.ts'
import { failure, type Result, success } from '../result.ts'
import { verifyCertificate } from './certificate-chain.ts'
import type { Credential, Grant, Mastership, NodeCertificate } from './statement-types.ts'
import { verifyStatement } from './statements.ts'

/** A grant of this network signed by an authority key. `STATEMENT_INVALID` otherwise. */
export async function verifyGrant(genesis: Genesis, jws: string): Promise<Result<Grant>> {
  const verified = await verifyStatement('grant', jws, genesis.authorityKeys)
  if (!verified.ok) return verified
  const grant = verified.payload
  if (grant.network !== genesis.network) {
    return failure('STATEMENT_INVALID', `the grant is of network ${grant.network}, not ${genesis.network}`)
  }
  if (clusterOf(genesis, grant.cluster) === null) {
    return failure('STATEMENT_INVALID', `genesis has no cluster ${grant.cluster}`)
  }
  return success(grant)
}

/**
 * The mastership that a credential proves: the authority's grant and the owner's certificate, naming the same node of the
 * same cluster. Expiry is not looked at: votes are checked without a clock (ID8). `certificateOf`: for callers that remember what
 * they have verified.
 */
export async function verifyCredential(
  genesis: Genesis,
  credential: Credential,
  certificateOf: (jws: string) => Promise<Result<NodeCertificate>> = (jws) => verifyCertificate(genesis, jws),
): Promise<Result<Mastership>> {
  const [grant, certificate] = await Promise.all([
    verifyGrant(genesis, credential.grant),
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
