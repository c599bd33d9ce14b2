/** Breadth first through everything that some machines can do, to a bounded depth. */

export interface Found {
  /** Different states seen, the first ones included. */
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

export interface Step<State> {
  /** For a person who reads a history. */
  readonly name: string
  /** What it throws is a violation: an assertion of the machines themselves. */
  readonly make: () => State
}

export interface Space<State> {
  readonly starts: readonly { readonly name: string; readonly state: State }[]
  /** Steps in a history. */
  readonly depth: number
  /** Equal texts for states that behave alike from here on. */
  readonly fingerprint: (state: State) => string
  readonly stepsOf: (state: State) => readonly Step<State>[]
  /** Every broken invariant of one step, as `RULE: what is wrong`. */
  readonly broken: (before: State, after: State) => readonly string[]
}

interface Visited<State> {
  readonly state: State
  readonly history: History
}

/** The last move first. Without the states: those of a level are dropped with it. */
type History = { readonly move: string; readonly before: History } | null

export function explore<State>(space: Space<State>): Found {
  let frontier: readonly Visited<State>[] = space.starts.map(({ name, state }) => ({
    state,
    history: { move: name, before: null },
  }))
  const seen = new Set(frontier.map(({ state }) => space.fingerprint(state)))
  const levels = [frontier.length]
  let steps = 0
  const found = (violation: Violation | null): Found => ({
    states: seen.size,
    steps,
    depth: levels.length - 1,
    levels,
    violation,
  })
  while (levels.length <= space.depth && frontier.length > 0) {
    const next: Visited<State>[] = []
    for (const from of frontier) {
      for (const step of space.stepsOf(from.state)) {
        steps += 1
        const to = take(space, from, step)
        if ('broken' in to) return found(to)
        const print = space.fingerprint(to.state)
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

function take<State>(space: Space<State>, from: Visited<State>, step: Step<State>): Visited<State> | Violation {
  const history = { move: step.name, before: from.history }
  let state: State
  try {
    state = step.make()
  } catch (error) {
    return { broken: [(error as Error).message], history: inOrder(history) }
  }
  const broken = space.broken(from.state, state)
  return broken.length > 0 ? { broken, history: inOrder(history) } : { state, history }
}

function inOrder(history: History): readonly string[] {
  return history === null ? [] : [...inOrder(history.before), history.move]
}
