/** Everything that three real guards and the real registry can do, to a bounded depth. */
import type { Cluster } from '../cluster/types.ts'
import { SEARCH_STARTS } from '../replay/starts.ts'
import { type Bounds, NOTHING_SPENT, type Spent } from './bounds.ts'
import { explore, type Found } from './breadth-first.ts'
import { fingerprint } from './encode.ts'
import { brokenInvariants } from './invariants.ts'
import { type Move, movesOf } from './moves.ts'

interface Visited {
  readonly cluster: Cluster
  readonly spent: Spent
}

/** `alter` makes a mutant: it stands between a move and what comes of it. */
export function search(bounds: Bounds, alter: (cluster: Cluster, move: Move) => Cluster = (cluster) => cluster): Found {
  const make = ({ cluster, spent }: Visited, move: Move): Visited => {
    const { spends } = move
    const left = spends === null ? spent : { ...spent, [spends]: spent[spends] + 1 }
    return { cluster: alter(move.make(cluster), move), spent: left }
  }
  return explore<Visited>({
    starts: bounds.starts.map((name) => ({ name, state: { cluster: SEARCH_STARTS[name]!(), spent: NOTHING_SPENT } })),
    depth: bounds.depth,
    fingerprint: ({ cluster, spent }) => fingerprint(cluster, spent),
    stepsOf: (from) =>
      movesOf(from.cluster, from.spent, bounds).map((move) => ({ name: move.name, make: () => make(from, move) })),
    broken: (before, after) => brokenInvariants(before.cluster, after.cluster),
  })
}
