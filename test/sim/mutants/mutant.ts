import type { FaultKind } from '../faults/kinds.ts'
import type { Patch } from '../jobs/bundle.ts'

/** A deliberate defect of the core: only in the simulator, only in a bundle of its own. */
export interface Mutant {
  readonly name: string
  /** What the defect is, in one sentence. */
  readonly what: string
  readonly patches: readonly Patch[]
  /** Shows only in a rare situation: every second seed has these faults alone, on this network. */
  readonly wants?: Wanted
  /** It breaks no promise, and a network with it stands still: looked for in liveness mode. */
  readonly standsStill?: boolean
  /** A defect of what only clusters have that are their own arbiter (MJ1): looked for in networks of nothing else. */
  readonly ofMembers?: boolean
}

export interface Wanted {
  readonly focus: readonly FaultKind[]
  readonly network?: readonly [clusters: number, nodes: number]
  /** For faults that last. */
  readonly safetyMs?: number
  /** Seldom, for what shows only while the chain is slow. */
  readonly loadEveryMs?: number
}

export function mutant(
  name: string,
  what: string,
  file: string,
  find: string,
  replace: string,
  wants?: Wanted,
): Mutant {
  const patches = [{ file: `shared/src/core/${file}`, find, replace }]
  return wants === undefined ? { name, what, patches } : { name, what, patches, wants }
}
