/** RG8, RG4, ID4: the statements about the sync set that come with a view of the registry, or from a peer. */
import type { Trust } from '@baton/shared/crypto/authority-keys'
import type { KnownSyncSet, RecordedReshape } from '@baton/shared/crypto/recorded-sync-set'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import { verifyStatement } from '@baton/shared/crypto/statements'
import { clusterOf } from '@baton/shared/genesis-schema'
import { type Jws, type NodeId, sameToken } from '@baton/shared/ids'
import { failure, type Result, success } from '@baton/shared/result'

/** Signed by this master, under its token, for exactly this sync set. */
export async function verifyRecorded(
  genesis: Pick<Trust, 'network'>,
  master: Mastership,
  statement: Jws,
  syncSet: readonly NodeId[],
): Promise<Result<RecordedReshape>> {
  const verified = await verifyStatement('reshape', statement, [master.key])
  if (!verified.ok) return verified
  const reshape = verified.payload
  const { network, cluster, node } = reshape
  if (
    network !== genesis.network ||
    cluster !== master.cluster ||
    node !== master.node ||
    !sameToken(reshape, master)
  ) {
    return failure('STATEMENT_INVALID', 'it was made by another master, or under another token')
  }
  if (reshape.syncSet.length !== syncSet.length || !syncSet.every((member) => reshape.syncSet.includes(member))) {
    return failure('STATEMENT_INVALID', 'it is of another sync set than the one shown')
  }
  return success({ reshape, statement })
}

/**
 * RG4: signed by the authority, about the cluster and token of this master, and resting on its statement where it names one. Where the members
 * are the arbiter (MJ1) the authority has no such word.
 */
export async function verifySyncSet(
  genesis: Pick<Trust, 'network' | 'authorityKeys' | 'clusters'>,
  master: Mastership,
  statement: Jws,
): Promise<Result<KnownSyncSet>> {
  const verified = await verifyStatement('syncSet', statement, genesis.authorityKeys)
  if (!verified.ok) return verified
  const recorded = verified.payload
  if (recorded.network !== genesis.network || recorded.cluster !== master.cluster || !sameToken(recorded, master)) {
    return failure('STATEMENT_INVALID', 'it is of another cluster, or of another token')
  }
  if (clusterOf(genesis, master.cluster)?.arbiter !== undefined) {
    return failure(
      'STATEMENT_INVALID',
      `the members of ${master.cluster} are its arbiter: the authority records nothing there`,
    )
  }
  if (recorded.reshape === null) return success({ recorded, statement, reshape: null })
  const reshape = await verifyRecorded(genesis, master, recorded.reshape, recorded.syncSet)
  return reshape.ok ? success({ recorded, statement, reshape: reshape.value }) : reshape
}
