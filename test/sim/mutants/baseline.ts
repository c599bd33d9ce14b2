/**
 * The core without any defect, over the seeds that a defect is looked for in, with the same options. What breaks here says nothing about a
 * defect: such a seed is passed over, and reported.
 */
import type { Pool } from '../jobs/pool.ts'
import type { Task } from '../jobs/task.ts'

export interface BaselineReport {
  /** Seeds run without a defect: every one that any defect was looked for in. */
  readonly seeds: number
  /** Seeds that break all the same, and by what. */
  readonly broken: readonly { readonly seed: number; readonly by: string }[]
}

export class Baseline {
  readonly #pool: Pool
  /** By spec: what one defect wants of a seed is not what another does. */
  readonly #runs = new Map<string, Promise<string | null>>()
  readonly #broken = new Map<number, string>()

  /** `pool` runs the core as it is. */
  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** What this seed breaks without a defect; null: nothing. */
  breaks(task: Task): Promise<string | null> {
    const key = JSON.stringify(task.spec)
    const known = this.#runs.get(key)
    if (known !== undefined) return known
    const run = this.#run(task)
    this.#runs.set(key, run)
    return run
  }

  report(): BaselineReport {
    const broken = [...this.#broken].map(([seed, by]) => ({ seed, by })).sort((a, b) => a.seed - b.seed)
    return { seeds: this.#runs.size, broken }
  }

  async #run(task: Task): Promise<string | null> {
    const answer = await this.#pool.run(task)
    const by = answer.ok ? answer.result.broken : answer.why
    if (by !== null) this.#broken.set(task.spec.seed, by)
    return by
  }
}
