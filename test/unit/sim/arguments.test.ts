import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readArguments, UsageError } from '../../sim/arguments.ts'
import { USAGE } from '../../sim/usage.ts'

const MAIN = join(import.meta.dirname, '../../sim/main.ts')

function sim(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('a command of the simulator says what is run', () => {
  const asked = readArguments(['--seeds', '7', '--first', '3', '--without', 'kill,cut', '--network', '4x3', '--json'])
  expect(asked).toMatchObject({ mode: 'campaign', seeds: 7, first: 3, json: true })
  expect(asked.overrides).toEqual({ without: ['kill', 'cut'], network: [4, 3] })
  expect(readArguments(['--seed', '7', '--safety', '500', '--no-liveness'])).toMatchObject({
    mode: 'replay',
    seed: 7,
    overrides: { safetyMs: 500, liveness: false },
  })
  expect(readArguments(['--mutants', '--only', 'epoch-reused'])).toMatchObject({
    mode: 'mutants',
    only: ['epoch-reused'],
  })
})

test.each([
  [['--nothing'], "Unknown option '--nothing'"],
  [['7'], "Unexpected argument '7'"],
  [['--seeds'], "Option '--seeds <value>' argument missing"],
  [['--seeds', 'many'], '--seeds many: a whole number of at least 0 is needed'],
  [['--seeds', ''], '--seeds : a whole number of at least 0 is needed'],
  [['--jobs', '0'], '--jobs 0: a whole number of at least 1 is needed'],
  [['--hours', '-1x'], '--hours'],
  [['--network', '4'], '--network 4: 1 to 7 clusters x 1 to 5 nodes, as in 4x3'],
  [['--without', 'kill,nothing'], '--without nothing: there are kill, '],
  [['--only', 'nothing'], '--only nothing: there are released-before-held, '],
  [['--links', '--mutants'], '--seed, --links and --mutants exclude each other'],
])('%j is refused in one line', (args, why) => {
  let said: unknown = null
  try {
    readArguments(args)
  } catch (error) {
    said = error
  }
  expect(said).toBeInstanceOf(UsageError)
  expect((said as UsageError).message).toContain(why)
  expect((said as UsageError).message).not.toContain('\n')
})

test('--help prints the usage, and a wrong command exits with status 2', () => {
  expect(sim('--help')).toEqual({ status: 0, stdout: `${USAGE}\n`, stderr: '' })
  const wrong = sim('--nothing')
  expect(wrong).toMatchObject({ status: 2, stdout: '' })
  expect(wrong.stderr).toBe("Unknown option '--nothing'; --help prints the usage\n")
}, 60_000)
