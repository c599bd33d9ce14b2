/** The whole run: load, the chosen cases one after the other, the rest of the load, agreement, and the independent check. */
import { join } from 'node:path'
import type { DemoCase } from './cases/case.ts'
import { check } from './checker/check.ts'
import type { LoggedVote } from './checker/evidence.ts'
import { readDatabase } from './checker/read-database.ts'
import { readVotes } from './checker/read-votes.ts'
import { ClientRequests, type EndedRequest } from './client-requests.ts'
import type { Tell } from './faults.ts'
import type { ClusterEpoch, Commits, Fault } from './figures.ts'
import { reserveDuring } from './input-shares.ts'
import type { Load } from './load.ts'
import type { DemoNetwork } from './network.ts'
import { nowMs } from './now.ts'
import { type RunReport, runReport } from './report.ts'
import { residentMB } from './resident-memory.ts'

export const ACKNOWLEDGED_FILE = 'acknowledged.jsonl'
/** Started per second until the last fault is over: slow enough that some input is left for it. */
const PACE_PER_SECOND = 150

export interface ScenarioOptions {
  readonly network: DemoNetwork
  readonly load: Load
  readonly cases: readonly DemoCase[]
  readonly folder: string
  /** How long the network took to start. */
  readonly startMs: number
  readonly tell: Tell
}

/** Never throws for what happens to the network: then the verdict is unknown or false, and the findings say why. */
export async function runScenario({
  network,
  load,
  cases,
  folder,
  startMs,
  tell,
}: ScenarioOptions): Promise<RunReport> {
  const startedAtMs = nowMs()
  const faults: Fault[] = []
  let agreedHeight = 0
  let broken: string | null = null
  const requests = new ClientRequests(nowMs)
  requests.start()
  const loaded = load.run()
  try {
    const underLoad = cases.filter(({ when }) => when === 'load')
    for (const [at, demoCase] of underLoad.entries()) {
      load.setPace({ perSecond: PACE_PER_SECOND, reserve: reserveDuring(underLoad, at, load.count) })
      tell(`case ${demoCase.name}`)
      const fault = await demoCase.run({ network, load, tell })
      if (fault !== null) faults.push(fault)
    }
    load.setPace({ perSecond: Number.POSITIVE_INFINITY, reserve: 0 })
    await loaded
    tell(`${load.acknowledged.length} transactions acknowledged; waiting until all nodes agree`)
    agreedHeight = await network.agreed()
    for (const demoCase of cases.filter(({ when }) => when === 'end')) await demoCase.run({ network, load, tell })
  } catch (error) {
    broken = error instanceof Error ? error.message : String(error)
    tell(broken)
    load.stop()
    await loaded
  } finally {
    requests.stop()
  }
  tell('checking: reading everything back from every node')
  const { ended } = requests
  return checkRun(network, load, { folder, startMs, startedAtMs, faults, requests: ended, broken, agreedHeight })
}

export interface RunSoFar {
  readonly folder: string
  readonly startMs: number
  /** When the network was up: a switch after it needs a fault. */
  readonly startedAtMs: number
  /** Null when faults were caused by hand: then switches explain themselves. */
  readonly faults: readonly Fault[] | null
  /** Null: nobody has counted them. */
  readonly requests: readonly EndedRequest[] | null
  readonly broken: string | null
  /** 0: the nodes never agreed. */
  readonly agreedHeight: number
}

/** Reads everything back and reports. Never throws for what it finds. */
export async function checkRun(network: DemoNetwork, load: Load, soFar: RunSoFar): Promise<RunReport> {
  const { genesis, nodes } = network.files
  const judgement = await check({
    genesis,
    nodes,
    acknowledgedFile: join(soFar.folder, ACKNOWLEDGED_FILE),
    height: soFar.agreedHeight,
  })
  const planned = soFar.faults?.some((fault) => fault.planned === true) ?? false
  const votes = planned ? await readReceivedVotes(network) : []
  return runReport({
    ...soFar,
    tookMs: soFar.startMs + nowMs() - soFar.startedAtMs,
    judgement,
    network: genesis.network,
    clusters: genesis.clusters.length,
    nodes: nodes.length,
    sites: new Set(nodes.map(({ site }) => site)).size,
    residentMBPerNode: residentMB(network.nodes.map(({ pid }) => pid).filter((pid) => pid !== undefined)),
    load,
    timeline: network.timeline,
    commits: readCommits(network),
    votes,
  })
}

/** Certificates differ from node to node: each has the votes that its master had when it decided. */
export function readCommits(network: DemoNetwork): Commits {
  const commits = new Map<number, readonly ClusterEpoch[]>()
  for (const { node, dataFolder } of network.files.nodes) {
    try {
      for (const [height, votes] of readDatabase(node, dataFolder).commits) {
        commits.set(height, [...(commits.get(height) ?? []), ...votes])
      }
    } catch {
      // The checker has said so already.
    }
  }
  return commits
}

/** A vote that came too late for the certificate of its height was cast all the same. */
async function readReceivedVotes(network: DemoNetwork): Promise<LoggedVote[]> {
  const journals = network.files.nodes.map(({ dataFolder }) =>
    // The checker has said so already.
    readVotes(dataFolder).catch(() => []),
  )
  return (await Promise.all(journals)).flat()
}
