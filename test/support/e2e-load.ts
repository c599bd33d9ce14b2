/** Load on a network, and the judgement over what it was told. */
import { join } from 'node:path'
import type { Action } from '@baton/shared/core/ledger/types'
import { generateKeyPair } from '@baton/shared/crypto/keys'
import { signPut } from '../../node-runtime/src/client/sign.ts'
import type { Judgement } from '../../node-runtime/src/demo/checker/evidence.ts'
import { voteVerifier } from '../../node-runtime/src/demo/checker/holders.ts'
import { judge } from '../../node-runtime/src/demo/checker/judge.ts'
import { readDatabase } from '../../node-runtime/src/demo/checker/read-database.ts'
import { readVotes } from '../../node-runtime/src/demo/checker/read-votes.ts'
import type { Input } from '../../node-runtime/src/demo/input.ts'
import { Load } from '../../node-runtime/src/demo/load.ts'
import { participants } from '../../node-runtime/src/demo/participants.ts'
import { waitFor } from '../../node-runtime/src/demo/wait.ts'
import type { E2eNetwork } from './e2e-network.ts'

const IN_FLIGHT_MAX = 256
const COMMITTED_MS_MAX = 10_000

export interface SteadyLoadOptions {
  readonly perSecond: number
  readonly valueCharacters?: number
  /** Nodes whose clients send it; default all. */
  readonly nodes?: readonly string[]
}

/** A load at a steady pace in the background. */
export class SteadyLoad {
  readonly #load: Load
  readonly #done: Promise<void>
  readonly #network: E2eNetwork

  private constructor(network: E2eNetwork, load: Load) {
    this.#network = network
    this.#load = load
    this.#done = load.run()
  }

  static async start(network: E2eNetwork, options: SteadyLoadOptions): Promise<SteadyLoad> {
    const { perSecond, valueCharacters = 150, nodes } = options
    const submit = await participants(network.files.genesis.network, network.client(nodes))
    const run = runs++
    const load = new Load(puts(`load${run}`, valueCharacters), submit, {
      inFlightMax: IN_FLIGHT_MAX,
      journalFile: join(network.folder, `acknowledged-${run}.jsonl`),
    })
    load.setPace({ perSecond, reserve: 0 })
    return new SteadyLoad(network, load)
  }

  get acknowledged(): Load['acknowledged'] {
    return this.#load.acknowledged
  }

  get failures(): Load['failures'] {
    return this.#load.failures
  }

  get submitted(): number {
    return this.#load.submitted
  }

  /** Waits until this many more were acknowledged: the network takes transactions. */
  more(count: number, boundMs = 30_000): Promise<true> {
    const goal = this.acknowledged.length + count
    return waitFor(`${count} more acknowledgements`, boundMs, () => this.acknowledged.length >= goal)
  }

  /** Waits for the last answer. */
  async stop(): Promise<void> {
    this.#load.stop()
    await this.#done
  }

  /**
   * Stops, waits until all nodes agree, and judges what lies on every node's disk: what was acknowledged, the chains, and every
   * vote that any node received.
   */
  async judge(): Promise<Judgement> {
    await this.stop()
    const height = await this.#network.agreed()
    const { nodes } = this.#network.files
    // Executed blocks ride along with the next commit, a few milliseconds later.
    const copies = await waitFor(`height ${height} on every disk`, COMMITTED_MS_MAX, () => {
      const read = nodes.map(({ node, dataFolder }) => readDatabase(node, dataFolder))
      return read.every(({ blocks }) => blocks.has(height)) && read
    })
    const votes = await Promise.all(nodes.map(({ dataFolder }) => readVotes(dataFolder)))
    const credentials = copies.flatMap((copy) => copy.credentials)
    return judge({
      height,
      acknowledged: this.acknowledged,
      copies,
      votes: votes.flat(),
      isGenuine: voteVerifier(this.#network.trusted, credentials),
      missing: [],
    })
  }
}

/** What `judge` must find. */
export const NOTHING_WRONG = {
  verdict: 'true',
  lost: 0,
  duplicated: 0,
  resultHashesEqual: true,
  conflictingVotes: 0,
  findings: [],
} as const

let runs = 0

function puts(prefix: string, valueCharacters: number): Input {
  return {
    count: Number.POSITIVE_INFINITY,
    async *actions(): AsyncGenerator<Action> {
      for (let number = 0; ; number += 1) {
        yield { kind: 'put', key: `${prefix}/${number}`, value: String(number).padStart(valueCharacters, '.') }
      }
    },
  }
}

/** Submits one fresh record through these nodes (default all) and returns the height that holds it. */
export async function acknowledgedHeight(network: E2eNetwork, nodes?: readonly string[]): Promise<number> {
  const pair = await generateKeyPair()
  const signer = { network: network.files.genesis.network, pair }
  const { bytes } = await signPut(signer, { key: `probe/${runs++}`, value: 'still here' })
  const { receipt } = await network.client(nodes).submit(bytes)
  if (!receipt.ok) throw new Error(`the probe was refused: ${receipt.code}`)
  return receipt.height
}
