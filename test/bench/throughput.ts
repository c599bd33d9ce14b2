/** Signed transactions of 256 bytes per second, and how long one takes when the network is not saturated. */
import { generateKeyPair } from '@baton/shared/crypto/keys'
import { signAction } from '../../node-runtime/src/client/sign.ts'
import { type BenchNetwork, type BenchOptions, putNumber, steadyLoad, withNetwork } from './bench-network.ts'
import { quantile, round } from './statistics.ts'

export interface ThroughputFigures {
  readonly perSecond: number
  readonly transactionBytes: number
  /** Of single transactions at a tenth of the accepted rate. */
  readonly latencyMs: { readonly p50: number; readonly p99: number }
}

const TRANSACTION_BYTES = 256
const BATCH = 100
const BATCHES_IN_FLIGHT = 12
const WARM_UP_MS = 3_000
const MEASURE_MS = 15_000
const LATENCY_PER_SECOND = 100
const LATENCY_FOR_MS = 10_000

export function measureThroughput(options: BenchOptions): Promise<ThroughputFigures> {
  return withNetwork(options, async (bench) => {
    const sign = await signer(bench)
    const valueCharacters = await paddingFor(sign)
    const perSecond = await saturate(bench, (number) => sign(number, valueCharacters))
    return { perSecond, transactionBytes: TRANSACTION_BYTES, latencyMs: await latency(bench) }
  })
}

type Sign = (number: number, valueCharacters: number) => Promise<Uint8Array>

async function signer({ network }: BenchNetwork): Promise<Sign> {
  const pair = await generateKeyPair()
  const { network: name } = network.files.genesis
  return async (number, valueCharacters) =>
    (await signAction({ network: name, pair }, putNumber(1_000_000 + number, valueCharacters))).bytes
}

/** The length of value that makes a signed transaction as long as it is to be. */
async function paddingFor(sign: Sign): Promise<number> {
  const overhead = (await sign(0, 100)).length - 100
  return TRANSACTION_BYTES - overhead
}

async function saturate({ client }: BenchNetwork, sign: (number: number) => Promise<Uint8Array>): Promise<number> {
  let next = 0
  let acknowledged = 0
  let running = true
  const worker = async () => {
    while (running) {
      const batch = await Promise.all(Array.from({ length: BATCH }, () => sign(next++)))
      const results = await client.submitBatch(batch)
      acknowledged += results.filter((result) => result.ok && result.value.receipt.ok).length
    }
  }
  const workers = Array.from({ length: BATCHES_IN_FLIGHT }, worker)
  await pause(WARM_UP_MS)
  const before = acknowledged
  const start = performance.now()
  await pause(MEASURE_MS)
  const perSecond = ((acknowledged - before) * 1000) / (performance.now() - start)
  running = false
  await Promise.all(workers)
  return Math.round(perSecond)
}

async function latency(bench: BenchNetwork): Promise<ThroughputFigures['latencyMs']> {
  const background = await steadyLoad(bench, LATENCY_PER_SECOND)
  await pause(LATENCY_FOR_MS)
  await background.stop()
  const times = background.load.acknowledged.map(({ latencyMs }) => latencyMs)
  return { p50: round(quantile(times, 0.5)), p99: round(quantile(times, 0.99)) }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
