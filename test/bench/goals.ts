/** Goals are printed with whether they were met; they fail nothing. */
import type { FootprintFigures } from './footprint.ts'
import type { Machine } from './machine.ts'
import type { OutageFigures, OutageKind } from './outage.ts'
import type { RegistryFigures } from './registry/measure.ts'
import type { BlockRates, Span, StandbyFigures } from './standby.ts'
import { round } from './statistics.ts'
import type { ThroughputFigures } from './throughput.ts'

/** All that one pass measured; what was not asked for is missing. */
export interface Figures {
  readonly injectFsyncMs: number
  readonly outage: Partial<Record<OutageKind, OutageFigures>>
  readonly throughput?: ThroughputFigures
  readonly footprint?: FootprintFigures
  readonly standby?: StandbyFigures
  readonly registry?: RegistryFigures
}

export interface Row {
  readonly what: string
  readonly measured: string
  readonly goal: string
  readonly met: 'goal' | 'accepted' | 'missed' | ''
}

export function rows(figures: Figures, machine: Machine): Row[] {
  const { outage, throughput, footprint, standby, registry } = figures
  return [
    ...(outage.kill === undefined ? [] : killRows(outage.kill)),
    ...(outage['member-kill'] === undefined ? [] : memberKillRows(outage['member-kill'])),
    ...(outage.freeze === undefined
      ? []
      : [atMost('freeze → voting again, median', outage.freeze.outageMs.median, 1_500, 'ms')]),
    ...(outage.site === undefined
      ? []
      : [atMost('site lost → next block, median', outage.site.networkStallMs.median, 2_000, 'ms')]),
    ...(throughput === undefined ? [] : throughputRows(throughput, machine)),
    ...(footprint === undefined ? [] : footprintRows(footprint)),
    ...(standby === undefined ? [] : standbyRows(standby)),
    ...(registry === undefined ? [] : registryRows(registry)),
  ]
}

/** MJ1: no goal of its own; what it costs beside the control plane, which on one machine is next door, is seen by comparison. */
function memberKillRows({ outageMs, detectMs, grantMs }: OutageFigures): Row[] {
  return [
    plain('its own arbiter: kill -9 → voting again, median, p99', `${outageMs.median} ms, ${outageMs.p99} ms`),
    plain('its own arbiter: kill -9: detected, granted, median', `${detectMs.median} ms, ${grantMs.median} ms`),
  ]
}

function killRows({ outageMs, detectMs, grantMs }: OutageFigures): Row[] {
  return [
    graded('kill -9 → voting again, median', outageMs.median, 'ms', [
      outageMs.median <= 140,
      outageMs.median <= 300,
      '≤ 140 ms (accepted ≤ 300 ms)',
    ]),
    atMost('kill -9 → voting again, p99', outageMs.p99, 1_000, 'ms'),
    plain('kill -9: detected, granted, median', `${detectMs.median} ms, ${grantMs.median} ms`),
  ]
}

function throughputRows({ perSecond, latencyMs }: ThroughputFigures, machine: Machine): Row[] {
  return [
    graded('signed 256 B transactions, 4 clusters × 2 nodes', perSecond, '/s', [
      perSecond >= 2_000,
      perSecond >= 1_000,
      '≥ 2,000/s (accepted ≥ 1,000/s)',
    ]),
    plain('this machine verifies, per core', `${machine.verifyPerSecond}/s`),
    plain('latency at 100/s, median and p99', `${latencyMs.p50} ms, ${latencyMs.p99} ms`),
  ]
}

function footprintRows({ idleMB, afterLoadMB, idleCpuPercent, growthPercent, loadMinutes }: FootprintFigures): Row[] {
  return [
    atMost('resident per node, idle', idleMB.max, 150, 'MB'),
    atMost(`resident per node after ${loadMinutes} min of load`, afterLoadMB.max, 220, 'MB'),
    atMost('growth over the second half of the load', growthPercent, 5, '%'),
    atMost('idle node, of one core', idleCpuPercent.max, 5, '%'),
  ]
}

function standbyRows({ alone, withStandby, blocksAlone, blocksWithStandby }: StandbyFigures): Row[] {
  return [
    plain('cost of the standby: throughput', `${alone.perSecond}/s alone, ${withStandby.perSecond}/s with it`),
    plain('cost of the standby: latency', `${alone.latencyMs.p50} ms alone, ${withStandby.latencyMs.p50} ms with it`),
    plain('master dead for good, alone', change(blocksAlone)),
    plain('master dead for good, with standby', change(blocksWithStandby)),
  ]
}

/** US dollars a month, by the number of nodes; for others it is only told. */
const COST_GOALS: Readonly<Record<number, number>> = { 100: 10, 1000: 100 }

function registryRows(figures: RegistryFigures): Row[] {
  const { nodes, clusters, networks, grantMs, cpuPercent, perNodeHour, perSwitch, sessionsLost, heardPercent } = figures
  const { requests, messages, rowsRead, rowsWritten, activeSeconds } = perNodeHour
  const shape = `${nodes} nodes, ${clusters} clusters, ${networks} networks`
  const under = [
    plain(
      `registry, ${shape}: claim → grant, median and p99`,
      `${grantMs.p50} ms, ${grantMs.p99} ms of ${grantMs.grants}`,
    ),
    plain('registry: workerd, of one core', `${cpuPercent} %`),
    plain('registry: reports answered, sessions lost', `${heardPercent} %, ${sessionsLost.inAll}`),
  ]
  if (!figures.sound) {
    return [
      ...under,
      plain('registry: counted', 'nothing that counts: reports went unanswered, the machine is too busy'),
    ]
  }
  return [
    ...under,
    plain('counted per node and hour: frames in, requests', `${round(messages)}, ${round(requests)}`),
    plain('counted per node and hour: rows written, rows read', `${round(rowsWritten)}, ${round(rowsRead)}`),
    plain('counted per node and hour: objects at work', `${round(activeSeconds)} s`),
    plain('counted per planned switch: requests, rows written', `${perSwitch.requests}, ${perSwitch.rowsWritten}`),
    ...figures.monthly.map(({ nodes: size, cost }) => {
      const [what, dollars] = [`control plane of ${size} nodes, a month`, round(cost.total, 2)] as const
      const goal = COST_GOALS[size]
      return goal === undefined ? plain(what, `${dollars} US dollars`) : below(what, dollars, goal, 'US dollars')
    }),
  ]
}

function change({ before, after }: BlockRates): string {
  const show = ({ perSecond, longestGapMs, latencyMs }: Span) =>
    `${perSecond} blocks/s, longest gap ${longestGapMs} ms, latency ${latencyMs} ms`
  return `${show(before)} → ${show(after)}`
}

function atMost(what: string, value: number, bound: number, unit: string): Row {
  return graded(what, value, unit, [value <= bound, value <= bound, `≤ ${bound.toLocaleString('en')} ${unit}`])
}

function below(what: string, value: number, bound: number, unit: string): Row {
  return graded(what, value, unit, [value < bound, value < bound, `< ${bound.toLocaleString('en')} ${unit}`])
}

function graded(what: string, value: number, unit: string, [goal, accepted, text]: [boolean, boolean, string]): Row {
  return { what, measured: `${value} ${unit}`, goal: text, met: goal ? 'goal' : accepted ? 'accepted' : 'missed' }
}

function plain(what: string, measured: string): Row {
  return { what, measured, goal: '', met: '' }
}
