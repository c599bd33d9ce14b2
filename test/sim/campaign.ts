/** The corpus, then fresh seeds, on all processes; what fails is made smaller. */
import { readCorpus } from './corpus.ts'
import { bundle } from './jobs/bundle.ts'
import { Pool } from './jobs/pool.ts'
import type { Answer, Task } from './jobs/task.ts'
import { commitHash } from './report/commit.ts'
import { type Report, Totals, type Violation } from './report/report.ts'
import { type Overrides, replayCommand, specOf } from './run/overrides.ts'
import type { RunResult } from './run/run.ts'
import { shrink } from './run/shrink.ts'

export interface Campaign {
  readonly first: number
  readonly seeds: number
  /** Instead of a number of seeds: as many as fit. */
  readonly hours: number | null
  readonly jobs: number
  readonly overrides: Overrides
  readonly corpus: boolean
  /** Every so many seeds one is run twice. */
  readonly twiceEvery: number
  readonly command: string
}

/** Failing seeds that are made smaller: the first ones tell most. */
const SHRUNK_MAX = 3

export async function runCampaign(campaign: Campaign): Promise<Report> {
  const { first, hours, jobs, overrides, command } = campaign
  const { path, remove } = await bundle()
  const pool = new Pool(path)
  const totals = new Totals()
  const corpus = campaign.corpus ? readCorpus() : []
  const fromCorpus = new Set<number>()
  try {
    const kept = corpus.map(({ spec }): Task => ({ spec, twice: false, failsQuietly: false }))
    await pool.work(kept, jobs, (answer, { spec }) => {
      if (!answer.ok || answer.result.violations.length > 0) fromCorpus.add(spec.seed)
      totals.take(answer, false)
    })
    const late = () => hours !== null && totals.seconds > hours * 3_600
    const take = (answer: Answer, { twice }: Task) => {
      totals.take(answer, twice)
      if (answer.ok && answer.result.broken !== null) tell(`seed ${answer.result.seed}: ${answer.result.broken}`)
    }
    await pool.work(fresh(campaign), jobs, take, late)
    const violations: Violation[] = []
    for (const failed of totals.failed) {
      const small = violations.length >= SHRUNK_MAX || fromCorpus.has(failed.seed)
      violations.push(await explain(failed, overrides, pool, small))
    }
    return totals.report({ command, commit: commitHash(), first, corpus: corpus.length, jobs, violations })
  } finally {
    pool.stop()
    remove()
  }
}

/** At once: a long run is not to keep it to itself. */
function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}

function* fresh({ first, seeds, hours, overrides, twiceEvery }: Campaign): Iterable<Task> {
  for (let n = 0; hours !== null || n < seeds; n++) {
    yield { spec: specOf(first + n, overrides), twice: n % twiceEvery === 0, failsQuietly: false }
  }
}

async function explain(failed: RunResult, overrides: Overrides, pool: Pool, asItIs: boolean): Promise<Violation> {
  const attempt = async (spec: Task['spec']) => {
    const answer = await pool.run({ spec, twice: false, failsQuietly: false })
    return answer.ok ? answer.result : null
  }
  const { seed } = failed
  const shrunk = asItIs ? { overrides, result: failed } : await shrink(seed, overrides, failed, attempt)
  const { violations, story, world } = shrunk.result
  const replay = replayCommand(seed, shrunk.overrides)
  return { seed, broken: failed.broken ?? '', sentences: violations, replay, story, world }
}
