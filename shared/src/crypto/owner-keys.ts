/**
 * Replacing an owner's key (ID1): the key that goes names the one that comes, and until when both count. No other key can, and it can only once:
 * the authority countersigns one rotation of each number, and makes none itself. Nothing here has a clock: an end is a date that gates
 * compare with theirs, as they do with the expiry of a certificate (ID8).
 */
import { clusterOf } from '../genesis-schema.ts'
import type { ClusterId, PublicKey, UnixMs } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import { knownKeys, type Trust } from './authority-keys.ts'
import type { OwnerRotation } from './statement-types.ts'

/** An owner key that another one has replaced. */
export interface OwnerKeyEnd {
  readonly cluster: ClusterId
  readonly key: PublicKey
  readonly at: UnixMs
}

/**
 * Genesis after the rotations, each verified, in any order: of each cluster those numbered without a gap, the first that is given of each
 * number, as long as nothing speaks against them.
 */
export function withOwnerKeys(genesis: Trust, rotations: readonly OwnerRotation[]): Trust {
  let trust = genesis
  const inOrder = [...rotations].sort((a, b) => a.sequence - b.sequence)
  for (const rotation of inOrder) if (rotationProblem(trust, rotation) === null) trust = rotated(trust, rotation)
  return trust
}

/** Why this is not the next rotation of its cluster, one line, or null. Whether `from` has signed it is not looked at. */
export function rotationProblem(
  trust: Trust,
  { cluster, sequence, from, to, issuedAt, until }: OwnerRotation,
): string | null {
  const owned = clusterOf(trust, cluster)
  if (owned === null) return `genesis has no cluster ${cluster}`
  const ended = endsOf(trust, cluster)
  if (sequence !== ended.length + 1)
    return `it is rotation ${sequence} of ${cluster}, the next one is ${ended.length + 1}`
  if (!owned.ownerKeys.includes(from)) return `${from} is no owner key of ${cluster}`
  if (ended.some(({ key }) => key === from)) return `${from} has been replaced already`
  if (from === to) return 'the new key is the old one'
  // An owner with two clusters would have two votes, and an authority that owns a cluster could admit nodes (ID1, ID4).
  const taken = [...knownKeys(trust), ...trust.clusters.flatMap(({ ownerKeys }) => ownerKeys)]
  if (taken.includes(to)) return `${to} is, or has been, a key of an owner or of the authority`
  if (until < issuedAt) return 'its window ends before it begins'
  if (until - issuedAt > LIMITS.ownerWindowMs)
    return `its window is longer than ${LIMITS.ownerWindowMs / 86_400_000} days`
  return null
}

/** When this owner key ceases to count; null: it does not, as far as is known. */
export function endOfOwnerKey(trust: Trust, cluster: ClusterId, key: PublicKey): UnixMs | null {
  return endsOf(trust, cluster).find((end) => end.key === key)?.at ?? null
}

/** The keys that no other one has replaced. */
export function presentOwnerKeys(trust: Trust, cluster: ClusterId): readonly PublicKey[] {
  const keys = clusterOf(trust, cluster)?.ownerKeys ?? []
  return keys.filter((key) => endOfOwnerKey(trust, cluster, key) === null)
}

/** The rotation of this cluster that is still in its window, or null. */
export function openWindow(trust: Trust, cluster: ClusterId, now: UnixMs): OwnerKeyEnd | null {
  return endsOf(trust, cluster).find(({ at }) => now < at) ?? null
}

/** How many rotations of this cluster count. */
export function rotationsOf(trust: Trust, cluster: ClusterId): number {
  return endsOf(trust, cluster).length
}

function endsOf({ ownerKeyEnds = [] }: Trust, cluster: ClusterId): readonly OwnerKeyEnd[] {
  return ownerKeyEnds.filter((end) => end.cluster === cluster)
}

function rotated(trust: Trust, { cluster, from, to, until }: OwnerRotation): Trust {
  return {
    ...trust,
    clusters: trust.clusters.map((each) =>
      each.cluster === cluster ? { ...each, ownerKeys: [...each.ownerKeys, to] } : each,
    ),
    ownerKeyEnds: [...(trust.ownerKeyEnds ?? []), { cluster, key: from, at: until }],
  }
}
