/** MJ1: members that are the arbiter of their cluster are named in genesis, with their keys. Who would add or change one is told before anything is signed. */
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'

const REMEDY =
  'the members of such a cluster and their keys are fixed when the network is made: a lost host is replaced by one with the same name and key'

/** @throws BatonError BAD_REQUEST where the members of the cluster are its arbiter */
export function checkMayJoin({ clusters }: Genesis, name: string): void {
  const found = clusters.find(({ cluster }) => cluster === name)
  if (found?.arbiter === undefined) return
  throw new BatonError('BAD_REQUEST', `no node can join ${name}: its members are its arbiter (MJ1)`, { remedy: REMEDY })
}

/** @throws BatonError BAD_REQUEST for a node that genesis does not name there, or for another key than it names */
export function checkMemberKey(
  { clusters }: Genesis,
  { cluster: name, node, key }: { readonly cluster: string; readonly node: string; readonly key: string },
): void {
  const arbiter = clusters.find(({ cluster }) => cluster === name)?.arbiter
  if (arbiter === undefined || arbiter.members.some((member) => member.node === node && member.key === key)) return
  const why = `genesis does not name ${node} with this key among the members that are the arbiter of ${name} (MJ1)`
  throw new BatonError('BAD_REQUEST', why, { remedy: REMEDY })
}
