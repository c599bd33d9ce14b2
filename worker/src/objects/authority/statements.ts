/** Verifies what a request brings before it is decided: WebCrypto yields, deciding must not (RG7). */
import type { RegistryInput, RequestRef } from '@baton/shared/core/registry/messages'
import type { Registry } from '@baton/shared/core/registry/types'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { peekGrant, verifyCredential } from '@baton/shared/crypto/credential'
import type { Claim, Grant, Reshape, Resignation, StatementPayloads } from '@baton/shared/crypto/statement-types'
import { peekStatement, verifyStatement } from '@baton/shared/crypto/statements'
import { type ClusterId, type Jws, type NodeId, type PublicKey, sameToken } from '@baton/shared/ids'
import type { ToAuthority } from '@baton/shared/protocol/control'
import { failure, type Result, success } from '@baton/shared/result'

/** The key of a node: from its certificate when it is at hand, else from the registry (a relayed statement). */
export type KeyOf = (node: NodeId) => PublicKey | undefined

export function memberKeys(registry: Registry): KeyOf {
  return (node) => (registry.status === 'absent' ? undefined : registry.members.get(node)?.key)
}

export async function claimInput(jws: Jws, from: RequestRef, keyOf: KeyOf): Promise<Result<RegistryInput>> {
  const claim = await signedByItsNode('claim', jws, keyOf)
  if (!claim.ok) return claim
  const resignation = await resignationIn(claim.value, keyOf)
  return success({ i: 'claim', from, claim: claim.value, resignation })
}

export async function reshapeInput(jws: Jws, from: RequestRef, keyOf: KeyOf): Promise<Result<RegistryInput>> {
  const reshape = await signedByItsNode('reshape', jws, keyOf)
  return reshape.ok ? success({ i: 'reshape', from, reshape: reshape.value, statement: jws }) : reshape
}

export interface VerifiedShown {
  readonly grant: Grant | null
  readonly reshape: Reshape | null
}

/**
 * RG8: what a node shows of its cluster's history. The reshape is of the master that the grant names, under its token: that
 * certificate is at hand whatever this registry has forgotten.
 */
export async function verifyShown(
  trust: Trust,
  cluster: ClusterId,
  { credential, reshape }: Omit<Extract<ToAuthority, { t: 'shown' }>, 't'>,
): Promise<Result<VerifiedShown>> {
  if (credential === null) {
    if (reshape === null) return success({ grant: null, reshape: null })
    return failure('STATEMENT_INVALID', 'a reshape without the grant that it was made under')
  }
  const master = await verifyCredential(trust, credential)
  if (!master.ok) return master
  const grant = peekGrant(credential.grant)
  if (!grant.ok) return grant
  if (grant.value.cluster !== cluster) return failure('STATEMENT_INVALID', `a grant of ${grant.value.cluster}`)
  if (reshape === null) return success({ grant: grant.value, reshape: null })
  const made = await verifyStatement('reshape', reshape, [master.value.key])
  if (!made.ok) return made
  if (made.payload.node !== master.value.node || !sameToken(made.payload, master.value)) {
    return failure('STATEMENT_INVALID', 'a reshape of another master, or under another token, than the grant beside it')
  }
  return success({ grant: grant.value, reshape: made.payload })
}

async function resignationIn(claim: Claim, keyOf: KeyOf): Promise<Resignation | null> {
  if (claim.evidence.kind !== 'resigned') return null
  const resignation = await signedByItsNode('resignation', claim.evidence.resignation, keyOf)
  return resignation.ok ? resignation.value : null
}

async function signedByItsNode<Kind extends 'claim' | 'reshape' | 'resignation'>(
  kind: Kind,
  jws: Jws,
  keyOf: KeyOf,
): Promise<Result<StatementPayloads[Kind]>> {
  const read = peekStatement(kind, jws)
  if (!read.ok) return read
  const { node } = read.payload as Pick<Claim, 'node'>
  const key = keyOf(node)
  if (key === undefined) return failure('UNKNOWN_NODE', `${node} has never registered`)
  const verified = await verifyStatement(kind, jws, [key])
  return verified.ok ? success(verified.payload) : verified
}
