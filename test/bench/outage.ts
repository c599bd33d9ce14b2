/**
 * How long a member is gone after a fault: kill -9, freeze, and the loss of a site, again and again on one running network. `member-kill`: kill -9
 * where the members of each cluster are its arbiter (MJ1).
 */
import { freezeMaster, killMaster, loseSite } from '../../node-runtime/src/demo/faults.ts'
import { type Fault, networkStallMs, type SwitchFigures, switchFigures } from '../../node-runtime/src/demo/figures.ts'
import type { DemoNetwork } from '../../node-runtime/src/demo/network.ts'
import { readCommits } from '../../node-runtime/src/demo/scenario.ts'
import { type BenchOptions, steadyLoad, withNetwork } from './bench-network.ts'
import { type Summary, summarize } from './statistics.ts'

export interface OutageFigures {
  readonly detectMs: Summary
  readonly grantMs: Summary
  readonly outageMs: Summary
  readonly networkStallMs: Summary
}

export const OUTAGE_KINDS = ['kill', 'member-kill', 'freeze', 'site'] as const
export type OutageKind = (typeof OUTAGE_KINDS)[number]

const LOAD_PER_SECOND = 150

export function measureOutage(kind: OutageKind, runs: number, options: BenchOptions): Promise<OutageFigures> {
  return withNetwork({ ...options, majority: kind === 'member-kill' }, async (bench) => {
    const { network } = bench
    const background = await steadyLoad(bench, LOAD_PER_SECOND)
    const faults: Fault[] = []
    for (let run = 0; run < runs; run += 1) {
      process.stderr.write(`\r${kind} ${run + 1}/${runs} `)
      faults.push(await strike(kind, run, network))
    }
    process.stderr.write('\n')
    await background.stop()
    await network.agreed()
    const commits = readCommits(network)
    const switches = faults.map((fault) => switchFigures(fault, network.timeline, commits))
    const all = switches.flat()
    return {
      detectMs: summarize(present(all, 'detectMs')),
      grantMs: summarize(present(all, 'grantMs')),
      outageMs: summarize(present(all, 'outageMs')),
      networkStallMs: summarize(faults.map((fault, at) => networkStallMs(fault, network.timeline, switches[at]!))),
    }
  })
}

async function strike(kind: OutageKind, run: number, network: DemoNetwork): Promise<Fault> {
  const clusters = network.files.genesis.clusters.map(({ cluster }) => cluster)
  const cluster = clusters[run % clusters.length]!
  const quiet = () => undefined
  if (kind === 'kill' || kind === 'member-kill') return killMaster(network, cluster, quiet)
  if (kind === 'freeze') return freezeMaster(network, cluster, quiet)
  return loseSite(network, (await network.master('c1')).node.files.site, quiet)
}

/** A switch without the figure has not happened: it is a failed run, not a fast one. */
function present(switches: readonly SwitchFigures[], name: 'detectMs' | 'grantMs' | 'outageMs'): number[] {
  return switches.map((figures) => figures[name] ?? Number.POSITIVE_INFINITY)
}
