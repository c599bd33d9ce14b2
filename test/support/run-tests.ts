/**
 * `npm test`: types, lint and a dry deploy, then the test projects one after another. Ends with one line
 * `N passed, N failed`. A skipped test, an empty project or an error outside a test counts as failed.
 * `npm test -- unit e2e` runs only those sections; `e2e-long`, minutes of outage and full disks, and `sim`, minutes
 * of simulated faults, run only when they are named.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, relative } from 'node:path'

interface Count {
  passed: number
  failed: number
}

const CHECKS: readonly (readonly string[])[] = [
  ['tsc', '--noEmit', '-p', 'tsconfig.json'],
  ['tsc', '--noEmit', '-p', 'worker/tsconfig.json'],
  ['biome', 'check', '.'],
  ['wrangler', 'deploy', '--dry-run'],
]
/** The simulator: the corpus, fresh seeds derived from the commit, a sample of the planted defects, combinations of links; and the model. */
const SIM: typeof CHECKS = [
  ['node', 'test/sim/main.ts', '--of-commit', '--seeds', '60'],
  ['node', 'test/sim/main.ts', '--mutants', '--sample', '8', '--seeds', '400'],
  ['node', 'test/sim/main.ts', '--links', '--every', '5'],
  ['node', 'test/model/main.ts'],
]
/** Characters of a reason that are told at the end. */
const TOLD = 2_000
const USUAL = ['check', 'tidy', 'unit', 'worker', 'e2e']
const SECTIONS = [...USUAL, 'e2e-long', 'sim']

const scratch = mkdtempSync(join(tmpdir(), 'baton-test-'))
const asked = process.argv.slice(2)
const unknown = asked.find((name) => !SECTIONS.includes(name))
if (unknown !== undefined) {
  console.error(`no section ${unknown}; there are: ${SECTIONS.join(', ')}`)
  process.exit(2)
}

/** What failed, told at the end: a long run is often read from its last lines. */
const failures: string[] = []
const total: Count = { passed: 0, failed: 0 }
const began = performance.now()
for (const section of asked.length === 0 ? USUAL : SECTIONS.filter((name) => asked.includes(name))) {
  const start = performance.now()
  console.log(`\n── ${section}`)
  const count = section === 'check' ? check(CHECKS) : section === 'sim' ? check(SIM) : vitest(section)
  total.passed += count.passed
  total.failed += count.failed
  console.log(`── ${section}: ${count.passed} passed, ${count.failed} failed, ${seconds(start)}`)
}
rmSync(scratch, { recursive: true, force: true })
console.log(`\n${seconds(began)} in all`)
for (const failure of failures) console.log(`\n✗ ${failure}`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1

function check(commands: typeof CHECKS): Count {
  const count = { passed: 0, failed: 0 }
  for (const command of commands) {
    const run = spawnSync(command[0]!, command.slice(1), { encoding: 'utf8', env: quietEnvironment() })
    const ok = run.status === 0
    console.log(`${ok ? '✓' : '✗'} ${command.join(' ')}`)
    if (!ok) {
      const why = run.error?.message ?? `${run.stdout}${run.stderr}`
      console.log(why)
      failed(command.join(' '), why)
    }
    count[ok ? 'passed' : 'failed'] += 1
  }
  return count
}

function vitest(project: string): Count {
  const report = join(scratch, `${project}.json`)
  const args = ['run', '--project', project, '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`]
  const run = spawnSync('vitest', args, { stdio: ['ignore', 'inherit', 'inherit'], env: quietEnvironment() })
  const count = readReport(report)
  if (run.status !== 0 && count.failed === 0) {
    failed(project, `vitest ended with status ${run.status ?? run.signal} outside any test`)
    count.failed += 1
  }
  if (count.passed + count.failed === 0) {
    failed(project, 'no tests')
    count.failed += 1
  }
  return count
}

interface JsonReport {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    /** Why the file did not load, or a hook of it failed. */
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

function readReport(file: string): Count {
  const count = { passed: 0, failed: 0 }
  let report: JsonReport
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as JsonReport
  } catch {
    return count
  }
  for (const suite of report.testResults) {
    for (const test of suite.assertionResults) {
      if (test.status === 'passed') count.passed += 1
      else {
        count.failed += 1
        const why =
          test.status === 'failed' ? test.failureMessages.join('\n') : `${test.status}, and nothing may be skipped`
        failed(`${relative(process.cwd(), suite.name)} > ${test.fullName}`, why)
      }
    }
    if (suite.message !== '') failed(relative(process.cwd(), suite.name), suite.message)
    // A file that does not even load has no tests to count.
    if (suite.status === 'failed' && suite.assertionResults.length === 0) count.failed += 1
  }
  return count
}

/** The reason is cut: the whole of it stands where it happened. */
function failed(what: string, why: string): void {
  failures.push(`${what}\n${why.length > TOLD ? `${why.slice(0, TOLD)} …` : why}`)
}

/**
 * The tools of this project first in PATH; wrangler sends usage figures unless told otherwise. What is started many times from sources, the
 * command line above all, is compiled once.
 */
function quietEnvironment(): NodeJS.ProcessEnv {
  const path = `${join(import.meta.dirname, '../../node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}`
  return {
    ...process.env,
    PATH: path,
    NODE_COMPILE_CACHE: join(scratch, 'compiled'),
    WRANGLER_SEND_METRICS: 'false',
    CI: process.env.CI ?? 'true',
  }
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
