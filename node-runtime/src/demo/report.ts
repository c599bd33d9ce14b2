/** The result of a run: the one JSON object that `--json` prints last, and its lines for people. */
import type { Judgement, LoggedVote, Verdict } from './checker/evidence.ts'
import type { EndedRequest } from './client-requests.ts'
import {
  acknowledgedDuring,
  type Commits,
  type Fault,
  type JoinFigures,
  joinFigures,
  loadAt,
  networkStallMs,
  type SwitchFigures,
  switchFigures,
  unexplainedSwitches,
} from './figures.ts'
import type { Load } from './load.ts'
import { plannedFigures, plannedProblems, type RequestCount, requestsDuring } from './planned-figures.ts'
import type { Timeline } from './timeline.ts'

export interface RunFacts {
  readonly network: string
  readonly clusters: number
  readonly nodes: number
  readonly sites: number
  readonly startMs: number
  /** From the first process to here, all checks done. */
  readonly tookMs: number
  /** When the network was up: a switch after it needs a fault. */
  readonly startedAtMs: number
  readonly residentMBPerNode: number
  /** Null when faults were caused by hand: then no switch needs an explanation. */
  readonly faults: readonly Fault[] | null
  readonly load: Load
  /** All submissions, counted apart from the load. Null: nobody has counted. */
  readonly requests: readonly EndedRequest[] | null
  readonly timeline: Timeline
  readonly commits: Commits
  /** As receivers logged them. */
  readonly votes: readonly LoggedVote[]
  readonly judgement: Judgement
  /** Why the run did not get to its end; null when it did. */
  readonly broken: string | null
}

export interface RunReport {
  readonly network: string
  readonly engine: 'embedded'
  readonly clusters: number
  readonly nodes: number
  readonly sites: number
  readonly height: number
  readonly startMs: number
  readonly tookMs: number
  readonly verdict: Verdict
  readonly transactions: {
    readonly submitted: number
    readonly acknowledged: number
    readonly lost: number
    readonly duplicated: number
  }
  readonly switches: readonly SwitchFigures[]
  readonly joins: readonly JoinFigures[]
  readonly acknowledgedDuring: Readonly<Record<string, { before: number; during: number; after: number }>>
  readonly networkStallMs: Readonly<Record<string, number>>
  /** Submissions of clients that ended between each fault and the end of its case: every attempt counts. */
  readonly requestsDuring: Readonly<Record<string, RequestCount>>
  /** What was under way when each fault struck. */
  readonly loadAtFault: Readonly<Record<string, { unsubmitted: number; inFlight: number }>>
  readonly resultHashesEqual: boolean
  readonly conflictingVotes: number
  readonly residentMBPerNode: number
  /** What is wrong or could not be looked at, in sentences. */
  readonly findings: readonly string[]
}

export function runReport(facts: RunFacts): RunReport {
  const { timeline, judgement, load } = facts
  const faults = facts.faults ?? []
  const figures = faults.map((fault) => ({ fault, switches: figuresOf(fault, facts) }))
  const problems = figures.flatMap(({ fault, switches }) =>
    switches.map((figure) => plannedProblems(fault, figure, facts.requests ?? [])),
  )
  const wrong = [
    ...(facts.faults === null ? [] : unexplainedSwitches(faults, timeline, facts.startedAtMs)),
    ...load.failures.slice(0, 3).map(({ why }) => `not acknowledged: ${why}`),
    ...figures.flatMap(({ switches }) => switches.flatMap(missingFigure)),
    ...problems.flatMap((problem) => problem.wrong),
    ...faults.flatMap((fault, at) => stopped(fault, timeline, figures[at]!.switches)),
  ]
  const unknown = [
    ...(facts.broken === null ? [] : [`the run was cut short: ${facts.broken}`]),
    ...problems.flatMap((problem) => problem.unknown),
    ...uncounted(facts),
  ]
  return {
    network: facts.network,
    engine: 'embedded',
    clusters: facts.clusters,
    nodes: facts.nodes,
    sites: facts.sites,
    height: judgement.height,
    startMs: Math.round(facts.startMs),
    tookMs: Math.round(facts.tookMs),
    verdict: verdict(judgement.verdict, wrong.length > 0, unknown.length > 0),
    transactions: {
      submitted: load.submitted,
      acknowledged: load.acknowledged.length,
      lost: judgement.lost,
      duplicated: judgement.duplicated,
    },
    switches: figures.flatMap(({ switches }) => switches),
    joins: joinFigures(faults),
    acknowledgedDuring: Object.fromEntries(
      figures.map(({ fault, switches }) => [fault.case, acknowledgedDuring(fault, switches, load.acknowledged)]),
    ),
    networkStallMs: Object.fromEntries(
      figures.map(({ fault, switches }) => [fault.case, networkStallMs(fault, timeline, switches)]),
    ),
    requestsDuring: Object.fromEntries(
      faults.map((fault) => [fault.case, requestsDuring(fault, facts.requests ?? [])]),
    ),
    loadAtFault: Object.fromEntries(faults.map((fault) => [fault.case, loadAt(fault, load.count, load.acknowledged)])),
    resultHashesEqual: judgement.resultHashesEqual,
    conflictingVotes: judgement.conflictingVotes,
    residentMBPerNode: facts.residentMBPerNode,
    findings: [...wrong, ...judgement.findings, ...unknown],
  }
}

