/** Plants one defect after another and says by which invariant, and how fast, each is caught. */
import { bundle } from '../jobs/bundle.ts'
import { Pool } from '../jobs/pool.ts'
import type { Task } from '../jobs/task.ts'
import { seedsOfCommit } from '../options.ts'
import { commitHash } from '../report/commit.ts'
import { specOf } from '../run/overrides.ts'
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
  /** The invariant that broke; null: it escaped. */
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
  readonly mutants: readonly CaughtMutant[]
  readonly caught: number
  readonly escaped: readonly string[]
}

/** Far from the seeds of the corpus and of the campaigns. */
const FIRST_SEED = 500_001

/** Not caught within 200 seeds so far: whole runs tell of them, samples leave them out. Each wants a sharper invariant or rarer faults. */
const OPEN: ReadonlySet<string> = new Set([
  'resync-not-persisted',
  'foreign-token-not-logged',
  'foreign-token-of-the-log-not-learned',
  'answers-unknown-token',
  'old-token-in-certificate',
  'restore-does-not-wait',
])

/** Some of those that are caught, other ones for each commit. */
export function sampleOf(count: number): readonly string[] {
  const names = MUTANTS.map(({ name }) => name).filter((name) => !OPEN.has(name))
  const start = seedsOfCommit(commitHash()) % names.length
  return Array.from({ length: Math.min(count, names.length) }, (_, n) => names[(start + n) % names.length]!)
}

export async function runMutants({ only, jobs, seedsMax, command }: MutantOptions): Promise<MutantReport> {
  const chosen = MUTANTS.filter(({ name }) => only === null || only.includes(name))
  const unknown = only?.find((name) => !MUTANTS.some((known) => known.name === name))
  if (unknown !== undefined)
    throw new Error(`no mutant ${unknown}; there are: ${MUTANTS.map(({ name }) => name).join(', ')}`)
  const mutants: CaughtMutant[] = []
  for (const each of chosen) {
    const done = await runMutant(each, jobs, seedsMax)
    mutants.push(done)
    process.stderr.write(
      `${done.by === null ? 'ESCAPED' : 'caught '} ${done.name} ${done.seeds} seeds ${done.seconds} s ${done.by ?? ''}\n`,
    )
  }
  const escaped = mutants.filter(({ by }) => by === null).map(({ name }) => name)
  return { command, commit: commitHash(), mutants, caught: mutants.length - escaped.length, escaped }
}

async function runMutant({ name, what, patches }: Mutant, jobs: number, seedsMax: number): Promise<CaughtMutant> {
  const { path, remove } = await bundle(planted({ name, what, patches }))
  const pool = new Pool(path)
  const began = performance.now()
  let found: Pick<CaughtMutant, 'by' | 'sentence' | 'seed'> = { by: null, sentence: null, seed: null }
  let assertion: string | null = null
  let [seeds, events] = [0, 0]
  try {
    const caught = () => found.by !== null
    await pool.work(
      tasks(seedsMax),
      jobs,
      (answer) => {
        if (caught()) return
        seeds += 1
        if (!answer.ok) return
        assertion ??= answer.assertion
        const { result } = answer
        events += result.events
        if (result.broken !== null)
          found = { by: result.broken, sentence: result.violations[0] ?? null, seed: result.seed }
      },
      caught,
    )
  } finally {
    pool.stop()
    remove()
  }
  const seconds = Number(((performance.now() - began) / 1_000).toFixed(1))
  return { name, what, ...found, seeds, events, seconds, assertion }
}

/** Safety alone: that a network with a defect also stands still would say little. */
function* tasks(seedsMax: number): Iterable<Task> {
  for (let n = 0; n < seedsMax; n++) {
    yield { spec: specOf(FIRST_SEED + n, { liveness: false }), twice: false, failsQuietly: true }
  }
}
