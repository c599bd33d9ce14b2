import { describe, expect, test } from 'vitest'
import type { Judgement } from '../../../node-runtime/src/demo/checker/evidence.ts'
import type { Fault } from '../../../node-runtime/src/demo/figures.ts'
import type { Load } from '../../../node-runtime/src/demo/load.ts'
import { exitStatus, describe as lines, type RunFacts, runReport } from '../../../node-runtime/src/demo/report.ts'
import { Timeline } from '../../../node-runtime/src/demo/timeline.ts'
import type { NodeFiles } from '../../../node-runtime/src/network/init.ts'

const C1 = { node: 'c1-n2', cluster: 'c1', site: 'y' } as NodeFiles
const CLEAN: Judgement = {
  verdict: 'true',
  lost: 0,
  duplicated: 0,
  resultHashesEqual: true,
  conflictingVotes: 0,
  height: 9,
  findings: [],
}
const FAULT: Fault = {
  case: 'master-killed',
  atMs: 1_000,
  healedAtMs: 5_000,
  lostMasters: [{ cluster: 'c1', epoch: 1 }],
}

function facts(changes: Partial<RunFacts> = {}): RunFacts {
  const timeline = new Timeline()
  timeline.record(C1, { event: 'decided', height: 4, at: 990 })
  timeline.record(C1, { event: 'suspected', at: 1_005 })
  timeline.record(C1, { event: 'granted', generation: 0, epoch: 2, at: 1_030 })
  timeline.record(C1, { event: 'promoted', generation: 0, epoch: 2, resumed: false, at: 1_035 })
  timeline.record(C1, { event: 'decided', height: 5, at: 1_060 })
  timeline.record(C1, { event: 'decided', height: 6, at: 1_100 })
  const acknowledged = [
    { id: 'a', height: 4, index: 0, atMs: 995, latencyMs: 10 },
    { id: 'b', height: 5, index: 0, atMs: 1_061, latencyMs: 80 },
    { id: 'c', height: 6, index: 0, atMs: 1_101, latencyMs: 20 },
  ]
  return {
    network: 'demo',
    clusters: 4,
    nodes: 12,
    sites: 2,
    startMs: 1,
    tookMs: 2,
    startedAtMs: 0,
    residentMBPerNode: 100,
    faults: [FAULT],
    load: { acknowledged, failures: [], submitted: 3, count: 3 } as unknown as Load,
    requests: null,
    timeline,
    commits: new Map([
      [4, [{ cluster: 'c1', epoch: 1 }]],
      [5, [{ cluster: 'c2', epoch: 1 }]],
      [6, [{ cluster: 'c1', epoch: 2 }]],
    ]),
    votes: [],
    judgement: CLEAN,
    broken: null,
    ...changes,
  }
}

