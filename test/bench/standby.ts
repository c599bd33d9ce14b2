/** What a standby costs while all is well, and what it saves when a master dies and does not come back. */
import { type BenchOptions, steadyLoad, withNetwork } from './bench-network.ts'
import { round } from './statistics.ts'
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
  readonly before: number
  readonly after: number
}

const LOAD_PER_SECOND = 150
const SPAN_MS = 10_000
/** The first seconds after the fault are the outage, measured elsewhere. */
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
    const rate = async () => {
      const from = network.timeline.height
      await pause(SPAN_MS)
      return round(((network.timeline.height - from) * 1000) / SPAN_MS)
    }
    await pause(AFTER_FAULT_MS)
    const before = await rate()
    await (await network.master('c1')).node.kill()
    await pause(AFTER_FAULT_MS)
    const after = await rate()
    await background.stop()
    return { before, after }
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
