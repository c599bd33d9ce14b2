/** A report for people. */
import type { Report } from './report.ts'
import { describeTimings } from './timings.ts'

export function tableOf(report: Report): string {
  const rows: readonly (readonly [string, string])[] = [
    ['seeds', `${report.seeds} from ${report.first}, ${report.corpus} of the corpus`],
    ['events', grouped(report.events)],
    ['events per second', `${grouped(report.eventsPerSecond)}, per core ${grouped(report.eventsPerCoreSecond)}`],
    ['seeds per second', String(report.seedsPerSecond)],
    ['simulated hours', String(report.simulatedHours)],
    ['evaluations', grouped(report.evaluations)],
    ['heights, acknowledged, switches', `${report.heights}, ${report.acknowledged}, ${report.switches}`],
    ['run twice', `${report.repeated} seeds, ${report.differing.length} differed`],
    ['goes on after ms (p50/p90/p99/max)', describeTimings(report.timings)],
    ['faults', counts(report.faults)],
    ['reached', counts(report.reached)],
    ['never reached', report.neverReached.join(', ') || 'none'],
    ['violations', String(report.violations.length)],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
  for (const { seed, broken, sentences, replay, story } of report.violations) {
    lines.push('', `seed ${seed}: ${broken}`, ...sentences.slice(0, 5), ...story.slice(-20), replay)
  }
  return lines.join('\n')
}

function counts(of: Readonly<Record<string, number>>): string {
  return Object.entries(of)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

function grouped(number: number): string {
  return number.toLocaleString('en').replaceAll(',', ' ')
}
