/** Runs Quint's simulator, the one in TypeScript: the other backends download what they need. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../../..')
const QUINT = join(ROOT, 'node_modules/@informalsystems/quint/dist/src/cli.js')

/** A module, in the file of its name. */
export type Spec = 'baton' | 'majority'

export interface Simulation {
  readonly spec: Spec
  readonly init: string
  readonly step: string
  readonly samples: number
  readonly steps: number
  readonly seed: number
  readonly invariants: readonly string[]
  readonly witnesses: readonly string[]
  readonly traces: number
}

export interface Simulated {
  readonly samples: number
  /** States looked at, over all samples. */
  readonly states: number
  readonly broken: readonly string[]
  /** In how many samples each witness was true. */
  readonly witnessed: Readonly<Record<string, number>>
  /** ITF, one text per trace. */
  readonly traces: readonly string[]
}

/** Throws with what Quint said when it neither finished nor found a broken invariant. */
export function simulate(simulation: Simulation): Simulated {
  const folder = mkdtempSync(join(tmpdir(), 'baton-model-'))
  try {
    const said = quint(argumentsOf(simulation, folder))
    const traces = readdirSync(folder)
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8'))
    return { ...readOutput(said, simulation), traces }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function argumentsOf(simulation: Simulation, folder: string): readonly string[] {
  const { spec, init, step, samples, steps, seed, invariants, witnesses, traces } = simulation
  const kept = traces > 0 ? ['--n-traces', `${traces}`, '--out-itf', join(folder, 'trace-{seq}.itf.json')] : []
  const checked = [
    ...(invariants.length > 0 ? ['--invariants', ...invariants] : []),
    ...(witnesses.length > 0 ? ['--witnesses', ...witnesses] : []),
  ]
  const size = ['--max-samples', `${samples}`, '--max-steps', `${steps}`, '--seed', `${seed}`]
  const from = [`--main=${spec}`, '--backend=typescript', '--verbosity=2', '--init', init, '--step', step]
  return ['run', join(import.meta.dirname, `${spec}.qnt`), ...from, ...size, ...checked, ...kept]
}

function quint(args: readonly string[]): string {
  const run = spawnSync(process.execPath, [QUINT, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (run.error !== undefined) throw run.error
  return `${run.stdout}${run.stderr}`
}

function readOutput(said: string, simulation: Simulation): Omit<Simulated, 'traces'> {
  const sound = said.includes('[ok]')
  if (!sound && !said.includes('[violation]')) throw new Error(`quint said:\n${said.slice(-4_000)}`)
  const witnessed: Record<string, number> = {}
  let explored: number | null = null
  for (const [, name, count, of] of said.matchAll(/^(\w+) was witnessed in (\d+) trace\(s\) out of (\d+)/gm)) {
    witnessed[name!] = Number(count)
    explored = Number(of)
  }
  const average = Number(/average=([\d.]+)/.exec(said)?.[1] ?? 0)
  const samples = explored ?? simulation.samples
  const broken = [...said.matchAll(/^\s*❌ (\w+)/gm)].map(([, name]) => name!)
  return { samples, states: Math.round(samples * average), broken: sound ? [] : broken, witnessed }
}
