/** RG8, ID4: the statement that a view of the registry says is behind its sync set. */
import type { Trust } from '@baton/shared/crypto/authority-keys'
import type { Mastership, RecordedReshape } from '@baton/shared/crypto/statement-types'
import { verifyStatement } from '@baton/shared/crypto/statements'
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
