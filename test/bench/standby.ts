/** What a standby costs while all is well, and what it saves when a master dies and does not come back. */
import { nowMs } from '../../node-runtime/src/demo/now.ts'
import { type BenchOptions, steadyLoad, withNetwork } from './bench-network.ts'
import { quantile, round } from './statistics.ts'
import { measureThroughput, type ThroughputFigures } from './throughput.ts'

export interface StandbyFigures {
  /** The same load with one node per cluster and with a standby. */
  readonly alone: ThroughputFigures
  readonly withStandby: ThroughputFigures
  /** Blocks per second under the same load: before a master is killed for good, and after. */
  readonly blocksAlone: BlockRates
  readonly blocksWithStandby: BlockRates
}

export interface BlockRates {
  readonly before: Span
  /** The first seconds after the fault left out: they are the outage, measured elsewhere. */
  readonly after: Span
}

export interface Span {
  readonly perSecond: number
  readonly longestGapMs: number
  /** Of acknowledgements, median. */
  readonly latencyMs: number
}

const LOAD_PER_SECOND = 150
const SPAN_MS = 10_000
const AFTER_FAULT_MS = 3_000

export async function measureStandby(options: Omit<BenchOptions, 'nodesPerCluster'>): Promise<StandbyFigures> {
  return {
    alone: await measureThroughput({ ...options, nodesPerCluster: 1 }),
    withStandby: await measureThroughput({ ...options, nodesPerCluster: 2 }),
    blocksAlone: await blockRates({ ...options, nodesPerCluster: 1 }),
    blocksWithStandby: await blockRates({ ...options, nodesPerCluster: 2 }),
  }
}

function blockRates(options: BenchOptions): Promise<BlockRates> {
  return withNetwork(options, async (bench) => {
    const { network } = bench
    const background = await steadyLoad(bench, LOAD_PER_SECOND)
    const span = async (): Promise<Span> => {
      const height = network.timeline.height
      const fromMs = nowMs()
      await pause(SPAN_MS)
      const times = background.load.acknowledged.filter(({ atMs }) => atMs >= fromMs).map(({ latencyMs }) => latencyMs)
      return {
        perSecond: round(((network.timeline.height - height) * 1000) / SPAN_MS),
        longestGapMs: round(network.timeline.longestGapMs(fromMs, nowMs())),
        latencyMs: round(quantile(times, 0.5)),
      }
    }
    await pause(AFTER_FAULT_MS)
    const before = await span()
    await (await network.master('c1')).node.kill()
    await pause(AFTER_FAULT_MS)
    const after = await span()
    await background.stop()
    return { before, after }
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
