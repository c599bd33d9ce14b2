/**
 * `npm run model`: the spec in Quint with its invariants, witnesses and mutants; its traces on the real machines; and a search
 * through everything that the real machines can do. Ends with one line `N passed, N failed`.
 * Parts can be named: `npm run model -- spec replay search`. Flags: `--json`, `--seed N`, `--samples N` (of each run), `--depth N` (of
 * the search: each level takes about three times as long, and as much memory, as the one before), `--keep FOLDER` (writes the
 * traces there: `traces/` is a choice of them).
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readTrace } from './replay/itf.ts'
import { keep } from './replay/kept.ts'
import { replay } from './replay/replay.ts'
import { Reporter, secondsSince } from './report.ts'
import { DEFAULT_BOUNDS } from './search/bounds.ts'
import { search } from './search/search.ts'
import { type Simulated, simulate } from './spec/quint.ts'
import { INVARIANTS, MUTANT_SAMPLES, MUTANTS, RUNS, WITNESSES } from './spec/runs.ts'

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
  const runs = runSpec()
  if (wanted('spec')) {
    judgeRuns(runs)
    breakMutants()
  }
  if (wanted('replay')) replayTraces(runs)
}
if (wanted('search')) runSearch()
process.exitCode = reporter.end()

function runSpec(): readonly Simulated[] {
  const { spec } = reporter.report
  const start = performance.now()
  const all = RUNS.map((run) => {
    const samples = values.samples === undefined ? run.samples : Number(values.samples)
    const traces = Math.min(run.traces, samples)
    const simulated = simulate({ ...run, samples, traces, seed, invariants: INVARIANTS, witnesses: WITNESSES })
    spec.samples += simulated.samples
    spec.states += simulated.states
    reporter.say(`  ${run.name}: ${simulated.samples} samples, ${simulated.states} states`)
    return simulated
  })
  spec.seconds = secondsSince(start)
  reporter.say(`spec: ${spec.samples} samples, ${spec.states} states, ${spec.seconds} s`)
  return all
}

function judgeRuns(runs: readonly Simulated[]): void {
  for (const name of INVARIANTS) {
    const broken = RUNS.filter((_, at) => runs[at]!.broken.includes(name)).map((run) => run.name)
    reporter.check(
      `invariant ${name}`,
      broken.length === 0,
      broken.length === 0 ? 'held' : `broken ${broken.join(', ')}`,
    )
  }
  for (const name of WITNESSES) {
    const count = runs.reduce((sum, run) => sum + (run.witnessed[name] ?? 0), 0)
    reporter.check(`witness ${name}`, count > 0, count > 0 ? `reached in ${count} samples` : 'never reached')
  }
}

function breakMutants(): void {
  for (const { name, defect, start, step, steps, breaks } of MUTANTS) {
    const init = `begin(${start}("${name}"), "")`
    const size = { samples: MUTANT_SAMPLES, steps, seed, traces: 0 }
    const { broken, samples } = simulate({ init, step, ...size, invariants: INVARIANTS, witnesses: ['staleRequest'] })
    const caught = broken.some((invariant) => breaks.some((one) => one === invariant))
    const how =
      broken.length === 0 ? `not found in ${samples} samples` : `broke ${broken.join(', ')} in sample ${samples}`
    reporter.check(`mutant ${name}`, caught, `${how} (${defect})`)
  }
}

function replayTraces(runs: readonly Simulated[]): void {
  const result = reporter.report.replay
  const start = performance.now()
  for (const [at, run] of runs.entries()) {
    const traces = run.traces.map(readTrace)
    for (const [n, trace] of traces.entries()) {
      if (values.keep === undefined) break
      writeFileSync(join(values.keep, `${RUNS[at]!.name.replaceAll(' ', '-')}-${n}.jsonl`), keep(trace))
    }
    const replayed = traces.map(replay)
    const steps = replayed.reduce((sum, one) => sum + one.steps, 0)
    result.traces += traces.length
    result.steps += steps
    const difference = replayed.find((one) => one.difference !== null)?.difference ?? null
    const equal = difference === null && traces.length > 0
    const detail = difference ?? `${traces.length} traces, ${steps} states compared`
    reporter.check(`replay ${RUNS[at]!.name}`, equal, detail)
  }
  result.seconds = secondsSince(start)
  reporter.say(`replay: ${result.traces} traces, ${result.steps} states compared, ${result.seconds} s`)
}

function runSearch(): void {
  const start = performance.now()
  const { violation, ...found } = search({ ...DEFAULT_BOUNDS, depth: Number(values.depth) })
  const seconds = secondsSince(start)
  reporter.report.search = { ...found, seconds }
  reporter.say(`search: ${found.states} states, ${found.steps} steps, depth ${found.depth}, ${seconds} s`)
  const history = violation === null ? '' : `\n  ${violation.history.join('\n  ')}`
  reporter.check('search finds nothing broken', violation === null, `${violation?.broken.join('; ') ?? ''}${history}`)
}
