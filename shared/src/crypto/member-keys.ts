/**
 * Replacing the key of a member that is an arbiter of its cluster (MJ1): the members are those of genesis, by name; the owner signs which key a
 * name has from then on. So a host whose disk or key is lost, or whose key was stolen, is no lost place in the list. A member counts by its
 * present key only, for whoever would link, vote or be asked; what the keys before have signed under its name is still proof, for
 * grants are kept with the chain.
 */
import { clusterOf } from '../genesis-schema.ts'
import type { ClusterId, NetworkId, NodeId, PublicKey, UnixMs } from '../ids.ts'
import type { Trust } from './authority-keys.ts'

/** An owner puts the key `to` in the place of `from` for a member that is an arbiter of its cluster (MJ1): signed by the owner, for ever. */
export interface MemberKey {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly node: NodeId
  /** From 1, one more for each key that this member is given. */
  readonly sequence: number
  readonly from: PublicKey
  readonly to: PublicKey
  readonly reason: string
  readonly issuedAt: UnixMs
}

/** A key of a member that another one has replaced. */
export interface FormerMemberKey {
  readonly cluster: ClusterId
  readonly node: NodeId
  readonly key: PublicKey
}

/**
 * After these changes, each verified, in any order: of each member those numbered without a gap, the first that is given of each number. Whoever
 * has heard of another one of that number first stays with it: a new member has no vote before all others have told it what
 * they hold, so that of two that claim one name at most one ever votes.
 */
export function withMemberKeys(trust: Trust, changes: readonly MemberKey[]): Trust {
  const inOrder = [...changes].sort((a, b) => a.sequence - b.sequence)
  return inOrder.reduce((known, change) => (isNext(known, change) ? changed(known, change) : known), trust)
}

/** Why this is no change of a member's key that counts, or would be the next to count: one line, or null. */
export function memberKeyProblem(trust: Trust, change: MemberKey): string | null {
  const { cluster, node, sequence, from, to } = change
  const keys = keysOfMember(trust, cluster, node)
  const present = keys.at(-1)
  if (present === undefined) return `${node} is not among the members that are the arbiter of ${cluster}`
  // Said again, by whoever: the same.
  if (keys[sequence - 1] === from && keys[sequence] === to) return null
  if (sequence !== keys.length) return `it is change ${sequence} of the key of ${node}, the next one is ${keys.length}`
  if (from !== present) return `it replaces ${from}, and the key of ${node} is ${present}`
  // A host with the key of two members would have two votes, and one with a former key would be two at once.
  const taken = membersOf(trust, cluster).flatMap((member) => keysOfMember(trust, cluster, member.node))
  return taken.includes(to) ? `${to} is, or has been, the key of a member of ${cluster}` : null
}

/** The key that this member counts by now; undefined: it is no arbiter of the cluster. */
export function presentKey(trust: Trust, cluster: ClusterId, node: NodeId): PublicKey | undefined {
  return membersOf(trust, cluster).find((member) => member.node === node)?.key
}

/** Every key that this member has had, the present one last; none: it is no arbiter of the cluster. */
export function keysOfMember(trust: Trust, cluster: ClusterId, node: NodeId): readonly PublicKey[] {
  const present = presentKey(trust, cluster, node)
  if (present === undefined) return []
  const former = (trust.formerMemberKeys ?? []).filter((key) => key.cluster === cluster && key.node === node)
  return [...former.map(({ key }) => key), present]
}

function membersOf(trust: Trust, cluster: ClusterId): readonly { readonly node: NodeId; readonly key: PublicKey }[] {
  return clusterOf(trust, cluster)?.arbiter?.members ?? []
}

function isNext(trust: Trust, change: MemberKey): boolean {
  return (
    change.sequence === keysOfMember(trust, change.cluster, change.node).length &&
    memberKeyProblem(trust, change) === null
  )
}

function changed(trust: Trust, { cluster, node, from, to }: MemberKey): Trust {
  return {
    ...trust,
    clusters: trust.clusters.map((each) => {
      if (each.cluster !== cluster || each.arbiter === undefined) return each
      const members = each.arbiter.members.map((member) => (member.node === node ? { node, key: to } : member))
      return { ...each, arbiter: { ...each.arbiter, members } }
    }),
    formerMemberKeys: [...(trust.formerMemberKeys ?? []), { cluster, node, key: from }],
  }
}
