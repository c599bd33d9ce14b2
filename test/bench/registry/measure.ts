/** The control plane under the load of many clusters: how fast it grants, what it uses, and what that costs in a month. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../../../node-runtime/src/demo/wait.ts'
import { processorMs } from '../processor-time.ts'
import { quantile, round } from '../statistics.ts'
import { type EdgeUsage, type MonthlyCost, monthlyCost } from './cost.ts'
import { type Counted, readCounters, usedBetween } from './counters.ts'
import { type MeasuredNetwork, NODES_PER_CLUSTER, startNetworks, storedBytes } from './network.ts'
import { RegistryNode } from './node.ts'

export interface RegistryOptions {
  readonly nodes: number
  /** Of counting, nothing but the usual going on; a multiple of `reportWriteMs` counts what is written once in it as often as it is. */
  readonly seconds: number
}

export interface RegistryFigures {
  readonly nodes: number
  readonly clusters: number
  readonly networks: number
  readonly seconds: number
  /** From the sent claim of a standby to the signed grant, all nodes reporting. */
  readonly grantMs: { readonly grants: number; readonly p50: number; readonly p99: number }
  /** Of one core, all workerds together. */
  readonly cpuPercent: number
  readonly perNodeHour: EdgeUsage
  /** One handover, beside the usual. */
  readonly perSwitch: Pick<Counted, 'requests' | 'rowsWritten'>
  readonly storedKBPerNode: number
  readonly monthly: readonly { readonly nodes: number; readonly cost: MonthlyCost }[]
  /** Sessions that were lost while it was counted, and with the grants too. */
  readonly sessionsLost: { readonly counting: number; readonly inAll: number }
  /** Reports that were answered, of those that the rates of the policy ask for, in per cent. */
  readonly heardPercent: number
  /** False: this machine did not bear the load, so what was counted is not what the policy asks for. */
  readonly sound: boolean
}

/** A month of so many nodes is told of. */
const SIZES = [10, 100, 1_000]
const CONNECT_AT_ONCE = 25
const DIRECTORY_MS_MAX = 120_000
const WARM_UP_MS = 15_000
const GRANTS_MAX = 100
const GRANT_EVERY_MS = 1_000
/** How long a call of one object by another keeps the caller at work: not measurable here, where both are in one process. */
const CALL_SECONDS = 0.05
const HEARD_PERCENT_MIN = 99

