/** ID7: who an operator is, and what its role may do. There is no store of accounts: the owner's signature says it all. */
import type { ClusterId, Jws, UnixMs } from '../ids.ts'
import { failure, type Result, success } from '../result.ts'
import type { Trust } from './authority-keys.ts'
import { endOfOwnerKey } from './owner-keys.ts'
import { OPERATOR_ROLES, type OperatorRole, type OperatorToken } from './statement-types.ts'
import { peekStatement, verifySigned } from './statements.ts'

/**
 * A token of this network that an owner key of the cluster it names has signed, that has not expired, and that is of `cluster`
 * (null: of any). `UNAUTHENTICATED` when nobody vouches for it, `FORBIDDEN` when it is another cluster's. Whether it was revoked is
 * known to the authority only.
 */
export async function verifyOperatorToken(
  genesis: Trust,
  cluster: ClusterId | null,
  jws: string,
  now: UnixMs,
): Promise<Result<OperatorToken>> {
  const read = peekStatement('operatorToken', jws)
  if (!read.ok) return failure('UNAUTHENTICATED', read.why)
  const { payload } = read
  if (payload.network !== genesis.network) {
    return failure('UNAUTHENTICATED', `the operator token is of network ${payload.network}, not ${genesis.network}`)
  }
  const owned = genesis.clusters.find((candidate) => candidate.cluster === payload.cluster)
  if (owned === undefined) return failure('UNAUTHENTICATED', `genesis has no cluster ${payload.cluster}`)
  const verified = await verifySigned('operatorToken', jws, owned.ownerKeys)
  if (!verified.ok) return failure('UNAUTHENTICATED', verified.why)
  const end = endOfOwnerKey(genesis, payload.cluster, verified.signer)
  if (end !== null && now >= end) {
    return failure('UNAUTHENTICATED', `the owner key that signed the operator token of ${payload.name} was replaced`)
  }
  if (now >= payload.expiresAt) {
    return failure('UNAUTHENTICATED', `the operator token of ${payload.name} has expired`)
  }
  if (cluster !== null && payload.cluster !== cluster) {
    return failure(
      'FORBIDDEN',
      `the operator token of ${payload.name} is of cluster ${payload.cluster}, not ${cluster}`,
    )
  }
  return success(verified.payload)
}

/** The token in the header of a request. @param authorization as it came; null: there was none */
export function bearerToken(authorization: string | null): Result<Jws> {
  const [scheme, token, ...rest] = (authorization ?? '').split(' ')
  if (scheme?.toLowerCase() === 'bearer' && token !== undefined && rest.length === 0) return success(token as Jws)
  return failure('UNAUTHENTICATED', 'this route needs an operator token: Authorization: Bearer TOKEN')
}

/** The operator, if its role suffices: `FORBIDDEN` otherwise. */
export function withRole(token: OperatorToken, needed: OperatorRole): Result<OperatorToken> {
  if (roleSuffices(token.role, needed)) return success(token)
  return failure('FORBIDDEN', `${token.name} is ${token.role}: this needs the role ${needed}`)
}

/** Each role may do what the ones before it may. */
export function roleSuffices(role: OperatorRole, needed: OperatorRole): boolean {
  return OPERATOR_ROLES.indexOf(role) >= OPERATOR_ROLES.indexOf(needed)
}
