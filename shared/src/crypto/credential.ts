/** From genesis to a master: who signs for a cluster, checked offline and without a clock (NW1, ID1, ID2, ID8). */
import type { Genesis, GenesisCluster } from '../genesis.ts'
import type { UnixMs } from '../ids.ts'
import { failure, type Result, success } from '../result.ts'
import type { Credential, Grant, Mastership, NodeCertificate } from './statement-types.ts'
import { peekStatement, verifyStatement } from './statements.ts'

/**
 * A certificate signed by an owner key of the cluster it names. `CERTIFICATE_INVALID` otherwise.
 * Its expiry is not checked here: see `certificateExpired`.
 */
export async function verifyCertificate(genesis: Genesis, jws: string): Promise<Result<NodeCertificate>> {
  const read = peekStatement('certificate', jws)
  if (!read.ok) return failure('CERTIFICATE_INVALID', read.why)
  if (read.payload.network !== genesis.network) {
    return failure('CERTIFICATE_INVALID', `it is of network ${read.payload.network}, not ${genesis.network}`)
  }
  const cluster = genesisCluster(genesis, read.payload.cluster)
  if (cluster === null) return failure('CERTIFICATE_INVALID', `genesis has no cluster ${read.payload.cluster}`)
  const verified = await verifyStatement('certificate', jws, cluster.ownerKeys)
  return verified.ok ? success(verified.payload) : failure('CERTIFICATE_INVALID', verified.why)
}

/** A grant of this network signed by an authority key. `STATEMENT_INVALID` otherwise. */
export async function verifyGrant(genesis: Genesis, jws: string): Promise<Result<Grant>> {
  const verified = await verifyStatement('grant', jws, genesis.authorityKeys)
  if (!verified.ok) return verified
  const grant = verified.payload
  if (grant.network !== genesis.network) {
    return failure('STATEMENT_INVALID', `the grant is of network ${grant.network}, not ${genesis.network}`)
  }
  if (genesisCluster(genesis, grant.cluster) === null) {
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

/** ID8: gates joining, sessions and grants, never votes. */
export function certificateExpired(certificate: NodeCertificate, now: UnixMs): boolean {
  return now >= certificate.expiresAt
}

function genesisCluster(genesis: Genesis, id: string): GenesisCluster | null {
  return genesis.clusters.find((cluster) => cluster.cluster === id) ?? null
}
