/** What a run of many seeds found, as one value; printed as JSON or as a table. */

import type { Answer } from '../jobs/task.ts'
import type { Timing } from '../run/liveness.ts'
import { replayCommand } from '../run/overrides.ts'
import type { RunResult } from '../run/run.ts'
import { SOMETIMES } from '../run/sometimes.ts'
import { type Timings, timingsOf } from './timings.ts'

export interface Violation {
  readonly seed: number
  readonly broken: string
  readonly sentences: readonly string[]
  /** The command that shows it again, as small as it could be made. */
  readonly replay: string
  readonly story: readonly string[]
  readonly world: string
}

export interface Report {
  readonly command: string
  readonly commit: string
  readonly first: number
  readonly seeds: number
  readonly corpus: number
  readonly jobs: number
  readonly events: number
  readonly eventsPerSecond: number
  /** Events per second of processor time, as one core does them. */
  readonly eventsPerCoreSecond: number
  readonly seedsPerSecond: number
  readonly seconds: number
  readonly simulatedHours: number
  readonly evaluations: number
  readonly heights: number
  readonly acknowledged: number
  readonly switches: number
  /** From healing to two more heights, and to wholeness. */
  readonly timings: Timings
  /** Strikes of each kind of fault. */
  readonly faults: Readonly<Record<string, number>>
  readonly reached: Readonly<Record<string, number>>
  readonly neverReached: readonly string[]
  /** Seeds that were run a second time, and those whose events then differed. */
  readonly repeated: number
  readonly differing: readonly number[]
  readonly violations: readonly Violation[]
}

export class Totals {
  seeds = 0
  repeated = 0
  readonly differing: number[] = []
  readonly failed: RunResult[] = []
  readonly errors: { readonly seed: number; readonly why: string }[] = []
  #events = 0
  #evaluations = 0
  #simulatedMs = 0
  #cpuMs = 0
  #heights = 0
  #acknowledged = 0
  #switches = 0
  readonly #timings: Timing[] = []
  readonly #faults = new Map<string, number>()
  readonly #reached = new Map<string, number>()
  readonly #began = performance.now()

  get seconds(): number {
    return (performance.now() - this.#began) / 1_000
  }

  take(answer: Answer, twice: boolean): void {
    this.seeds += 1
    this.#cpuMs += answer.cpuMs
    if (!answer.ok) {
      this.errors.push({ seed: answer.seed, why: answer.why })
      return
    }
    const { result } = answer
    if (twice) this.repeated += 1
    if (answer.differs) this.differing.push(result.seed)
    this.#events += result.events
    this.#evaluations += result.evaluations
    this.#simulatedMs += result.simulatedMs
    this.#heights += result.heights
    this.#acknowledged += result.acknowledged
    this.#switches += result.switches
    if (result.timing !== null) this.#timings.push(result.timing)
    add(this.#faults, result.strikes)
    add(this.#reached, result.reached)
    if (result.violations.length > 0) this.failed.push(result)
  }

  report(about: Pick<Report, 'command' | 'commit' | 'first' | 'corpus' | 'jobs' | 'violations'>): Report {
    const { seconds, seeds } = this
    const errors = this.errors.map(({ seed, why }) => ({
      seed,
      broken: 'the simulator failed',
      sentences: [why],
      replay: replayCommand(seed, {}),
      story: [],
      world: '',
    }))
    const differing = this.differing.map((seed) => ({
      seed,
      broken: 'the same seed ran differently',
      sentences: [],
      replay: replayCommand(seed, {}),
      story: [],
      world: '',
    }))
    return {
      ...about,
      seeds,
      events: this.#events,
      eventsPerSecond: Math.round(this.#events / seconds),
      eventsPerCoreSecond: Math.round(this.#events / (this.#cpuMs / 1_000)),
      seedsPerSecond: Number((seeds / seconds).toFixed(2)),
      seconds: Number(seconds.toFixed(1)),
      simulatedHours: Number((this.#simulatedMs / 3_600_000).toFixed(3)),
      evaluations: this.#evaluations,
      heights: this.#heights,
      acknowledged: this.#acknowledged,
      switches: this.#switches,
      timings: timingsOf(this.#timings),
      faults: sorted(this.#faults),
      reached: sorted(this.#reached),
      neverReached: SOMETIMES.filter((name) => !this.#reached.has(name)),
      repeated: this.repeated,
      differing: this.differing,
      violations: [...about.violations, ...errors, ...differing],
    }
  }
}

function add(to: Map<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) to.set(name, (to.get(name) ?? 0) + count)
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}
