/**
 * `npm run bench`: outage, throughput, footprint and what a standby costs and saves, first on this machine's disk and again with 5 ms
 * added to every fsync; and once the control plane under the load of many clusters. Writes `bench-results/TIME.json` and prints a table in
 * Markdown.
 *
 *     npm run bench -- --runs 20 --only kill,member-kill,freeze,site,throughput,footprint,standby --load-minutes 10 --fsync 0,5
 *     npm run bench -- --only registry --nodes 1000 --count-seconds 120
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measureFootprint } from './footprint.ts'
import { type Figures, type Row, rows } from './goals.ts'
import { measureMachine } from './machine.ts'
import { measureOutage, OUTAGE_KINDS, type OutageFigures, type OutageKind } from './outage.ts'
import { measureRegistry } from './registry/measure.ts'
import { measureStandby } from './standby.ts'
import { measureThroughput } from './throughput.ts'

const PARTS = [...OUTAGE_KINDS, 'throughput', 'footprint', 'standby', 'registry'] as const

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    only: { type: 'string', default: PARTS.join(',') },
    'load-minutes': { type: 'string', default: '10' },
    fsync: { type: 'string', default: '0,5' },
    nodes: { type: 'string', default: '1000' },
    'count-seconds': { type: 'string', default: '120' },
  },
})
const parts = new Set(values.only.split(','))
const unknown = [...parts].filter((part) => !(PARTS as readonly string[]).includes(part))
if (unknown.length > 0) {
  console.error(`no part ${unknown.join(', ')}; there are: ${PARTS.join(', ')}`)
  process.exit(2)
}

const registryOptions = { nodes: Number(values.nodes), seconds: Number(values['count-seconds']) }
if (!Object.values(registryOptions).every((value) => Number.isSafeInteger(value) && value > 0)) {
  console.error('--nodes and --count-seconds are whole numbers above 0')
  process.exit(2)
}

const machine = measureMachine()
console.log(`${machine.cores} × ${machine.model}, ${machine.memoryMB} MB, Node ${machine.node}`)
console.log(
  `Ed25519 verify ${machine.verifyPerSecond}/s per core, fsync p50 ${machine.fsyncMs.p50} ms, p99 ${machine.fsyncMs.p99} ms`,
)

const passes: Figures[] = []
// The disks of nodes are nothing to the control plane: it is measured once.
const onlyRegistry = [...parts].every((part) => part === 'registry')
for (const injectFsyncMs of onlyRegistry ? [0] : values.fsync.split(',').map(Number)) {
  const figures = await measure(injectFsyncMs)
  passes.push(figures)
  console.log(`\n${injectFsyncMs === 0 ? 'this disk' : `with ${injectFsyncMs} ms added to every fsync`}\n`)
  console.log(table(rows(figures, machine)))
}

const folder = join(import.meta.dirname, '../../bench-results')
mkdirSync(folder, { recursive: true })
const file = join(folder, `${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}.json`)
writeFileSync(file, `${JSON.stringify({ machine, passes }, null, 2)}\n`)
console.log(`\nwritten to ${file}`)

async function measure(injectFsyncMs: number): Promise<Figures> {
  const three = { nodesPerCluster: 3, injectFsyncMs }
  const outage: Partial<Record<OutageKind, OutageFigures>> = {}
  for (const kind of OUTAGE_KINDS) {
    if (parts.has(kind)) outage[kind] = await measureOutage(kind, Number(values.runs), three)
  }
  return {
    injectFsyncMs,
    outage,
    ...(parts.has('throughput') ? { throughput: await measureThroughput({ nodesPerCluster: 2, injectFsyncMs }) } : {}),
    ...(parts.has('footprint') ? { footprint: await measureFootprint(Number(values['load-minutes']), three) } : {}),
    ...(parts.has('standby') ? { standby: await measureStandby({ injectFsyncMs }) } : {}),
    ...(parts.has('registry') && passes.length === 0 ? { registry: await measureRegistry(registryOptions) } : {}),
  }
}

function table(lines: readonly Row[]): string {
  const cells = lines.map(({ what, measured, goal, met }) => `| ${what} | ${measured} | ${goal} | ${met} |`)
  return ['| figure | measured | goal | met |', '|---|---|---|---|', ...cells].join('\n')
}
