/** The command line of the simulator, read and checked. */
import { parseArgs } from 'node:util'
import { FAULT_KINDS } from './faults/kinds.ts'
import { MUTANTS } from './mutants/list.ts'
import { jobsByDefault } from './options.ts'
import { MAJORITIES, type Overrides } from './run/overrides.ts'

/** One line that says what is wrong with a command. */
export class UsageError extends Error {}

export interface SimArguments {
  readonly mode: 'help' | 'replay' | 'links' | 'mutants' | 'campaign'
  /** Null when not given: each mode has a default of its own. */
  readonly seeds: number | null
  readonly first: number | null
  readonly seed: number
  readonly hours: number | null
  readonly jobs: number
  readonly every: number
  readonly sample: number | null
  readonly only: readonly string[] | null
  readonly json: boolean
  readonly corpus: boolean
  readonly ofCommit: boolean
  readonly twiceAll: boolean
  readonly overrides: Overrides
}

const OPTIONS = {
  seeds: { type: 'string' },
  first: { type: 'string' },
  seed: { type: 'string' },
  hours: { type: 'string' },
  jobs: { type: 'string' },
  every: { type: 'string' },
  sample: { type: 'string' },
  only: { type: 'string' },
  network: { type: 'string' },
  without: { type: 'string' },
  safety: { type: 'string' },
  json: { type: 'boolean', default: false },
  mutants: { type: 'boolean', default: false },
  links: { type: 'boolean', default: false },
  real: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  'no-liveness': { type: 'boolean', default: false },
  'no-corpus': { type: 'boolean', default: false },
  'of-commit': { type: 'boolean', default: false },
  'twice-all': { type: 'boolean', default: false },
} as const

/** Throws a `UsageError` for an option that is not there and for a value that says nothing. */
export function readArguments(args: readonly string[]): SimArguments {
  const { values } = parsed(args)
  const modes = [values.seed !== undefined && 'replay', values.links && 'links', values.mutants && 'mutants'] as const
  const asked = modes.filter((mode) => mode !== false)
  if (asked.length > 1) throw new UsageError('--seed, --links and --mutants exclude each other')
  return {
    mode: values.help ? 'help' : (asked[0] ?? 'campaign'),
    seeds: whole('seeds', values.seeds, 0),
    first: whole('first', values.first, 0),
    seed: whole('seed', values.seed, 0) ?? 0,
    hours: hours(values.hours),
    jobs: whole('jobs', values.jobs, 1) ?? jobsByDefault(),
    every: whole('every', values.every, 1) ?? 1,
    sample: whole('sample', values.sample, 1),
    only: names('only', values.only, new Set(MUTANTS.map(({ name }) => name))),
    json: values.json,
    corpus: !values['no-corpus'],
    ofCommit: values['of-commit'],
    twiceAll: values['twice-all'],
    overrides: overridesOf(values),
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS })
  } catch (error) {
    // Its message goes on with advice.
    throw new UsageError((error as Error).message.split(/\.?[ \n](?=[A-Z])/)[0])
  }
}

function overridesOf(values: ReturnType<typeof parsed>['values']): Overrides {
  const without = names('without', values.without, new Set([...Object.keys(FAULT_KINDS), MAJORITIES]))
  const safetyMs = whole('safety', values.safety, 1)
  const network = values.network === undefined ? null : networkOf(values.network)
  return {
    ...(without === null ? {} : { without }),
    ...(safetyMs === null ? {} : { safetyMs }),
    ...(network === null ? {} : { network }),
    ...(values['no-liveness'] ? { liveness: false } : {}),
    ...(values.real ? { real: true } : {}),
  }
}

function networkOf(value: string): readonly [number, number] {
  const [clusters = 0, nodes = 0] = /^([1-7])x([1-5])$/.exec(value)?.slice(1).map(Number) ?? []
  if (clusters === 0) throw new UsageError(`--network ${value}: 1 to 7 clusters x 1 to 5 nodes, as in 4x3`)
  return [clusters, nodes]
}

function whole(option: string, value: string | undefined, least: number): number | null {
  if (value === undefined) return null
  const number = Number(value)
  if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number >= least) return number
  throw new UsageError(`--${option} ${value}: a whole number of at least ${least} is needed`)
}

function hours(value: string | undefined): number | null {
  if (value === undefined) return null
  const number = Number(value)
  if (value !== '' && Number.isFinite(number) && number > 0) return number
  throw new UsageError(`--hours ${value}: a number above 0 is needed`)
}

function names(option: string, value: string | undefined, known: ReadonlySet<string>): readonly string[] | null {
  if (value === undefined) return null
  const asked = value.split(',')
  const unknown = asked.find((name) => !known.has(name))
  if (unknown === undefined) return asked
  throw new UsageError(`--${option} ${unknown}: there are ${[...known].join(', ')}`)
}
