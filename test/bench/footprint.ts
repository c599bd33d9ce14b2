/** Memory and processor time of a node: idle, and after a long load. */
import type { DemoNetwork } from '../../node-runtime/src/demo/network.ts'
import { residentMB } from '../../node-runtime/src/demo/resident-memory.ts'
import { type BenchOptions, steadyLoad, withNetwork } from './bench-network.ts'
import { processorMs } from './processor-time.ts'
import { round } from './statistics.ts'

export interface FootprintFigures {
  readonly idleMB: { readonly mean: number; readonly max: number }
  /** Per cent of one core, per node. */
  readonly idleCpuPercent: { readonly mean: number; readonly max: number }
  readonly loadMinutes: number
  readonly afterLoadMB: { readonly mean: number; readonly max: number }
  /** Growth of the mean over the second half of the load, in per cent: flat is near 0. */
  readonly growthPercent: number
}

const SETTLE_MS = 10_000
const IDLE_MS = 20_000
const LOAD_PER_SECOND = 300

export function measureFootprint(loadMinutes: number, options: BenchOptions): Promise<FootprintFigures> {
  return withNetwork(options, async (bench) => {
    const { network } = bench
    await pause(SETTLE_MS)
    const before = network.nodes.map(({ pid }) => processorMs(pid!))
    await pause(IDLE_MS)
    const cpu = network.nodes.map(({ pid }, at) => ((processorMs(pid!) - before[at]!) / IDLE_MS) * 100)
    const idle = memory(network)
    const background = await steadyLoad(bench, LOAD_PER_SECOND)
    await pause(loadMinutes * 30_000)
    const half = memory(network)
    await pause(loadMinutes * 30_000)
    const end = memory(network)
    await background.stop()
    return {
      idleMB: idle,
      idleCpuPercent: { mean: mean(cpu), max: round(Math.max(...cpu)) },
      loadMinutes,
      afterLoadMB: end,
      growthPercent: round(((end.mean - half.mean) / half.mean) * 100),
    }
  })
}

function memory(network: DemoNetwork): { mean: number; max: number } {
  const each = network.nodes.map(({ pid }) => residentMB([pid!]))
  return { mean: mean(each), max: Math.max(...each) }
}

function mean(values: readonly number[]): number {
  return round(values.reduce((sum, value) => sum + value, 0) / values.length)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
