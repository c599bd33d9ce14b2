/**
 * Replacing the authority's key (ID1): genesis cannot change, so the owners of more than two thirds of the clusters say which keys count
 * from now on. Nobody else can: a stolen authority key names no successor. Old and new count together from the first change to the second.
 */

import type { Genesis, GenesisCluster } from '../genesis.ts'
import { clusterOf } from '../genesis-schema.ts'
import { compareTokens, type PublicKey, type Token } from '../ids.ts'
import type { FormerMemberKey } from './member-keys.ts'
import type { OwnerKeyEnd } from './owner-keys.ts'
import type { AuthorityKeys, RetiredKey } from './statement-types.ts'

/**
 * What statements are checked against: genesis, and what its owners have changed since. Genesis itself is one. The owner keys of its clusters
 * are all that ever counted; the keys of its arbiters are those that count now.
 */
export interface Trust extends Pick<Genesis, 'network' | 'authorityKeys'> {
  readonly clusters: readonly GenesisCluster[]
  /** Keys whose earlier statements still verify, for the chain and its credentials are kept. Not said: none. */
  readonly retired?: readonly RetiredKey[]
  /** Until when owner keys count that another one has replaced. Not said: none was. */
  readonly ownerKeyEnds?: readonly OwnerKeyEnd[]
  /** Of members that are arbiters (MJ1), in the order in which they were replaced. Not said: none was. */
  readonly formerMemberKeys?: readonly FormerMemberKey[]
}

/**
 * Genesis (or what owners have made of their own keys) after the changes. `changes` were verified, each to the owner that it names. One counts when the owners of more than two thirds of
 * the clusters have signed the same, and nothing that counted before is left out of it; of those that count, the highest number.
 */
export function trustAfter(genesis: Trust, changes: readonly AuthorityKeys[]): Trust {
  const votes = new Map<string, { readonly change: AuthorityKeys; readonly owners: Set<string> }>()
  for (const change of changes) {
    const content = contentOf(change)
    const known = votes.get(content) ?? { change, owners: new Set<string>() }
    if (clusterOf(genesis, change.cluster) !== null) known.owners.add(change.cluster)
    votes.set(content, known)
  }
  const agreed = [...votes.values()]
    .filter(({ owners }) => 3 * owners.size > 2 * genesis.clusters.length)
    .map(({ change }) => change)
    .sort((a, b) => a.sequence - b.sequence)
  let trust: Trust = genesis
  for (const { keys, retired } of agreed) {
    const named = new Set<PublicKey>([...keys, ...retired.map(({ key }) => key)])
    const owners = new Set(genesis.clusters.flatMap(({ ownerKeys }) => ownerKeys))
    const complete = knownKeys(trust).every((key) => named.has(key))
    // An authority that owns a cluster could admit nodes (ID4).
    if (complete && ![...named].some((key) => owners.has(key))) trust = { ...trust, authorityKeys: keys, retired }
  }
  return trust
}

/** Every key whose statements verify, retired ones too. */
export function knownKeys({ authorityKeys, retired = [] }: Trust): readonly PublicKey[] {
  return [...authorityKeys, ...retired.map(({ key }) => key)]
}

/** Whether a grant of this token may be signed by a retired key: only up to what it had granted when it was retired. */
export function retiredMayGrant({ upTo }: RetiredKey, grant: Token & { readonly cluster: string }): boolean {
  const last = upTo.find(({ cluster }) => cluster === grant.cluster)
  return last !== undefined && compareTokens(grant, last) <= 0
}

function contentOf({ sequence, keys, retired }: AuthorityKeys): string {
  return JSON.stringify([sequence, keys, retired])
}
