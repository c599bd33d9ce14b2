/** `baton demo` as a process, and the processes it starts. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'vitest'
import { SAMPLE_FILE } from '../../node-runtime/src/demo/input.ts'
import type { RunReport } from '../../node-runtime/src/demo/report.ts'

const MAIN = join(import.meta.dirname, '../../node-runtime/src/cli/main.ts')

/** The first lines of the sample issue receivables: none of them needs another. */
export function writeFewLines(file: string): void {
  writeFileSync(file, `${readFileSync(SAMPLE_FILE, 'utf8').split('\n').slice(0, 200).join('\n')}\n`)
}

export function startDemo(...options: string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, 'demo', ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Everything the demo printed until a line matches. Fails when it ends before. */
export async function printedUntil(demo: ChildProcess, pattern: RegExp): Promise<string[]> {
  const lines: string[] = []
  for await (const line of createInterface({ input: demo.stdout! })) {
    lines.push(line)
    if (pattern.test(line)) return lines
  }
  throw new Error(`the demo ended before it printed ${pattern}:\n${lines.join('\n')}`)
}

export interface FinishedDemo {
  readonly status: number | null
  readonly lines: readonly string[]
  /** The last line. */
  readonly report: RunReport
}

/** Runs the demo to its end; with `--json` the last line is the result. */
export async function runDemoOnce(...options: string[]): Promise<FinishedDemo> {
  const demo = startDemo('--once', '--json', ...options)
  const lines: string[] = []
  let errors = ''
  createInterface({ input: demo.stdout! }).on('line', (line) => lines.push(line))
  demo.stderr!.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const [status] = (await once(demo, 'close')) as [number | null]
  const last = lines.at(-1) ?? ''
  if (!last.startsWith('{')) throw new Error(`no result in:\n${lines.join('\n')}\n${errors}`)
  return { status, lines, report: JSON.parse(last) as RunReport }
}

/** A clean verdict, and nothing that speaks against it: every acknowledgement was kept, and every switch was one epoch. */
export function expectNothingWrong({ report, status, lines }: FinishedDemo): void {
  expect(report.findings, lines.join('\n')).toEqual([])
  expect(report).toMatchObject({ verdict: 'true', resultHashesEqual: true, conflictingVotes: 0 })
  expect(status).toBe(0)
  const { submitted, acknowledged, lost, duplicated } = report.transactions
  expect({ acknowledged, lost, duplicated }).toEqual({ acknowledged: submitted, lost: 0, duplicated: 0 })
  for (const { fromEpoch, toEpoch, outageMs } of report.switches) {
    expect(toEpoch).toBe(fromEpoch + 1)
    expect(outageMs).toBeGreaterThan(0)
  }
}

/** Each case struck while much was to come and some was under way, and clients were answered before and after it. */
export function expectUnderLoad(report: RunReport, cases: readonly string[]): void {
  for (const name of cases) {
    expect(report.loadAtFault[name]!.unsubmitted).toBeGreaterThanOrEqual(1_000)
    expect(report.loadAtFault[name]!.inFlight).toBeGreaterThan(0)
    expect(report.acknowledgedDuring[name]!.before).toBeGreaterThan(0)
    expect(report.acknowledgedDuring[name]!.after).toBeGreaterThan(0)
  }
}

/** All descendants of a process, from /proc. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? statOf(Number(name))?.parent : undefined
    if (parent !== undefined) parents.set(Number(name), parent)
  }
  const found = [...parents].filter(([, parent]) => parent === pid).map(([child]) => child)
  return found.flatMap((child) => [child, ...descendants(child)])
}

/** A zombie still has a number, but is dead. */
export function isAlive(pid: number): boolean {
  const stat = statOf(pid)
  return stat !== null && stat.state !== 'Z' && stat.state !== 'X'
}

function statOf(pid: number): { readonly state: string; readonly parent: number } | null {
  try {
    // The command name stands in brackets and may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return { state: fields[0]!, parent: Number(fields[1]) }
  } catch {
    return null
  }
}
