/**
 * Notices: owner-signed statements that hold for ever and for everybody, whoever carries them (ID1, ID8). They are stored by the directory, the
 * authorities and every node, and each takes in only what verifies to the owner.
 */
import { unreachable } from '../assert.ts'
import { clusterOf } from '../genesis-schema.ts'
import type { ClusterId, UnixMs } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import { type Failure, failure, type Result, success } from '../result.ts'
import { knownKeys, type Trust } from './authority-keys.ts'
import { type MemberKey, memberKeyProblem } from './member-keys.ts'
import { endOfOwnerKey, rotationProblem } from './owner-keys.ts'
import {
  type AuthorityKeys,
  type JoinToken,
  type NodeCertificate,
  type OwnerRotation,
  type Revocation,
  STATEMENT_TYPES,
} from './statement-types.ts'
import { peekStatement, typeOf, verifySigned, verifyStatement } from './statements.ts'

export type Notice =
  | { readonly kind: 'revocation'; readonly payload: Revocation }
  | { readonly kind: 'authorityKeys'; readonly payload: AuthorityKeys }
  | { readonly kind: 'memberKey'; readonly payload: MemberKey }
  /** As the authority has recorded it. */
  | { readonly kind: 'ownerRotation'; readonly payload: OwnerRotation }

/** Reads a notice WITHOUT verifying it: one that this process has verified before, from its own disk. */
export function peekNotice(jws: string): Result<Notice> {
  switch (typeOf(jws)) {
    case STATEMENT_TYPES.authorityKeys: {
      const read = peekStatement('authorityKeys', jws)
      return read.ok ? success({ kind: 'authorityKeys', payload: read.payload }) : read
    }
    case STATEMENT_TYPES.memberKey: {
      const read = peekStatement('memberKey', jws)
      return read.ok ? success({ kind: 'memberKey', payload: read.payload }) : read
    }
    case STATEMENT_TYPES.recordedRotation: {
      const outer = peekStatement('recordedRotation', jws)
      const read = outer.ok ? peekStatement('ownerRotation', outer.payload.rotation) : outer
      return read.ok ? success({ kind: 'ownerRotation', payload: read.payload }) : read
    }
    case STATEMENT_TYPES.ownerRotation:
      return invalid('the rotation of an owner key counts when the authentication node has recorded it: send it there')
    default: {
      const read = peekStatement('revocation', jws)
      return read.ok ? success({ kind: 'revocation', payload: read.payload }) : read
    }
  }
}

/**
 * `STATEMENT_INVALID` unless an owner key of the cluster that it names has signed it. Never throws.
 * @param now refuses what is signed by an owner key that has ended by then: for what comes from anybody. Null: from one that has
 * looked at that when it was new, for a node that was away must not miss it.
 */
export async function verifyNotice(trust: Trust, jws: string, now: UnixMs | null = null): Promise<Result<Notice>> {
  if (jws.length > LIMITS.noticeCharacters) return invalid('the notice is too long')
  const read = peekNotice(jws)
  if (!read.ok) return read
  const { payload } = read.value
  if (payload.network !== trust.network) {
    return invalid(`the notice is of network ${payload.network}, not ${trust.network}`)
  }
  const cluster = clusterOf(trust, payload.cluster)
  if (cluster === null) return invalid(`genesis has no cluster ${payload.cluster}`)
  if (read.value.kind === 'ownerRotation') return verifyRotation(trust, jws, read.value)
  const verified = await verifySigned(read.value.kind, jws, cluster.ownerKeys)
  if (!verified.ok) return verified
  const problem = read.value.kind === 'memberKey' ? memberKeyProblem(trust, read.value.payload) : null
  if (problem !== null) return invalid(problem)
  const end = endOfOwnerKey(trust, payload.cluster, verified.signer)
  if (now === null || end === null || now < end) return read
  return invalid(`the owner key that signed it was replaced, and counted until ${new Date(end).toISOString()}`)
}

async function verifyRotation(
  trust: Trust,
  jws: string,
  notice: Extract<Notice, { kind: 'ownerRotation' }>,
): Promise<Result<Notice>> {
  const { payload } = notice
  const recorded = await verifyStatement('recordedRotation', jws, knownKeys(trust))
  if (!recorded.ok) return invalid(`the authority has not recorded the rotation: ${recorded.why}`)
  const { network, cluster, rotation } = recorded.payload
  if (network !== payload.network || cluster !== payload.cluster) return invalid('it was recorded for another cluster')
  const signed = await verifyStatement('ownerRotation', rotation, [payload.from])
  if (!signed.ok) return invalid(`the key that goes has not signed the rotation: ${signed.why}`)
  const problem = rotationProblem(trust, payload)
  return problem === null ? success(notice) : invalid(problem)
}

function invalid(why: string): Failure {
  return failure('STATEMENT_INVALID', why)
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
      default:
        unreachable(subject)
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
