/** Breadth first through everything that three real guards and the real registry can do, to a bounded depth. */
import type { Cluster } from '../cluster/types.ts'
import { SEARCH_STARTS } from '../replay/starts.ts'
import { type Bounds, NOTHING_SPENT, type Spent } from './bounds.ts'
import { fingerprint } from './encode.ts'
import { brokenInvariants } from './invariants.ts'
import { type Move, movesOf } from './moves.ts'

export interface Found {
  /** Different states seen, the first one included. */
  readonly states: number
  /** Steps taken, those to a state that was known already included. */
  readonly steps: number
  readonly depth: number
  /** Different states first seen at each depth. */
  readonly levels: readonly number[]
  readonly violation: Violation | null
}

export interface Violation {
  readonly broken: readonly string[]
  /** The shortest history that leads to it, from its start. */
  readonly history: readonly string[]
}

interface Visited {
  readonly cluster: Cluster
  readonly spent: Spent
  readonly history: History
}

/** The last move first. Without the states: those of a level are dropped with it. */
type History = { readonly move: string; readonly before: History } | null

/** `alter` makes a mutant: it stands between a move and what comes of it. */
export function search(bounds: Bounds, alter: (cluster: Cluster, move: Move) => Cluster = (cluster) => cluster): Found {
  let frontier: readonly Visited[] = bounds.starts.map((name) => ({
    cluster: SEARCH_STARTS[name]!(),
    spent: NOTHING_SPENT,
    history: { move: name, before: null },
  }))
  const seen = new Set(frontier.map(({ cluster, spent }) => fingerprint(cluster, spent)))
  const levels = [frontier.length]
  let steps = 0
  const found = (violation: Violation | null): Found => ({
    states: seen.size,
    steps,
    depth: levels.length - 1,
    levels,
    violation,
  })
  while (levels.length <= bounds.depth && frontier.length > 0) {
    const next: Visited[] = []
    for (const from of frontier) {
      for (const move of movesOf(from.cluster, from.spent, bounds)) {
        steps += 1
        const to = take(from, move, alter)
        if ('broken' in to) return found(to)
        const print = fingerprint(to.cluster, to.spent)
        if (seen.has(print)) continue
        seen.add(print)
        next.push(to)
      }
    }
    levels.push(next.length)
    frontier = next
  }
  return found(null)
}

function take(from: Visited, move: Move, alter: (cluster: Cluster, move: Move) => Cluster): Visited | Violation {
  const history = { move: move.name, before: from.history }
  let cluster: Cluster
  try {
    cluster = alter(move.make(from.cluster), move)
  } catch (error) {
    // An assertion of the machines themselves.
    return { broken: [(error as Error).message], history: inOrder(history) }
  }
  const broken = brokenInvariants(from.cluster, cluster)
  if (broken.length > 0) return { broken, history: inOrder(history) }
  const { spends } = move
  return { cluster, spent: spends === null ? from.spent : { ...from.spent, [spends]: from.spent[spends] + 1 }, history }
}

function inOrder(history: History): readonly string[] {
  return history === null ? [] : [...inOrder(history.before), history.move]
}
