/** Starts the network, runs what was asked for, and leaves nothing behind. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { print, printJson } from '../cli/command-io.ts'
import { BatonClient } from '../client/baton-client.ts'
import type { DemoCase } from './cases/case.ts'
import { selectCases } from './cases/index.ts'
import { type Input, inRounds, openInput, SAMPLE_FILE } from './input.ts'
import { checkEnough, roundsFor } from './input-shares.ts'
import { runLive } from './live/run-live.ts'
import { runPlain } from './live/run-plain.ts'
import { Load } from './load.ts'
import { DemoNetwork } from './network.ts'
import { nowMs } from './now.ts'
import { participants } from './participants.ts'
import { describe, exitStatus, type RunReport } from './report.ts'
import { ACKNOWLEDGED_FILE, checkRun, runScenario } from './scenario.ts'
import { whenAskedToEnd } from './stop-signals.ts'

export interface DemoOptions {
  readonly once?: boolean
  readonly json?: boolean
  readonly keep?: boolean
  readonly input?: string
  readonly majority?: readonly string[]
  readonly case?: readonly string[]
}

/** Fourteen processes share this machine's cores: a node that has to wait half a second for its turn is not to resign for it. */
const PRESET = 'metro'
/** A lost sync set is waited for, and a planned switch back held up, no longer than somebody who watches has patience. */
const POLICY = { recoverAfterMs: 8_000, settleTimeMs: 5_000, switchesPerHour: 60 } as const
const IN_FLIGHT_MAX = 192
/** One attempt of a client: a frozen node costs this much before the next one is asked. */
const ATTEMPT_MS = 3_000
const RETRY_FOR_MS = 60_000
/** Slow enough to watch. */
const LIVE_PER_SECOND = 100

export async function runDemo(options: DemoOptions): Promise<void> {
  const cases = selectCases(options.case ?? [])
  const began = nowMs()
  const folder = mkdtempSync(join(tmpdir(), 'baton-demo-'))
  const ending = whenAskedToEnd()
  let network: DemoNetwork | undefined
  try {
    print(`data folder ${folder}${options.keep ? '' : ' (removed at the end; --keep keeps it)'}`)
    const input = await inputOf(options, cases, folder)
    network = await DemoNetwork.create({
      folder,
      nodesPerCluster: 3,
      majorities: options.majority ?? (options.once ? cases.flatMap(({ majorities = [] }) => majorities) : []),
      preset: PRESET,
      policy: POLICY,
      onDeath: (node, why) => print(`${node} ended by itself: ${why}; see ${join(folder, 'logs', `${node}.log`)}`),
    })
    if (options.once) for (const { prepare } of cases) prepare?.(network.files)
    const { clusters, sites, nodes } = size(network)
    print(`starting the control plane and ${nodes} nodes: ${clusters} clusters on ${sites} sites`)
    await Promise.race([network.start(), ending.rejection])
    const startMs = nowMs() - began
    print(`up after ${(startMs / 1000).toFixed(1)} s; control plane ${network.authorityUrl}`)
    if (options.once) {
      const load = await loadOf(network, folder, input)
      const tell = (line: string) => print(`${((nowMs() - began) / 1000).toFixed(1).padStart(5)} s  ${line}`)
      const scenario = runScenario({ network, load, cases, folder, startMs, tell })
      finish(await Promise.race([scenario, ending.rejection]), options)
    } else {
      const load = await loadOf(network, folder, input)
      await watch(network, load, { folder, startMs, ending: ending.rejection })
    }
  } finally {
    await network?.stop()
    if (!options.keep) rmSync(folder, { recursive: true, force: true })
    else print(`kept ${folder}`)
    ending.done()
  }
}

/** The sample lasts for all cases, and in the live view for ever: each round is about other receivables. A file is submitted as it is. */
async function inputOf(options: DemoOptions, cases: readonly DemoCase[], folder: string): Promise<Input> {
  const input = await openInput(options.input ?? SAMPLE_FILE, folder)
  if (options.input === undefined) return inRounds(input, options.once ? roundsFor(cases) : Number.POSITIVE_INFINITY)
  if (options.once) checkEnough(cases, input.count)
  return input
}

async function loadOf(network: DemoNetwork, folder: string, input: Input): Promise<Load> {
  const client = new BatonClient({
    urls: network.files.nodes.map(({ apiAddress }) => apiAddress),
    attemptMs: ATTEMPT_MS,
    retryForMs: RETRY_FOR_MS,
    route: 'turn',
  })
  const submit = await participants(network.files.genesis.network, client)
  return new Load(input, submit, { inFlightMax: IN_FLIGHT_MAX, journalFile: join(folder, ACKNOWLEDGED_FILE) })
}

async function watch(
  network: DemoNetwork,
  load: Load,
  options: { readonly folder: string; readonly startMs: number; readonly ending: Promise<never> },
): Promise<void> {
  const startedAtMs = nowMs()
  load.setPace({ perSecond: LIVE_PER_SECOND, reserve: 0 })
  const loaded = load.run()
  const terminal = process.stdin.isTTY && process.stdout.isTTY
  const view = terminal ? runLive(network, load, options.folder) : runPlain(network, load)
  const quit = await Promise.race([view, options.ending])
  if (quit === 'now') return
  print('waking everything up, then checking: reading everything back from every node')
  load.stop()
  await network.heal()
  await loaded
  const agreedHeight = await network.agreed()
  const soFar = { ...options, startedAtMs, faults: null, requests: null, broken: null, agreedHeight }
  finish(await checkRun(network, load, soFar), {})
}

function finish(report: RunReport, { json }: DemoOptions): void {
  for (const line of describe(report)) print(line)
  process.exitCode = exitStatus(report)
  if (json) printJson(report)
}

function size(network: DemoNetwork) {
  const { genesis, nodes } = network.files
  return {
    clusters: genesis.clusters.length,
    nodes: nodes.length,
    sites: new Set(nodes.map(({ site }) => site)).size,
  }
}
