/** What this machine can do: figures of Baton mean little without it. */
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { quantile, round } from './statistics.ts'

export interface Machine {
  readonly cores: number
  readonly model: string
  readonly memoryMB: number
  readonly node: string
  /** Ed25519, one core. */
  readonly verifyPerSecond: number
  readonly fsyncMs: { readonly p50: number; readonly p99: number }
}

const VERIFY_FOR_MS = 1_000
const FSYNCS = 500

export function measureMachine(): Machine {
  return {
    cores: availableParallelism(),
    model: cpus()[0]?.model ?? 'unknown',
    memoryMB: Math.round(totalmem() / 1024 / 1024),
    node: process.version,
    verifyPerSecond: verifyRate(),
    fsyncMs: fsyncTimes(),
  }
}

function verifyRate(): number {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const message = Buffer.alloc(200, 1)
  const signature = sign(null, message, privateKey)
  const start = performance.now()
  let count = 0
  for (; performance.now() - start < VERIFY_FOR_MS; count += 1) verify(null, message, publicKey, signature)
  return Math.round((count * 1000) / (performance.now() - start))
}

function fsyncTimes(): Machine['fsyncMs'] {
  const folder = mkdtempSync(join(tmpdir(), 'baton-fsync-'))
  const file = openSync(join(folder, 'probe'), 'w')
  const page = Buffer.alloc(4096, 1)
  const times = Array.from({ length: FSYNCS }, () => {
    writeSync(file, page)
    const start = performance.now()
    fsyncSync(file)
    return performance.now() - start
  })
  closeSync(file)
  rmSync(folder, { recursive: true })
  return { p50: round(quantile(times, 0.5), 3), p99: round(quantile(times, 0.99), 3) }
}
