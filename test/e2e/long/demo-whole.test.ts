import { expect, test } from 'vitest'
import { expectNothingWrong, expectUnderLoad, runDemoOnce } from '../demo-process.ts'

/** Under four minutes on two cores of its own, with time to spare where it has not got them. */
const RUN_MS_MAX = 360_000
const CASES = [
  'master-killed',
  'site-lost',
  'edge-lost',
  'wrong-results',
  'master-and-standby-killed',
  'planned',
  'join',
]
/** As in `operators.test.ts`: what is missed while processes wait for their turn. */
const GAP_BLOCKS_MAX = 5
/** The demo's policy: nobody takes over from a whole sync set sooner. */
const RECOVER_AFTER_MS = 8_000

test('[GU2, NW3, NW5, RG1, RG6, RC3, EL8, ID3, MJ1] the whole scripted run: faults, a lost control plane, a recovery, a planned switch and a joining node', {
  timeout: RUN_MS_MAX,
}, async () => {
  const demo = await runDemoOnce()
  const { report } = demo
  expectNothingWrong(demo)
  // The one that joined is read back like the others.
  expect(report).toMatchObject({ engine: 'embedded', clusters: 4, nodes: 13, sites: 2 })
  expect(report.transactions.submitted).toBeGreaterThanOrEqual(10_000)
  expect(report.tookMs).toBeGreaterThan(report.startMs)
  expectUnderLoad(report, CASES)
  const clustersOf = (name: string) => report.switches.filter((s) => s.case === name).map(({ cluster }) => cluster)
  expect(CASES.map(clustersOf)).toEqual([['c3'], ['c1', 'c2', 'c3'], ['c4'], ['c4'], ['c1'], ['c2'], []])

  const [recovery] = report.switches.filter((s) => s.case === 'master-and-standby-killed')
  expect(recovery!.grantMs).toBeGreaterThan(RECOVER_AFTER_MS)
  expect(recovery!.outageMs).toBeGreaterThan(recovery!.grantMs!)

  const [planned] = report.switches.filter((s) => s.case === 'planned')
  expect(planned).toMatchObject({ failedRequests: 0 })
  expect(planned!.missedBlocks).toBeLessThanOrEqual(GAP_BLOCKS_MAX)
  expect(report.requestsDuring.planned!.ended).toBeGreaterThan(100)
  // The same count sees the requests that went to nodes of a lost site: zero is no blindness.
  expect(report.requestsDuring['site-lost']!.failed).toBeGreaterThan(0)

  expect(report.joins).toEqual([expect.objectContaining({ case: 'join', cluster: 'c3', node: 'c3-n4' })])
  const { joinMs, eligibleMs } = report.joins[0]!
  expect(joinMs).toBeGreaterThan(0)
  expect(eligibleMs).toBeGreaterThan(joinMs)
})
