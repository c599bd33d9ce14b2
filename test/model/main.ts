/**
 * `npm run model`: the specs in Quint with their invariants, witnesses and mutants; their traces on the real machines; and a search
 * through everything that the real machines can do, for the cluster at an authority and for the register of a majority. Ends with one line `N passed, N failed`.
 * Parts can be named: `npm run model -- spec replay search`. Flags: `--json`, `--seed N`, `--samples N` (of each run), `--depth N` (of
 * the search: each level takes about three times as long, and as much memory, as the one before), `--keep FOLDER` (writes the
 * traces there: `traces/` is a choice of them).
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readRegisterTrace, replayRegister } from './majority/replay.ts'
import { REGISTER_BOUNDS, searchRegister } from './majority/search.ts'
import type { Replayed } from './replay/compare.ts'
import { readTrace } from './replay/itf.ts'
import { keep } from './replay/kept.ts'
import { replay } from './replay/replay.ts'
import { Reporter, type Searched, secondsSince } from './report.ts'
import { DEFAULT_BOUNDS } from './search/bounds.ts'
import type { Found } from './search/breadth-first.ts'
import { search } from './search/search.ts'
import { type Simulated, type Spec, simulate } from './spec/quint.ts'
import { REGISTER_INVARIANTS, REGISTER_MUTANTS, REGISTER_RUNS, REGISTER_WITNESSES } from './spec/register-runs.ts'
import { INVARIANTS, MUTANT_SAMPLES, MUTANTS, type Mutant, RUNS, type SpecRun, WITNESSES } from './spec/runs.ts'

interface Model {
  readonly spec: Spec
  readonly runs: readonly SpecRun[]
  readonly invariants: readonly string[]
  readonly witnesses: readonly string[]
  readonly mutants: readonly Mutant<string>[]
  /** A trace, as Quint writes it, on the real machines. */
  readonly perform: (trace: string) => Replayed
}

const MODELS: readonly Model[] = [
  {
    spec: 'baton',
    runs: RUNS,
    invariants: INVARIANTS,
    witnesses: WITNESSES,
    mutants: MUTANTS,
    perform: (trace) => replay(readTrace(trace)),
  },
  {
    spec: 'majority',
    runs: REGISTER_RUNS,
    invariants: REGISTER_INVARIANTS,
    witnesses: REGISTER_WITNESSES,
    mutants: REGISTER_MUTANTS,
    perform: (trace) => replayRegister(readRegisterTrace(trace)),
  },
]

const PARTS = ['spec', 'replay', 'search'] as const

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    samples: { type: 'string' },
    keep: { type: 'string' },
    depth: { type: 'string', default: `${DEFAULT_BOUNDS.depth}` },
  },
})
const numbers = [values.seed, values.samples ?? '1', values.depth]
const unknown = positionals.find((part) => !PARTS.some((one) => one === part))
if (unknown !== undefined || !numbers.every((text) => /^[1-9]\d{0,8}$/.test(text))) {
  console.error(
    `usage: npm run model -- [${PARTS.join('] [')}] [--json] [--seed N] [--samples N] [--depth N] [--keep FOLDER], numbers from 1`,
  )
  process.exit(2)
}

const reporter = new Reporter(values.json)
const wanted = (part: (typeof PARTS)[number]): boolean => positionals.length === 0 || positionals.includes(part)
const seed = Number(values.seed)

if (wanted('spec') || wanted('replay')) {
  for (const model of MODELS) {
    const runs = runSpec(model)
    if (wanted('spec')) {
      judgeRuns(model, runs)
      breakMutants(model)
    }
    if (wanted('replay')) replayTraces(model, runs)
  }
}
if (wanted('search')) runSearches()
process.exitCode = reporter.end()