/** 0 only when everything was looked at and nothing is wrong. */
export function exitStatus(report: RunReport): number {
  return report.verdict === 'true' ? 0 : 1
}

function figuresOf(fault: Fault, { timeline, commits, requests, votes }: RunFacts): SwitchFigures[] {
  const switches = switchFigures(fault, timeline, commits)
  if (fault.planned !== true) return switches
  return switches.map((figures) => {
    const ending = { cluster: figures.cluster, epoch: figures.fromEpoch }
    return { ...figures, ...plannedFigures(fault, ending, requests ?? [], votes) }
  })
}

function missingFigure({ cluster, fromEpoch, toEpoch, outageMs }: SwitchFigures): string[] {
  if (toEpoch !== fromEpoch + 1) return [`${cluster} went from epoch ${fromEpoch} to ${toEpoch}, not by one`]
  return outageMs === null ? [`no decided block has a vote of ${cluster} under epoch ${toEpoch}`] : []
}

/** A master that computes wrong results is one of the f that the others go on without: bounds far above what any machine takes. */
const GOES_ON: ReadonlySet<string> = new Set(['wrong-results'])
const STALL_MS_MAX = 10_000

function stopped(fault: Fault, timeline: Timeline, switches: readonly SwitchFigures[]): string[] {
  const stallMs = networkStallMs(fault, timeline, switches)
  if (!GOES_ON.has(fault.case) || stallMs <= STALL_MS_MAX) return []
  return [`${fault.case}: no block was decided for ${stallMs} ms, and the others should have gone on`]
}

/** Whoever was acknowledged had an answer: when fewer were seen, failures were missed as well. */
function uncounted({ requests, load }: RunFacts): string[] {
  if (requests === null) return []
  const answered = requests.filter(({ failure }) => failure === null).length
  const acknowledged = load.acknowledged.length
  return answered < acknowledged ? [`of ${acknowledged} answers to clients only ${answered} were seen`] : []
}

function verdict(judged: Verdict, wrong: boolean, unknown: boolean): Verdict {
  if (wrong || judged === 'false') return 'false'
  return unknown ? 'unknown' : judged
}

/** What happened, for a terminal. */
export function describe(report: RunReport): string[] {
  const { transactions: t } = report
  return [
    ...report.switches.map(
      (s) =>
        `${s.case}: ${s.cluster} epoch ${s.fromEpoch} → ${s.toEpoch}, detected ${ms(s.detectMs)}, granted ${ms(s.grantMs)}, voting again ${ms(s.outageMs)}`,
    ),
    ...report.switches.flatMap((s) => plannedLine(s, report.requestsDuring[s.case])),
    ...report.joins.map(
      (j) => `${j.case}: ${j.node} of ${j.cluster} runs ${ms(j.joinMs)}, may be elected ${ms(j.eligibleMs)}`,
    ),
    ...Object.entries(report.networkStallMs).map(([name, stall]) => `${name}: longest wait for a block ${ms(stall)}`),
    `${t.acknowledged} of ${t.submitted} transactions acknowledged, ${t.lost} lost, ${t.duplicated} duplicated`,
    `${report.height} blocks, ${report.resultHashesEqual ? 'the same result on every node' : 'RESULTS DIFFER'}, ${report.conflictingVotes} conflicting votes`,
    ...report.findings.map((finding) => `! ${finding}`),
    `verdict: ${report.verdict}`,
  ]
}

function plannedLine({ case: name, failedRequests, missedBlocks }: SwitchFigures, requests?: RequestCount): string[] {
  if (failedRequests === undefined) return []
  const missed = missedBlocks === null ? 'votes not seen' : `blocks without its vote: ${missedBlocks}`
  return [`${name}: ${failedRequests} of ${requests?.ended} requests of clients failed, ${missed}`]
}

function ms(value: number | null): string {
  return value === null ? 'not seen' : `after ${Math.round(value)} ms`
}
