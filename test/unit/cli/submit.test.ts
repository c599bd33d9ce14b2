import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeSigned } from '@baton/shared/codec/transaction'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { exportPrivateJwk, generateKeyPair, type KeyPair } from '@baton/shared/crypto/keys'
import { BatonError } from '@baton/shared/errors'
import type { NetworkId } from '@baton/shared/ids'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ApiServer, startApi } from '../../../node-runtime/src/api/server.ts'
import { progressLine } from '../../../node-runtime/src/cli/submit/progress-bar.ts'
import { signPut } from '../../../node-runtime/src/client/sign.ts'
import { createMemoryService, type MemoryService } from '../api/memory-service.ts'
import { type Outcome, type RunOptions, runBaton } from './run-baton.ts'

/** Processes are started: half a second each on a busy machine. */
const TIMEOUT_MS = 30_000

const NETWORK = 'trade' as NetworkId
let folder: string
let pair: KeyPair
let service: MemoryService
let api: ApiServer
let url: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-submit-'))
  pair = await generateKeyPair()
  writeFileSync(join(folder, 'key.json'), await exportPrivateJwk(pair), { mode: 0o600 })
  service = createMemoryService()
  api = await startApi(service, { listen: { host: '127.0.0.1', port: 0 }, report: () => {}, refused: () => {} })
  url = `127.0.0.1:${api.address.port}`
})
afterEach(async () => {
  await api.stop(0)
  rmSync(folder, { recursive: true })
})

const put = (key: string) => JSON.stringify({ put: { key, value: `value of ${key}` } })
const submit = (args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
  runBaton(['submit', ...args, '--url', url, '--key', 'key.json'], { cwd: folder, ...options })
const results = ({ stdout }: Outcome) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { line: number; id?: string; ok: boolean; error?: string })

/** Which records the node was sent, in order. */
function received(): string[] {
  return service.submitted.map((bytes) => {
    const signed = decodeSigned(sha256, bytes)
    if (!signed.ok || signed.value.transaction.action.kind !== 'put') throw new Error('not a put')
    return signed.value.transaction.action.key
  })
}

describe('baton submit', { timeout: TIMEOUT_MS }, () => {
  it('[CLI6] signs every line for the network of the node and prints one result each', async () => {
    writeFileSync(join(folder, 'in.jsonl'), `${put('a')}\n\n${put('b')}\n`)
    const outcome = await submit(['in.jsonl', '--json'])
    expect(outcome.status).toBe(0)
    // In the order of the answers.
    const answers = results(outcome).map(({ line, ok }) => ({ line, ok }))
    expect(answers.sort((a, b) => a.line - b.line)).toEqual([
      { line: 1, ok: true },
      { line: 3, ok: true },
    ])
    const first = decodeSigned(sha256, service.submitted[0]!)
    expect(first).toMatchObject({ ok: true, value: { transaction: { network: NETWORK, sender: pair.publicKey } } })
    expect(outcome.stderr).toMatch(/^2 lines: 2 executed in /)
  })

  it('[CLI6] reads standard input, and takes transactions that are signed already', async () => {
    const ready = await signPut({ network: NETWORK, pair }, { key: 'k', value: 'v' })
    const signed = Buffer.from(ready.bytes).toString('base64url')
    const outcome = await runBaton(['submit', '-', '--url', url, '--json'], { input: JSON.stringify({ signed }) })
    expect(outcome.status).toBe(0)
    expect(service.submitted.map((bytes) => [...bytes])).toEqual([[...ready.bytes]])
  })

  it('[CLI6] reports a wrong line, goes on with the others, and exits with the status of the client', async () => {
    writeFileSync(join(folder, 'in.jsonl'), `${put('a')}\nnonsense\n{"put":{"key":"","value":""}}\n${put('b')}\n`)
    service.failures.push(new BatonError('TRANSACTION_NETWORK', 'signed for another network'))
    const outcome = await submit(['in.jsonl', '--json', '--concurrency', '1'])
    expect(outcome.status).toBe(65)
    expect(
      results(outcome)
        .map(({ line, ok, error }) => `${line} ${ok} ${error ?? ''}`)
        .sort(),
    ).toEqual(['1 false TRANSACTION_NETWORK', '2 false BAD_REQUEST', '3 false BAD_REQUEST', '4 true '])
    expect(outcome.stderr).toMatch(/^4 lines: 1 executed, 3 failed in /)
  })

  it('[CLI6] keeps the order of lines that write the same record', async () => {
    const keys = Array.from({ length: 40 }, (_, at) => `k${at % 2}`)
    writeFileSync(
      join(folder, 'in.jsonl'),
      keys.map((key, at) => JSON.stringify({ put: { key, value: `${at}` } })).join('\n'),
    )
    expect((await submit(['in.jsonl'])).status).toBe(0)
    for (const key of ['k0', 'k1']) {
      const values = service.submitted.flatMap((bytes) => {
        const signed = decodeSigned(sha256, bytes)
        const action = signed.ok ? signed.value.transaction.action : null
        return action?.kind === 'put' && action.key === key ? [Number(action.value)] : []
      })
      expect(values).toEqual([...values].sort((a, b) => a - b))
      expect(values).toHaveLength(20)
    }
  })

  it('[CLI6] asks for a key when a line is not signed', async () => {
    writeFileSync(join(folder, 'in.jsonl'), `${put('a')}\n`)
    const outcome = await runBaton(['submit', 'in.jsonl', '--url', url], { cwd: folder })
    expect(outcome.status).toBe(65)
    expect(outcome.stderr).toContain('line 1 is not signed, and there is no key to sign it with')
    expect(outcome.stderr).toContain('do:  give --key FILE')
  })
})

