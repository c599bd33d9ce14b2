/**
 * Notices: owner-signed statements that hold for ever and for everybody, whoever carries them (ID8). They are stored by the directory, the
 * authorities and every node, and each takes in only what verifies to the owner.
 */

import type { Genesis } from '../genesis.ts'
import { clusterOf } from '../genesis-schema.ts'
import type { ClusterId } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import { failure, type Result, success } from '../result.ts'
import {
  type AuthorityKeys,
  type JoinToken,
  type NodeCertificate,
  type Revocation,
  STATEMENT_TYPES,
} from './statement-types.ts'
import { peekStatement, typeOf, verifyStatement } from './statements.ts'

export type Notice =
  | { readonly kind: 'revocation'; readonly payload: Revocation }
  | { readonly kind: 'authorityKeys'; readonly payload: AuthorityKeys }

/** Reads a notice WITHOUT verifying it: one that this process has verified before, from its own disk. */
export function peekNotice(jws: string): Result<Notice> {
  if (typeOf(jws) === STATEMENT_TYPES.authorityKeys) {
    const read = peekStatement('authorityKeys', jws)
    return read.ok ? success({ kind: 'authorityKeys', payload: read.payload }) : read
  }
  const read = peekStatement('revocation', jws)
  return read.ok ? success({ kind: 'revocation', payload: read.payload }) : read
}

/** `STATEMENT_INVALID` unless an owner key of the cluster that it names has signed it. Never throws. */
export async function verifyNotice(genesis: Genesis, jws: string): Promise<Result<Notice>> {
  if (jws.length > LIMITS.noticeCharacters) return failure('STATEMENT_INVALID', 'the notice is too long')
  const read = peekNotice(jws)
  if (!read.ok) return read
  const { kind, payload } = read.value
  if (payload.network !== genesis.network) {
    return failure('STATEMENT_INVALID', `the notice is of network ${payload.network}, not ${genesis.network}`)
  }
  const cluster = clusterOf(genesis, payload.cluster)
  if (cluster === null) return failure('STATEMENT_INVALID', `genesis has no cluster ${payload.cluster}`)
  const verified = await verifyStatement(kind, jws, cluster.ownerKeys)
  return verified.ok ? read : verified
}

/** What is revoked, as far as is known here. An owner revokes only what is its own. */
export class Revocations {
  readonly #keys = new Map<string, Revocation>()
  readonly #tokens = new Map<string, Revocation>()
  readonly #operators = new Map<string, Revocation>()

  /** Any number of times, in any order. `revocation` was verified. */
  add(revocation: Revocation): void {
    const { subject, cluster } = revocation
    switch (subject.kind) {
      case 'node':
        this.#keys.set(`${cluster} ${subject.key}`, revocation)
        break
      case 'token':
        this.#tokens.set(`${cluster} ${subject.token}`, revocation)
        break
      case 'operator':
        this.#operators.set(`${cluster} ${subject.operator}`, revocation)
        break
    }
  }

  /** What revokes this certificate: its key, or the token that it was signed under; null when nothing does. */
  of({ cluster, key, token }: Pick<NodeCertificate, 'cluster' | 'key' | 'token'>): Revocation | null {
    const known = this.#keys.get(`${cluster} ${key}`)
    if (known !== undefined || token === undefined) return known ?? null
    const read = peekStatement('joinToken', token)
    return read.ok ? this.ofToken({ cluster, id: read.payload.id }) : null
  }

  ofToken({ cluster, id }: Pick<JoinToken, 'cluster' | 'id'>): Revocation | null {
    return this.#tokens.get(`${cluster} ${id}`) ?? null
  }

  /** Of an operator's token that an owner of this cluster made (ID7). */
  ofOperator({ cluster, id }: { readonly cluster: ClusterId; readonly id: string }): Revocation | null {
    return this.#operators.get(`${cluster} ${id}`) ?? null
  }
}
