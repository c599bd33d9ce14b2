/** MJ1: members that are the arbiter of their cluster are named in genesis, with their keys. Who would add or change one is told before anything is signed. */
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import { clusterOf, isArbiter } from '@baton/shared/genesis-schema'
import type { ClusterId } from '@baton/shared/ids'

const REMEDY =
  'the members of such a cluster and their keys are fixed when the network is made: a lost host is replaced by one with the same name and key'

/** @throws BatonError BAD_REQUEST where the members of the cluster are its arbiter */
export function checkMayJoin(genesis: Genesis, cluster: string): void {
  if (clusterOf(genesis, cluster as ClusterId)?.arbiter === undefined) return
  throw fixed(`no node can join ${cluster}: its members are its arbiter (MJ1)`)
}

/** @throws BatonError BAD_REQUEST for a node that genesis does not name there, or for another key than it names */
export function checkMemberKey(
  genesis: Genesis,
  member: { readonly cluster: string; readonly node: string; readonly key: string },
): void {
  const { cluster, node } = member
  const arbiter = clusterOf(genesis, cluster as ClusterId)?.arbiter
  if (arbiter === undefined || isArbiter(arbiter, member)) return
  throw fixed(`genesis does not name ${node} with this key among the members that are the arbiter of ${cluster} (MJ1)`)
}

/** The other members know this one by the key that genesis names. @throws BatonError BAD_REQUEST where that is so */
export function checkMayChangeKey(genesis: Genesis, cluster: ClusterId, node: string): void {
  if (clusterOf(genesis, cluster)?.arbiter === undefined) return
  throw fixed(`the key of ${node} cannot be changed: it is an arbiter of ${cluster}, and genesis names its key (MJ1)`)
}

function fixed(why: string): BatonError {
  return new BatonError('BAD_REQUEST', why, { remedy: REMEDY })
}
