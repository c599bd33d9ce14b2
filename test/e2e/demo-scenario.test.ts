import { expect, test } from 'vitest'
import { runDemoOnce } from './demo-process.ts'

const RUN_MS_MAX = 150_000

test('[GU2, NW3, NW5, RG1] the scripted run loses a master, a site and a master that computes wrong results, and nothing else', {
  timeout: RUN_MS_MAX,
}, async () => {
  const { report, status, lines } = await runDemoOnce()
  expect(report.findings, lines.join('\n')).toEqual([])
  expect(report).toMatchObject({
    engine: 'embedded',
    clusters: 4,
    nodes: 12,
    sites: 2,
    verdict: 'true',
    resultHashesEqual: true,
    conflictingVotes: 0,
  })
  expect(status).toBe(0)

  const { submitted, acknowledged, lost, duplicated } = report.transactions
  expect(submitted).toBeGreaterThanOrEqual(5_000)
  expect({ acknowledged, lost, duplicated }).toEqual({ acknowledged: submitted, lost: 0, duplicated: 0 })

  for (const { fromEpoch, toEpoch, outageMs } of report.switches) {
    expect(toEpoch).toBe(fromEpoch + 1)
    expect(outageMs).toBeGreaterThan(0)
  }
  expect(report.switches.filter((s) => s.case === 'master-killed').map((s) => s.cluster)).toEqual(['c3'])
  // c3's master has moved to site X by then.
  expect(report.switches.filter((s) => s.case === 'site-lost').map((s) => s.cluster)).toEqual(['c1', 'c2', 'c3'])

  expect(report.switches.filter((s) => s.case === 'wrong-results').map((s) => s.cluster)).toEqual(['c4'])

  for (const name of ['master-killed', 'site-lost', 'wrong-results']) {
    expect(report.loadAtFault[name]!.unsubmitted).toBeGreaterThanOrEqual(1_000)
    expect(report.loadAtFault[name]!.inFlight).toBeGreaterThan(0)
    expect(report.acknowledgedDuring[name]!.before).toBeGreaterThan(0)
    expect(report.acknowledgedDuring[name]!.after).toBeGreaterThan(0)
  }
})
