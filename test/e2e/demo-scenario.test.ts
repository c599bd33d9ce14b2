import { expect, test } from 'vitest'
import { expectNothingWrong, expectUnderLoad, runDemoOnce } from './demo-process.ts'

const RUN_MS_MAX = 150_000
/** The others take minutes: `long/demo-whole.test.ts`. */
const CASES = ['master-killed', 'site-lost', 'wrong-results']

test('[GU2, NW3, NW5, RG1] the scripted run loses a master, a site and a master that computes wrong results, and nothing else', {
  timeout: RUN_MS_MAX,
}, async () => {
  const demo = await runDemoOnce(...CASES.flatMap((name) => ['--case', name]))
  const { report } = demo
  expectNothingWrong(demo)
  expect(report).toMatchObject({ engine: 'embedded', clusters: 4, nodes: 12, sites: 2 })
  expect(report.transactions.submitted).toBeGreaterThanOrEqual(5_000)
  expect(report.switches.filter((s) => s.case === 'master-killed').map((s) => s.cluster)).toEqual(['c3'])
  // c3's master has moved to site X by then.
  expect(report.switches.filter((s) => s.case === 'site-lost').map((s) => s.cluster)).toEqual(['c1', 'c2', 'c3'])
  expect(report.switches.filter((s) => s.case === 'wrong-results').map((s) => s.cluster)).toEqual(['c4'])
  expectUnderLoad(report, CASES)
})
