/** Replays a trace of the spec on the real registry and the real guards: after every step both are in the same state. */
import type { Cluster } from '../cluster/types.ts'
import { abstractOf, comparedOf } from './abstract.ts'
import { key, type SpecStep, type Trace } from './itf.ts'
import { perform } from './perform.ts'
import { STARTS } from './starts.ts'

export interface Replayed {
  /** Steps after which the states were compared, the first state included. */
  readonly steps: number
  /** Null when all were equal; else where and how they differ, both sides in full. */
  readonly difference: string | null
}

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
    const spec = comparedOf(s)
    const real = abstractOf(cluster)
    if (key(spec) === key(real)) continue
    const both = `spec ${key(spec)}\nreal ${key(real)}`
    return { steps: at, difference: `step ${at}, ${describe(last)}: ${differences(spec, real).join('; ')}\n${both}` }
  }
  return { steps: trace.states.length, difference: null }
}

function describe({ act, node, peer, number }: SpecStep): string {
  return [act, node, peer, number].filter((part) => part !== '').join(' ')
}

/** The paths at which two values differ. */
function differences(spec: unknown, real: unknown, path = ''): readonly string[] {
  if (key(spec) === key(real)) return []
  const deep = typeof spec === 'object' && typeof real === 'object' && spec !== null && real !== null
  if (!deep || Array.isArray(spec) || Array.isArray(real)) return [`${path}: spec ${key(spec)}, real ${key(real)}`]
  const names = new Set([...Object.keys(spec), ...Object.keys(real)])
  return [...names].flatMap((name) =>
    differences((spec as Record<string, unknown>)[name], (real as Record<string, unknown>)[name], `${path}/${name}`),
  )
}