function runSpec({ runs, invariants, witnesses }: Model): readonly Simulated[] {
  const { spec } = reporter.report
  const start = performance.now()
  const all = runs.map((run) => {
    const samples = values.samples === undefined ? run.samples : Number(values.samples)
    const traces = Math.min(run.traces, samples)
    const simulated = simulate({ ...run, samples, traces, seed, invariants, witnesses })
    spec.samples += simulated.samples
    spec.states += simulated.states
    reporter.say(`  ${run.name}: ${simulated.samples} samples, ${simulated.states} states`)
    return simulated
  })
  spec.seconds += secondsSince(start)
  reporter.say(`spec: ${spec.samples} samples, ${spec.states} states, ${spec.seconds} s`)
  return all
}

function judgeRuns({ runs, invariants, witnesses }: Model, simulated: readonly Simulated[]): void {
  for (const name of invariants) {
    const broken = runs.filter((_, at) => simulated[at]!.broken.includes(name)).map((run) => run.name)
    reporter.check(
      `invariant ${name}`,
      broken.length === 0,
      broken.length === 0 ? 'held' : `broken ${broken.join(', ')}`,
    )
  }
  for (const name of witnesses) {
    const count = simulated.reduce((sum, run) => sum + (run.witnessed[name] ?? 0), 0)
    reporter.check(`witness ${name}`, count > 0, count > 0 ? `reached in ${count} samples` : 'never reached')
  }
}

function breakMutants({ spec, mutants, invariants, witnesses }: Model): void {
  for (const { name, defect, start, step, steps, breaks } of mutants) {
    const init = `begin(${start}("${name}"), "")`
    const size = { samples: MUTANT_SAMPLES, steps, seed, traces: 0 }
    const { broken, samples } = simulate({ spec, init, step, ...size, invariants, witnesses: witnesses.slice(0, 1) })
    const caught = broken.some((invariant) => breaks.some((one) => one === invariant))
    const how =
      broken.length === 0 ? `not found in ${samples} samples` : `broke ${broken.join(', ')} in sample ${samples}`
    reporter.check(`mutant ${name}`, caught, `${how} (${defect})`)
  }
}

function replayTraces({ spec, runs, perform }: Model, simulated: readonly Simulated[]): void {
  const result = reporter.report.replay
  const start = performance.now()
  for (const [at, { traces }] of simulated.entries()) {
    const { name } = runs[at]!
    if (spec === 'baton' && values.keep !== undefined) keepTraces(values.keep, name, traces)
    const replayed = traces.map(perform)
    const steps = replayed.reduce((sum, one) => sum + one.steps, 0)
    result.traces += traces.length
    result.steps += steps
    const difference = replayed.find((one) => one.difference !== null)?.difference ?? null
    const equal = difference === null && traces.length > 0
    const detail = difference ?? `${traces.length} traces, ${steps} states compared`
    reporter.check(`replay ${name}`, equal, detail)
  }
  result.seconds += secondsSince(start)
  reporter.say(`replay: ${result.traces} traces, ${result.steps} states compared, ${result.seconds} s`)
}

function keepTraces(folder: string, name: string, traces: readonly string[]): void {
  for (const [n, trace] of traces.entries()) {
    writeFileSync(join(folder, `${name.replaceAll(' ', '-')}-${n}.jsonl`), keep(readTrace(trace)))
  }
}

function runSearches(): void {
  const depth = Number(values.depth)
  const { report } = reporter
  report.search = runSearch('search', () => search({ ...DEFAULT_BOUNDS, depth }))
  const ofRegister = Math.max(1, depth - DEFAULT_BOUNDS.depth + REGISTER_BOUNDS.depth)
  report.registerSearch = runSearch('search of the register', () =>
    searchRegister({ ...REGISTER_BOUNDS, depth: ofRegister }),
  )
}

function runSearch(name: string, run: () => Found): Searched {
  const start = performance.now()
  const { violation, ...found } = run()
  const seconds = secondsSince(start)
  reporter.say(`${name}: ${found.states} states, ${found.steps} steps, depth ${found.depth}, ${seconds} s`)
  const history = violation === null ? '' : `\n  ${violation.history.join('\n  ')}`
  reporter.check(`${name} finds nothing broken`, violation === null, `${violation?.broken.join('; ') ?? ''}${history}`)
  return { ...found, seconds }
}
