/** What the owner of a cluster signs when another key takes the place of its own (ID1). */
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { peekNotice } from '@baton/shared/crypto/notices'
import { openWindow, presentOwnerKeys, rotationProblem, rotationsOf } from '@baton/shared/crypto/owner-keys'
import type { OwnerRotation } from '@baton/shared/crypto/statement-types'
import { type SignBytes, signStatementWith, verifyStatement } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import type { ClusterId, Jws, PublicKey, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'

/** The rotation to this key that an earlier run has had recorded, or null. */
export function alreadyRecorded(
  trust: Trust,
  cluster: ClusterId,
  to: PublicKey,
  statements: readonly Jws[],
): OwnerRotation | null {
  if (!presentOwnerKeys(trust, cluster).includes(to)) return null
  for (const statement of statements) {
    const read = peekNotice(statement)
    if (read.ok && read.value.kind === 'ownerRotation' && read.value.payload.to === to) return read.value.payload
  }
  return null
}

/**
 * The next rotation of this cluster, as the authority will record it.
 * @param window in ms, from now on
 * @throws BatonError BAD_REQUEST for what would be refused there, IDENTITY_INVALID when it is not the present owner key that signs
 */
export async function newRotation(
  trust: Trust,
  { cluster, window }: { readonly cluster: ClusterId; readonly window: number },
  to: PublicKey,
  sign: SignBytes,
): Promise<OwnerRotation> {
  const { network } = trust
  const issuedAt = Date.now() as UnixMs
  if (window > LIMITS.ownerWindowMs) throw refused(`--window is longer than ${LIMITS.ownerWindowMs / 86_400_000}d`)
  const open = openWindow(trust, cluster, issuedAt)
  if (open !== null) {
    const end = new Date(open.at).toISOString()
    throw refused(
      `a rotation of ${cluster} is under way: the key before counts until ${end}`,
      'rotate again after that',
    )
  }
  const until = (issuedAt + window) as UnixMs
  const sequence = rotationsOf(trust, cluster) + 1
  for (const from of presentOwnerKeys(trust, cluster)) {
    const rotation: OwnerRotation = { network, cluster, sequence, from, to, issuedAt, until }
    const signed = await signStatementWith('ownerRotation', rotation, sign)
    if (!(await verifyStatement('ownerRotation', signed, [from])).ok) continue
    const problem = rotationProblem(trust, rotation)
    if (problem === null) return rotation
    throw refused(problem)
  }
  const present = presentOwnerKeys(trust, cluster).join(', ')
  throw new BatonError('IDENTITY_INVALID', `--owner-key is not the present owner key of cluster ${cluster}`, {
    remedy: `sign with the key whose public part is ${present}`,
  })
}

/** What is signed anew says the same: those who were away are told it by the key that counts when they come back. */
export async function signedAnew(statement: Jws, sign: SignBytes): Promise<Jws> {
  const read = peekNotice(statement)
  if (!read.ok || read.value.kind === 'ownerRotation') throw new BatonError('INTERNAL', 'a rotation is not signed anew')
  const { kind, payload } = read.value
  return signStatementWith<typeof kind>(kind, payload, sign)
}

/** A revocation, a new key of an arbiter, or an agreement to other keys of the authority. */
export function isSaidBy(cluster: ClusterId, statement: Jws): boolean {
  const read = peekNotice(statement)
  return read.ok && read.value.kind !== 'ownerRotation' && read.value.payload.cluster === cluster
}

function refused(why: string, remedy?: string): BatonError {
  return new BatonError('BAD_REQUEST', why, remedy === undefined ? {} : { remedy })
}
