/**
 * Plants one defect after another and says by which invariant, and how fast, each is caught. Caught means: on a seed that the core without
 * the defect passes.
 */
import { bundle } from '../jobs/bundle.ts'
import { Pool } from '../jobs/pool.ts'
import type { Task } from '../jobs/task.ts'
import { seedsOfCommit } from '../options.ts'
import { commitHash } from '../report/commit.ts'
import { specOf } from '../run/overrides.ts'
import { Baseline, type BaselineReport } from './baseline.ts'
import { MUTANTS } from './list.ts'
import type { Mutant } from './mutant.ts'
import { planted } from './planting.ts'

export interface MutantOptions {
  readonly only: readonly string[] | null
  readonly jobs: number
  readonly seedsMax: number
  readonly command: string
}

export interface CaughtMutant {
  readonly name: string
  readonly what: string
  /** The invariant that broke, or how liveness failed; null: it escaped. */
  readonly by: string | null
  readonly sentence: string | null
  readonly seed: number | null
  readonly seeds: number
  readonly events: number
  readonly seconds: number
  /** The core's own assertion that would have stopped a node of that or an earlier run. */
  readonly assertion: string | null
}

export interface MutantReport {
  readonly command: string
  readonly commit: string
  readonly baseline: BaselineReport
  readonly mutants: readonly CaughtMutant[]
  readonly caught: number
  readonly escaped: readonly string[]
}

/** Far from the seeds of the corpus and of the campaigns. */
const FIRST_SEED = 500_001

/** Some of them, other ones for each commit. */
export function sampleOf(count: number): readonly string[] {
  const names = MUTANTS.map(({ name }) => name)
  const start = seedsOfCommit(commitHash()) % names.length
  return Array.from({ length: Math.min(count, names.length) }, (_, n) => names[(start + n) % names.length]!)
}

export async function runMutants({ only, jobs, seedsMax, command }: MutantOptions): Promise<MutantReport> {
  const chosen = MUTANTS.filter(({ name }) => only === null || only.includes(name))
  const sound = await bundle(planted({ patches: [] }))
  const pool = new Pool(sound.path)
  const baseline = new Baseline(pool)
  const mutants: CaughtMutant[] = []
  try {
    for (const each of chosen) {
      const done = await runMutant(each, baseline, jobs, seedsMax)
      mutants.push(done)
      const verdict = done.by === null ? 'ESCAPED' : 'caught '
      process.stderr.write(`${verdict} ${done.name} ${done.seeds} seeds ${done.seconds} s ${done.by ?? ''}\n`)
    }
  } finally {
    pool.stop()
    sound.remove()
  }
  const escaped = mutants.filter(({ by }) => by === null).map(({ name }) => name)
  const caught = mutants.length - escaped.length
  return { command, commit: commitHash(), baseline: baseline.report(), mutants, caught, escaped }
}

async function runMutant(defect: Mutant, baseline: Baseline, jobs: number, seedsMax: number): Promise<CaughtMutant> {
  const { name, what } = defect
  const { path, remove } = await bundle(planted(defect))
  const pool = new Pool(path)
  let found: Pick<CaughtMutant, 'by' | 'sentence' | 'seed'> = { by: null, sentence: null, seed: null }
  let assertion: string | null = null
  let [seeds, events, ms] = [0, 0, 0]
  const caught = () => found.by !== null
  const tries = async (task: Task) => {
    if ((await baseline.breaks(task)) !== null || caught()) return
    const began = performance.now()
    const answer = await pool.run(task)
    ms += performance.now() - began
    if (caught()) return
    seeds += 1
    if (!answer.ok) return
    assertion ??= answer.assertion
    const { seed, events: ran, broken, violations } = answer.result
    events += ran
    if (broken !== null) found = { by: broken, sentence: violations[0] ?? null, seed }
  }
  try {
    const left = tasks(defect, seedsMax)
    const lane = async () => {
      for (const task of left) {
        await tries(task)
        if (caught()) return
      }
    }
    await Promise.all(Array.from({ length: jobs }, lane))
  } finally {
    pool.stop()
    remove()
  }
  return { name, what, ...found, seeds, events, seconds: Number((ms / 1_000).toFixed(1)), assertion }
}

/** Safety alone, unless the defect is one of liveness: that a network with a defect also stands still would say little. */
function* tasks({ standsStill = false, ofMembers = false, wants }: Mutant, seedsMax: number): Generator<Task> {
  for (let n = 0; n < seedsMax; n++) {
    const wanted = n % 2 === 1 ? wants : undefined
    const drawn = specOf(FIRST_SEED + n, { liveness: standsStill, ...wanted })
    const members = { nodes: Math.max(3, drawn.nodes), majorities: drawn.clusters }
    yield { spec: ofMembers ? { ...drawn, ...members } : drawn, twice: false, failsQuietly: true }
  }
}