describe('the report', () => {
  test('[NW5] while a master computes wrong results the others go on: a chain that stops for long is a finding', () => {
    const wrong = { ...FAULT, case: 'wrong-results' }
    expect(runReport(facts({ faults: [wrong] }))).toMatchObject({ verdict: 'true', findings: [] })
    const timeline = new Timeline()
    timeline.record(C1, { event: 'decided', height: 4, at: 990 })
    timeline.record(C1, { event: 'granted', generation: 0, epoch: 2, at: 1_030 })
    timeline.record(C1, { event: 'promoted', generation: 0, epoch: 2, resumed: false, at: 1_035 })
    timeline.record(C1, { event: 'decided', height: 5, at: 13_000 })
    timeline.record(C1, { event: 'decided', height: 6, at: 13_040 })
    const late = runReport(facts({ faults: [{ ...wrong, healedAtMs: 15_000 }], timeline }))
    expect(late).toMatchObject({ verdict: 'false', findings: [expect.stringContaining('no block was decided for')] })
    // Of a killed master it is a figure: with another quorum the chain may wait for its successor.
    const killed = runReport(facts({ faults: [{ ...FAULT, healedAtMs: 15_000 }], timeline }))
    expect(killed.findings.filter((finding) => finding.includes('no block'))).toEqual([])
  })

  test('times a switch from the fault to the first decided block that has a vote under the new epoch', () => {
    const report = runReport(facts())
    expect(report.switches).toEqual([
      { case: 'master-killed', cluster: 'c1', fromEpoch: 1, toEpoch: 2, detectMs: 5, grantMs: 30, outageMs: 100 },
    ])
    // 60 ms until block 5, then 40 ms until block 6.
    expect(report.networkStallMs).toEqual({ 'master-killed': 60 })
    expect(report.acknowledgedDuring).toEqual({ 'master-killed': { before: 1, during: 1, after: 1 } })
    expect(report.loadAtFault).toEqual({ 'master-killed': { unsubmitted: 1, inFlight: 1 } })
    expect([report.verdict, exitStatus(report)]).toEqual(['true', 0])
  })

  test('is false when a cluster switched without a fault', () => {
    const report = runReport(facts({ faults: [] }))
    expect(report.verdict).toBe('false')
    expect(report.findings).toEqual(['c1 switched to c1-n2 under epoch 2 without a fault'])
    expect(exitStatus(report)).toBe(1)
  })

  test('does not call a master that goes on after a restart a switch', () => {
    const timeline = new Timeline()
    timeline.record(C1, { event: 'promoted', generation: 0, epoch: 1, resumed: true, at: 2_000 })
    expect(runReport(facts({ faults: [], timeline })).verdict).toBe('true')
  })

  test('is false when the new epoch never voted, or was not the next one', () => {
    expect(runReport(facts({ commits: new Map() })).verdict).toBe('false')
    const jumped = { ...FAULT, lostMasters: [{ cluster: 'c1', epoch: 0 }] }
    expect(runReport(facts({ faults: [jumped] })).findings).toContain('c1 went from epoch 0 to 2, not by one')
  })

  test('is false when a transaction was refused or given up', () => {
    const load = { acknowledged: [], failures: [{ why: 'UNREACHABLE' }], submitted: 1, count: 1 } as unknown as Load
    expect(runReport(facts({ load })).verdict).toBe('false')
  })

  test('is unknown, with a failing exit status, when the checker could not see everything or the run broke off', () => {
    const blind = runReport(facts({ judgement: { ...CLEAN, verdict: 'unknown', findings: ['c4-n3 is silent'] } }))
    expect([blind.verdict, exitStatus(blind)]).toEqual(['unknown', 1])
    const broken = runReport(facts({ broken: 'no new master' }))
    expect([broken.verdict, exitStatus(broken)]).toEqual(['unknown', 1])
    expect(lines(broken)).toContain('! the run was cut short: no new master')
  })

  const answers = [995, 1_061, 1_101].map((atMs) => ({ atMs, failure: null }))

  test('is false when a planned switch cost a client one failed request, and says what a planned one cost', () => {
    const vote = { cluster: 'c1', generation: 0, round: 0, type: 'precommit', block: 'b', signature: 's' } as const
    const votes = [
      { ...vote, height: 4, epoch: 1 },
      { ...vote, height: 6, epoch: 2 },
    ]
    const planned = { faults: [{ ...FAULT, case: 'planned', planned: true }], votes } as const
    const good = runReport(facts({ ...planned, requests: answers }))
    expect(good.switches).toEqual([
      expect.objectContaining({ case: 'planned', outageMs: 100, failedRequests: 0, missedBlocks: 1 }),
    ])
    expect(good.requestsDuring).toEqual({ planned: { ended: 2, failed: 0 } })
    expect(good.verdict).toBe('true')
    expect(lines(good)).toContain('planned: 0 of 2 requests of clients failed, blocks without its vote: 1')

    const bad = runReport(facts({ ...planned, requests: [...answers, { atMs: 1_050, failure: 'HTTP 503' }] }))
    expect([bad.verdict, bad.switches[0]?.failedRequests]).toEqual(['false', 1])
    expect(bad.findings).toEqual(['planned: requests of clients failed: 1, first HTTP 503'])

    const unseen = runReport(facts({ ...planned, votes: [], requests: answers }))
    expect(unseen.verdict).toBe('unknown')
  })

  test('a fault may cost requests: they are counted, and not held against it', () => {
    const report = runReport(facts({ requests: [...answers, { atMs: 1_050, failure: 'HTTP 503' }] }))
    expect(report.requestsDuring).toEqual({ 'master-killed': { ended: 3, failed: 1 } })
    expect(report.switches[0]).not.toHaveProperty('failedRequests')
    expect(report.verdict).toBe('true')
  })

  test('is unknown when fewer answers were seen than clients were acknowledged: failures may be missing too', () => {
    const report = runReport(facts({ requests: answers.slice(1) }))
    expect([report.verdict, exitStatus(report)]).toEqual(['unknown', 1])
    expect(report.findings).toEqual(['of 3 answers to clients only 2 were seen'])
  })

  test('tells when a node that joined ran and when it could be elected; its joining explains no switch', () => {
    const joined = { node: 'c1-n4', cluster: 'c1', joinMs: 1_234.56, eligibleMs: 2_345.67 }
    const join: Fault = { case: 'join', atMs: 1_000, healedAtMs: 1_090, lostMasters: [], joined }
    const report = runReport(facts({ faults: [join], timeline: new Timeline() }))
    expect(report.joins).toEqual([{ case: 'join', ...joined, joinMs: 1_234.6, eligibleMs: 2_345.7 }])
    // From its begin until the network was whole: block 6 and its acknowledgement came later.
    expect(report.acknowledgedDuring).toEqual({ join: { before: 1, during: 1, after: 1 } })
    expect([report.switches, report.verdict]).toEqual([[], 'true'])
    expect(lines(report)).toContain('join: c1-n4 of c1 runs after 1235 ms, may be elected after 2346 ms')
    expect(runReport(facts({ faults: [join] })).findings).toEqual([
      'c1 switched to c1-n2 under epoch 2 without a fault',
    ])
  })

  test('the longest wait for a block while a node joins is that of the whole time', () => {
    const joined = { node: 'c1-n4', cluster: 'c1', joinMs: 1, eligibleMs: 2 }
    const join: Fault = { case: 'join', atMs: 1_000, healedAtMs: 5_000, lostMasters: [], joined }
    expect(runReport(facts({ faults: [join] })).networkStallMs).toEqual({ join: 3_900 })
  })
})
