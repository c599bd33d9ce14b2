import type { Patch } from '../jobs/bundle.ts'

/** A deliberate defect of the core: only in the simulator, only in a bundle of its own. */
export interface Mutant {
  readonly name: string
  /** What the defect is, in one sentence. */
  readonly what: string
  readonly patches: readonly Patch[]
  /** It breaks no promise, and a network with it stands still: looked for in liveness mode. */
  readonly standsStill?: boolean
  /** A defect of what only clusters have that are their own arbiter (MJ1): looked for in networks of nothing else. */
  readonly ofMembers?: boolean
}

export function mutant(name: string, what: string, file: string, find: string, replace: string): Mutant {
  return { name, what, patches: [{ file: `shared/src/core/${file}`, find, replace }] }
}