describe('resuming', { timeout: TIMEOUT_MS }, () => {
  it('[CLI7] goes on where it was killed, and sends an unanswered line again as the same transaction', async () => {
    writeFileSync(join(folder, 'in.jsonl'), ['a', 'b', 'c', 'd'].map(put).join('\n'))
    const accept = service.submit
    let kill = () => {}
    // The third transaction gets into the chain, but its answer never leaves.
    service.submit = async (bytes) => {
      const submitted = await accept(bytes)
      if (service.submitted.length === 3) kill()
      return submitted.height === 3 ? new Promise(() => {}) : submitted
    }
    await submit(['in.jsonl', '--json', '--concurrency', '1'], {
      onStart: (signal) => {
        kill = () => signal('SIGKILL')
      },
    })
    service.submit = accept
    expect(received()).toEqual(['a', 'b', 'c'])
    const second = await submit(['in.jsonl', '--json', '--concurrency', '1'])
    expect(second.status).toBe(0)
    expect(results(second).map(({ line }) => line)).toEqual([3, 4])
    expect(second.stderr).toMatch(/^4 lines: 2 executed, 2 done before in /)
    expect(received()).toEqual(['a', 'b', 'c', 'c', 'd'])
    expect(service.submitted[3]).toEqual(service.submitted[2])
  })

  it('[CLI7] does nothing for a file that is done, and submits it anew with --restart', async () => {
    writeFileSync(join(folder, 'in.jsonl'), `${put('a')}\n`)
    expect((await submit(['in.jsonl'])).status).toBe(0)
    const again = await submit(['in.jsonl'])
    expect(again.status).toBe(0)
    expect(again.stderr).toMatch(/^1 lines: 0 executed, 1 done before in /)
    expect(service.submitted).toHaveLength(1)
    expect((await submit(['in.jsonl', '--restart'])).status).toBe(0)
    expect(service.submitted).toHaveLength(2)
    expect(service.submitted[1]).not.toEqual(service.submitted[0])
  })

  it('[CLI7] survives a progress file that was torn in the middle of a line', async () => {
    writeFileSync(join(folder, 'in.jsonl'), `${put('a')}\n${put('b')}\n`)
    expect((await submit(['in.jsonl', '--concurrency', '1'])).status).toBe(0)
    const file = join(folder, 'in.jsonl.progress')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.slice(0, -10))
    appendFileSync(join(folder, 'in.jsonl'), `${put('c')}\n`)
    const outcome = await submit(['in.jsonl', '--json', '--concurrency', '1'])
    expect(results(outcome).map(({ line }) => line)).toEqual([2, 3])
    expect(received()).toEqual(['a', 'b', 'b', 'c'])
    expect(service.submitted[2]).toEqual(service.submitted[1])
    expect((await submit(['in.jsonl'])).stderr).toContain('3 done before')
  })

  it('[CLI7] stops on SIGINT when what is under way is answered, and says how many were done', async () => {
    writeFileSync(join(folder, 'in.jsonl'), ['a', 'b', 'c', 'd'].map(put).join('\n'))
    const accept = service.submit
    let interrupted = () => {}
    const interruption = new Promise<void>((resolve) => {
      interrupted = resolve
    })
    service.submit = async (bytes) => {
      if (service.submitted.length === 2) await interruption
      return accept(bytes)
    }
    let signalled = false
    const stopped = await submit(['in.jsonl', '--json', '--concurrency', '1'], {
      onOutput: (text, signal) => {
        if (signalled || !text.includes('"line":2')) return
        signalled = true
        signal('SIGINT')
      },
      onError: (text) => text.includes('stopping when') && interrupted(),
    })
    expect(stopped.status).toBe(130)
    expect(stopped.stderr).toContain('3 lines: 3 executed in ')
    expect(results(await submit(['in.jsonl', '--json'])).map(({ line }) => line)).toEqual([4])
  })

  it('[CLI7] refuses to go on when a done line was changed', async () => {
    writeFileSync(join(folder, 'in.jsonl'), `${put('a')}\n`)
    await submit(['in.jsonl'])
    writeFileSync(join(folder, 'in.jsonl'), `${put('x')}\n`)
    const outcome = await submit(['in.jsonl'])
    expect(outcome.status).toBe(65)
    expect(outcome.stderr).toContain('line 1 is not the one that in.jsonl.progress says was submitted')
  })

  it('[CLI7] stops when nobody answers, and keeps what was done', async () => {
    writeFileSync(join(folder, 'in.jsonl'), `${put('a')}\n${put('b')}\n`)
    service.failures.push(
      null,
      ...Array.from({ length: 1_000 }, () => new BatonError('NOT_MASTER', 'no master at the moment')),
    )
    const stopped = await submit(['in.jsonl', '--concurrency', '1', '--retry-for', '1'])
    expect(stopped.status).toBe(75)
    expect(stopped.stderr).toContain('error NOT_MASTER: no master at the moment')
    service.failures.length = 0
    const resumed = await submit(['in.jsonl', '--json'])
    expect(results(resumed).map(({ line }) => line)).toEqual([2])
  })
})

describe('the progress bar', { timeout: TIMEOUT_MS }, () => {
  const tally = { total: 5_000, skipped: 1_000, executed: 1_500, refused: 2, failed: 0 }

  it('[CLI8] shows what is done, the rate of this run, and the time that is left', () => {
    expect(progressLine(tally, 2_000)).toBe('[==============>             ] 2,502/5,000  751/s  ETA 0:04  2 refused')
  })

  it('[CLI8] shows count and rate when nobody knows the total', () => {
    expect(progressLine({ ...tally, total: null, refused: 0 }, 1_000)).toBe('2,500  1,500/s')
  })
})
