/** A network and a load for one measurement; everything is gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Action } from '@baton/shared/core/ledger/types'
import { BatonClient } from '../../node-runtime/src/client/baton-client.ts'
import type { Input } from '../../node-runtime/src/demo/input.ts'
import { Load } from '../../node-runtime/src/demo/load.ts'
import { DemoNetwork } from '../../node-runtime/src/demo/network.ts'
import { participants } from '../../node-runtime/src/demo/participants.ts'

export interface BenchOptions {
  readonly nodesPerCluster: number
  /** Added to every fsync; 0 measures the machine's own disk. */
  readonly injectFsyncMs: number
  /** The members of every cluster are its arbiter (MJ1). */
  readonly majority?: boolean
}

export interface BenchNetwork {
  readonly network: DemoNetwork
  readonly client: BatonClient
  readonly folder: string
}

/** Starts a network, hands it to `measure`, and removes it whatever happens. */
export async function withNetwork<Result>(
  { nodesPerCluster, injectFsyncMs, majority = false }: BenchOptions,
  measure: (bench: BenchNetwork) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-bench-'))
  const network = await DemoNetwork.create({
    folder,
    nodesPerCluster,
    majorities: majority ? ['all'] : [],
    preset: 'lan',
    settings: injectFsyncMs === 0 ? {} : { injectFsyncMs },
    onDeath: (node, why) => console.error(`${node} ended by itself: ${why}`),
  })
  const client = new BatonClient({
    urls: network.files.nodes.map(({ apiAddress }) => apiAddress),
    attemptMs: 3_000,
    retryForMs: 60_000,
    route: 'turn',
  })
  try {
    await network.start()
    return await measure({ network, client, folder })
  } finally {
    await client.close()
    await network.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Endless independent records. */
export function endlessPuts(valueCharacters: number): Input {
  return {
    count: Number.POSITIVE_INFINITY,
    async *actions(): AsyncGenerator<Action> {
      for (let number = 0; ; number += 1) yield putNumber(number, valueCharacters)
    },
  }
}

export function putNumber(number: number, valueCharacters: number): Action {
  return { kind: 'put', key: `bench/${number}`, value: String(number).padStart(valueCharacters, '.') }
}

/** A load at a steady pace in the background; `stop` waits for its last answer. */
export async function steadyLoad({ network, client, folder }: BenchNetwork, perSecond: number) {
  const submit = await participants(network.files.genesis.network, client)
  const load = new Load(endlessPuts(150), submit, { inFlightMax: 256, journalFile: join(folder, 'acknowledged.jsonl') })
  load.setPace({ perSecond, reserve: 0 })
  const done = load.run()
  return {
    load,
    async stop() {
      load.stop()
      await done
    },
  }
}
