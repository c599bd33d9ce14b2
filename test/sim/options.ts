/** Defaults that depend on the machine and on the commit. */
import { availableParallelism } from 'node:os'

/** One process per core at most. */
export function jobsByDefault(): number {
  return availableParallelism()
}

/** Every commit tries other seeds, the same ones each time it is tried. Far from the seeds that people count from 1. */
export function seedsOfCommit(commit: string): number {
  return 1_000_000 + Number.parseInt(commit.slice(0, 7), 16)
}
