/** MJ1: members that are the arbiter of their cluster are named in genesis. Who would add one, or change its key alone, is told before anything is signed. */
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { presentKey } from '@baton/shared/crypto/member-keys'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import { clusterOf } from '@baton/shared/genesis-schema'
import type { ClusterId, NodeId } from '@baton/shared/ids'

const REMEDY =
  'the members of such a cluster are fixed when the network is made: a new host takes the name of a lost one, and its owner gives that name a new key (baton node replace-key)'

/** @throws BatonError BAD_REQUEST where the members of the cluster are its arbiter */
export function checkMayJoin(genesis: Genesis, cluster: string): void {
  if (clusterOf(genesis, cluster as ClusterId)?.arbiter === undefined) return
  throw new BatonError('BAD_REQUEST', `no node can join ${cluster}: its members are its arbiter (MJ1)`, {
    remedy: REMEDY,
  })
}

/** @throws BatonError BAD_REQUEST for a node that genesis does not name there, or for another key than its present one */
export function checkMemberKey(
  trust: Trust,
  { cluster, node, key }: { readonly cluster: ClusterId; readonly node: NodeId; readonly key: string },
): void {
  if (clusterOf(trust, cluster)?.arbiter === undefined) return
  const present = presentKey(trust, cluster, node)
  if (present === key) return
  if (present === undefined) {
    const why = `genesis does not name ${node} among the members that are the arbiter of ${cluster} (MJ1)`
    throw new BatonError('BAD_REQUEST', why, { remedy: REMEDY })
  }
  throw new BatonError('BAD_REQUEST', `${node} is an arbiter of ${cluster}, and known with the key ${present} (MJ1)`, {
    remedy: `let its owner say that this one replaces it: baton node replace-key ${node} --cluster ${cluster} --key ${key} --out FILE …; then give FILE with --owner-changes to baton node certify, with --notices to baton key install`,
  })
}
