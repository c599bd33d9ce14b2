/** The token table: which mastership of each cluster the chain knows, as of one block (NW3). */
import { encodeCanonical } from '../../codec/cbor.ts'
import type { Mastership } from '../../crypto/statement-types.ts'
import { type ClusterId, compareTokens, type Epoch, type Generation, type Hash, type Token } from '../../ids.ts'
import { failure, type Result, success } from '../../result.ts'
import type { HashFunction } from '../step.ts'
import type { TokenEntry } from './types.ts'

export interface TokenTable {
  /** One entry for each cluster of the genesis, sorted by cluster; epoch 0 until a block brings a credential. */
  readonly entries: readonly TokenEntry[]
  /** The verified masterships behind the entries above epoch 0: whose keys certificates are checked with (ID8). */
  readonly masterships: ReadonlyMap<ClusterId, Mastership>
  readonly hash: Hash
}

export function genesisTokens(hash: HashFunction, clusters: readonly ClusterId[]): TokenTable {
  const entries = [...clusters].sort(byName).map(
    (cluster): TokenEntry => ({
      cluster,
      generation: 0 as Generation,
      epoch: 0 as Epoch,
      recovering: false,
    }),
  )
  return { entries, masterships: new Map(), hash: tokensHash(hash, entries) }
}

/**
 * The table after a block's masterships: each of a cluster of the network, in the order of clusters, each raising its
 * cluster's token. Fails with `LOWER_TOKEN` or `PEER_MALFORMED`.
 */
export function applyMasterships(
  hash: HashFunction,
  table: TokenTable,
  masterships: readonly Mastership[],
): Result<TokenTable> {
  if (masterships.length === 0) return success(table)
  const entries = new Map(table.entries.map((entry) => [entry.cluster, entry]))
  const known = new Map(table.masterships)
  let last: ClusterId | null = null
  for (const mastership of masterships) {
    const { cluster, generation, epoch, recovering } = mastership
    const current = entries.get(cluster)
    if (current === undefined) return failure('PEER_MALFORMED', `${cluster} is no cluster of this network`)
    if (last !== null && byName(last, cluster) >= 0) return failure('PEER_MALFORMED', 'credentials are not sorted')
    if (compareTokens(mastership, current) <= 0) return failure('LOWER_TOKEN', `the token of ${cluster} does not rise`)
    entries.set(cluster, { cluster, generation, epoch, recovering })
    known.set(cluster, mastership)
    last = cluster
  }
  const sorted = [...entries.values()]
  return success({ entries: sorted, masterships: known, hash: tokensHash(hash, sorted) })
}

/** Of these masterships, the highest of each cluster that is above the table, in the order a block wants. */
export function newMasterships(table: TokenTable, known: Iterable<Mastership>): readonly Mastership[] {
  const best = new Map<ClusterId, Mastership>()
  for (const mastership of known) {
    const current: Token | undefined =
      best.get(mastership.cluster) ?? table.entries.find(({ cluster }) => cluster === mastership.cluster)
    if (current !== undefined && compareTokens(mastership, current) > 0) best.set(mastership.cluster, mastership)
  }
  return [...best.values()].sort((a, b) => byName(a.cluster, b.cluster))
}

export function tokensHash(hash: HashFunction, entries: readonly TokenEntry[]): Hash {
  const rows = entries.map(({ cluster, generation, epoch, recovering }) => [cluster, generation, epoch, recovering])
  return hash(encodeCanonical(['baton-tokens/1', rows]))
}

/** Code-unit order, the same on every host; names are ASCII. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
