/** Memory and processor time of a node: idle, and after a long load. */
import { readFileSync } from 'node:fs'
import type { DemoNetwork } from '../../node-runtime/src/demo/network.ts'
import { residentMB } from '../../node-runtime/src/demo/resident-memory.ts'
import { type BenchOptions, steadyLoad, withNetwork } from './bench-network.ts'
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
/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100

export function measureFootprint(loadMinutes: number, options: BenchOptions): Promise<FootprintFigures> {
  return withNetwork(options, async (bench) => {
    const { network } = bench
    await pause(SETTLE_MS)
    const ticks = network.nodes.map(({ pid }) => cpuTicks(pid!))
    await pause(IDLE_MS)
    const cpu = network.nodes.map(
      ({ pid }, at) => ((cpuTicks(pid!) - ticks[at]!) / TICKS_PER_SECOND / (IDLE_MS / 1000)) * 100,
    )
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

function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
  return Number(fields[11]) + Number(fields[12])
}

function mean(values: readonly number[]): number {
  return round(values.reduce((sum, value) => sum + value, 0) / values.length)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
