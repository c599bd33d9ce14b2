/** Replays a trace of the spec on the real registry and the real guards: after every step both are in the same state. */
import type { Cluster } from '../cluster/types.ts'
import { abstractOf, comparedOf } from './abstract.ts'
import { difference, type Replayed } from './compare.ts'
import type { SpecStep, Trace } from './itf.ts'
import { perform } from './perform.ts'
import { STARTS } from './starts.ts'

export function replay(trace: Trace): Replayed {
  const first = trace.states[0]!
  const start = STARTS[first.last.act]
  if (start === undefined) throw new Error(`no start named ${first.last.act}`)
  let cluster: Cluster = start()
  for (const [at, { s, last }] of trace.states.entries()) {
    try {
      if (at > 0) cluster = perform(cluster, last, trace.states[at - 1]!.s, s)
    } catch (error) {
      return { steps: at, difference: `step ${at}, ${describe(last)}: ${(error as Error).message}` }
    }
    if (cluster.broken.length > 0) return { steps: at, difference: `step ${at}, ${describe(last)}: ${cluster.broken}` }
    const found = difference(comparedOf(s), abstractOf(cluster))
    if (found !== null) return { steps: at, difference: `step ${at}, ${describe(last)}: ${found}` }
  }
  return { steps: trace.states.length, difference: null }
}

function describe({ act, node, peer, number }: SpecStep): string {
  return [act, node, peer, number].filter((part) => part !== '').join(' ')
}
