/** A token for an operator, a person or a job, signed by the owner of a cluster (ID7). */
import { randomUUID } from 'node:crypto'
import type { OperatorRole, OperatorToken } from '@baton/shared/crypto/statement-types'
import type { SignBytes } from '@baton/shared/crypto/statements'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, Jws, UnixMs } from '@baton/shared/ids'
import { signAsOwner } from './owner-signer.ts'

export interface OperatorTokenRequest {
  readonly cluster: string
  readonly name: string
  readonly role: OperatorRole
  /** Wall clock, Unix ms. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/**
 * @param ownerChanges file with the rotations of owner keys since genesis, if there were any
 * @throws BatonError IDENTITY_INVALID when the key that signed is no owner key of the cluster, BAD_REQUEST when genesis has no such cluster
 */
export async function signOperatorToken(
  genesis: Genesis,
  { cluster, name, role, issuedAt, expiresAt }: OperatorTokenRequest,
  sign: SignBytes,
  ownerChanges?: string,
): Promise<{ readonly token: Jws; readonly payload: OperatorToken }> {
  const payload: OperatorToken = {
    network: genesis.network,
    cluster: cluster as ClusterId,
    name,
    role,
    id: randomUUID(),
    issuedAt: issuedAt as UnixMs,
    expiresAt: expiresAt as UnixMs,
  }
  return { token: await signAsOwner(genesis, 'operatorToken', payload, sign, ownerChanges), payload }
}