export async function measureRegistry({ nodes, seconds }: RegistryOptions): Promise<RegistryFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-registry-'))
  const networks: MeasuredNetwork[] = []
  const clusters: (readonly RegistryNode[])[] = []
  try {
    networks.push(...(await startNetworks(Math.max(1, Math.round(nodes / NODES_PER_CLUSTER)), folder)))
    clusters.push(...networks.flatMap(makeNodes))
    await bringUp(networks, clusters)
    await sleep(WARM_UP_MS)
    const usual = await count(networks, clusters, () => sleep(seconds * 1_000))
    const grants: number[] = []
    const switching = await count(networks, clusters, () => switchSome(clusters, grants))
    return figuresOf({ networks, clusters, usual, switching, grants })
  } finally {
    await Promise.all(clusters.flat().map((node) => node.stop()))
    await Promise.all(networks.map(({ authority }) => authority.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

function makeNodes({ genesis, members, authority }: MeasuredNetwork): (readonly RegistryNode[])[] {
  return members.map(({ cluster, nodes }) => {
    const others = genesis.clusters.map((other) => other.cluster).filter((other) => other !== cluster.cluster)
    return nodes.map((identity) => new RegistryNode(identity, cluster, others, authority.url))
  })
}

/** Founders, then the others, then a standby in every sync set. */
async function bringUp(
  networks: readonly MeasuredNetwork[],
  clusters: readonly (readonly RegistryNode[])[],
): Promise<void> {
  await inBatches(clusters, 'founders', ([founder]) => founder!.start())
  await waitFor('every directory to list all masters', DIRECTORY_MS_MAX, async () => {
    for (const { genesis, authority } of networks) {
      const answer = await fetch(`${authority.url}/v1/networks/${genesis.network}/masters`)
      const { masters } = (await answer.json()) as { masters: readonly unknown[] }
      if (masters.length < genesis.clusters.length) return false
    }
    return true
  })
  await inBatches(
    clusters.flatMap((nodes) => nodes.slice(1)),
    'other nodes',
    (node) => node.start(),
  )
  await inBatches(clusters, 'standbys', ([founder, standby]) => founder!.add(standby!))
}

async function inBatches<Item>(
  items: readonly Item[],
  what: string,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < items.length; at += CONNECT_AT_ONCE) {
    process.stderr.write(`\r${what} ${at}/${items.length} `)
    await Promise.all(items.slice(at, at + CONNECT_AT_ONCE).map(work))
  }
  process.stderr.write(`\r${what} ${items.length}/${items.length} \n`)
}

/** Each cluster once, at most, at a steady pace. */
async function switchSome(clusters: readonly (readonly RegistryNode[])[], grants: number[]): Promise<void> {
  for (const [at, [founder, standby]] of clusters.slice(0, GRANTS_MAX).entries()) {
    process.stderr.write(`\rgrants ${at + 1} `)
    grants.push(await founder!.handOver(standby!))
    await sleep(GRANT_EVERY_MS)
  }
  process.stderr.write('\n')
}

interface Span {
  readonly ms: number
  readonly cpuMs: number
  readonly used: Counted
  readonly sessions: number
  readonly heard: number
}

async function count(
  networks: readonly MeasuredNetwork[],
  clusters: readonly (readonly RegistryNode[])[],
  work: () => Promise<unknown>,
): Promise<Span> {
  const all = clusters.flat()
  const total = (of: (node: RegistryNode) => number) => all.reduce((sum, node) => sum + of(node), 0)
  const cpu = () => networks.reduce((sum, { authority }) => sum + processorMs(authority.pid), 0)
  const now = () => ({
    at: performance.now(),
    cpu: cpu(),
    sessions: total((node) => node.sessions),
    heard: total((node) => node.heard),
  })
  const before = await readCounters(networks)
  const start = now()
  await work()
  const end = now()
  const used = usedBetween(before, await readCounters(networks), networks)
  return {
    ms: end.at - start.at,
    cpuMs: end.cpu - start.cpu,
    used,
    sessions: end.sessions - start.sessions,
    heard: end.heard - start.heard,
  }
}

interface Measured {
  readonly networks: readonly MeasuredNetwork[]
  readonly clusters: readonly (readonly RegistryNode[])[]
  readonly usual: Span
  readonly switching: Span
  readonly grants: readonly number[]
}

function figuresOf({ networks, clusters, usual, switching, grants }: Measured): RegistryFigures {
  const nodes = clusters.length * NODES_PER_CLUSTER
  const nodeHours = (nodes * usual.ms) / 3_600_000
  const { requests, messages, rowsRead, rowsWritten } = usual.used
  const activeSeconds = usual.cpuMs / 1_000 + requests * CALL_SECONDS
  const perNodeHour = {
    workerRequests: usual.sessions / nodeHours,
    requests: requests / nodeHours,
    messages: messages / nodeHours,
    activeSeconds: activeSeconds / nodeHours,
    rowsRead: rowsRead / nodeHours,
    rowsWritten: rowsWritten / nodeHours,
  }
  const beside = (key: 'requests' | 'rowsWritten') =>
    round((switching.used[key] - usual.used[key] * (switching.ms / usual.ms)) / grants.length)
  const stored = networks.reduce((sum, network) => sum + storedBytes(network), 0) / nodes
  const { masterTtlMs } = networks[0]!.genesis.clusters[0]!.policy
  const expected = clusters.length * (3_000 / masterTtlMs + NODES_PER_CLUSTER - 1) * (usual.ms / 1_000)
  const heardPercent = round((usual.heard / expected) * 100)
  return {
    nodes,
    clusters: clusters.length,
    networks: networks.length,
    seconds: round(usual.ms / 1_000),
    grantMs: { grants: grants.length, p50: round(quantile(grants, 0.5)), p99: round(quantile(grants, 0.99)) },
    cpuPercent: round((usual.cpuMs / usual.ms) * 100),
    perNodeHour,
    perSwitch: { requests: beside('requests'), rowsWritten: beside('rowsWritten') },
    storedKBPerNode: round(stored / 1_024),
    monthly: SIZES.map((size) => ({ nodes: size, cost: monthlyCost(perNodeHour, size, stored / 1e9) })),
    sessionsLost: { counting: usual.sessions, inAll: usual.sessions + switching.sessions },
    heardPercent,
    sound: usual.sessions === 0 && heardPercent >= HEARD_PERCENT_MIN,
  }
}
