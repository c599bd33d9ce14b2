import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Instant, Ms, PublicKey } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../node-runtime/src/adapters/clock.ts'
import { nodeLog } from '../../../node-runtime/src/adapters/log.ts'
import { METRICS } from '../../../node-runtime/src/adapters/metrics/table.ts'
import { createMetrics } from '../../../node-runtime/src/adapters/metrics.ts'
import { nodeSigner } from '../../../node-runtime/src/adapters/signer.ts'
import { stallDetector } from '../../../node-runtime/src/adapters/stall-detector.ts'
import { namedTimers } from '../../../node-runtime/src/adapters/timers.ts'
import { ed25519Verifier } from '../../../node-runtime/src/adapters/verifier.ts'
import { NODE, OUTSIDER } from '../../support/fixed-network.ts'
import { temporaryFolder } from './sqlite/temporary-folder.ts'
import { untilTrue } from './until-true.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('named timers', () => {
  test('fire once, in order, never early; set again they are replaced, with null cancelled', async () => {
    const fired: [string, number][] = []
    const started = systemClock.now()
    const timers = namedTimers<string>(systemClock, (name) => void fired.push([name, systemClock.now() - started]))
    timers.set('late', 60 as Ms)
    timers.set('early', 20 as Ms)
    timers.set('replaced', 10 as Ms)
    timers.set('replaced', 40 as Ms)
    timers.set('cancelled', 5 as Ms)
    timers.set('cancelled', null)
    await untilTrue('all', () => fired.length === 3)
    expect(fired.map(([name]) => name)).toEqual(['early', 'replaced', 'late'])
    for (const [[, at], least] of fired.map((one, i) => [one, [20, 40, 60][i]!] as const)) {
      expect(at).toBeGreaterThanOrEqual(least)
    }
  })

  test('stopped, nothing fires any more', async () => {
    const fired: string[] = []
    const timers = namedTimers<string>(systemClock, (name) => void fired.push(name))
    timers.set('before', 1 as Ms)
    timers.stop()
    timers.set('after', 1 as Ms)
    let later = false
    setTimeout(() => {
      later = true
    }, 10)
    await untilTrue('a later timer', () => later)
    expect(fired).toEqual([])
  })
})

describe('[EL2] the stall detector', () => {
  test('tells a stall to whoever asks first, once', async () => {
    let now = 0
    const stalls: number[] = []
    const clock = { now: () => now as Instant, wallNow: systemClock.wallNow }
    const detector = stallDetector({ clock, thresholdMs: 500 as Ms, onStall: (ms) => void stalls.push(ms) })
    detector.start()
    now = 400
    expect(detector.check()).toBe(0)
    now = 901
    expect(detector.check()).toBe(501)
    expect(detector.check()).toBe(0)
    expect(stalls).toEqual([501])
    detector.stop()
  })

  test('notices a blocked event loop by itself', async () => {
    const stalls: number[] = []
    const detector = stallDetector({ clock: systemClock, thresholdMs: 50 as Ms, onStall: (ms) => void stalls.push(ms) })
    detector.start()
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120)
    await untilTrue('noticed', () => stalls.length > 0)
    expect(stalls[0]).toBeGreaterThanOrEqual(115)
    detector.stop()
  })
})

describe('signing and verifying', () => {
  const signer = nodeSigner(NODE)
  const signed = (text: string) => {
    const message = bytes(text)
    return { key: signer.publicKey, message, signature: signer.sign(message) }
  }

  test('what the signer signs verifies, at once and in bulk, and nothing else does', async () => {
    const verifier = ed25519Verifier()
    const good = signed('vote')
    const wrong = [
      { ...good, message: bytes('another vote') },
      { ...good, key: OUTSIDER.publicKey },
      { ...good, signature: good.signature.map((byte, i) => (i === 3 ? byte ^ 1 : byte)) },
      { ...good, signature: good.signature.subarray(1) },
      { ...good, key: 'short' as PublicKey },
    ]
    expect(good.signature.constructor).toBe(Uint8Array)
    expect(verifier.verify(good)).toBe(true)
    for (const one of wrong) expect(verifier.verify(one)).toBe(false)
    expect(await verifier.verifyAll([good, ...wrong, good])).toEqual([true, false, false, false, false, false, true])
    expect(await verifier.verifyAll([])).toEqual([])
  })

  test('[ID6] small order and non-canonical encodings never reach the native verify', async () => {
    const verifier = ed25519Verifier()
    const identity = Buffer.from('0100000000000000000000000000000000000000000000000000000000000000', 'hex')
    const forged = {
      key: identity.toString('base64url') as PublicKey,
      message: bytes('anything'),
      signature: new Uint8Array([...identity, ...new Uint8Array(32)]),
    }
    expect(verifier.verify(forged)).toBe(false)
    expect(await verifier.verifyAll([forged])).toEqual([false])
  })

  test('[GU4] a bulk does not hold up the event loop, and bulks asked for together both end', async () => {
    const verifier = ed25519Verifier()
    const all = Array.from({ length: 600 }, (_, i) => signed(`transaction ${i}`))
    let turns = 0
    let done = false
    const count = () => {
      turns++
      if (!done) setImmediate(count)
    }
    setImmediate(count)
    const [first, second] = await Promise.all([verifier.verifyAll(all), verifier.verifyAll(all.slice(0, 100))])
    done = true
    expect(first.every(Boolean) && second.every(Boolean)).toBe(true)
    expect([first.length, second.length]).toEqual([600, 100])
    // On this thread they would all run in one turn.
    expect(turns).toBeGreaterThan(20)
  })

  test('the cache of keys is bounded: many keys later the first still verifies', () => {
    const verifier = ed25519Verifier()
    const good = signed('vote')
    expect(verifier.verify(good)).toBe(true)
    for (let i = 0; i < 5_000; i++) {
      const key = Buffer.alloc(32, i % 256)
      key.writeUInt16BE(i, 4)
      verifier.verify({ ...good, key: key.toString('base64url') as PublicKey })
    }
    expect(verifier.verify(good)).toBe(true)
  })
})

describe('metrics', () => {
  test('exactly the table is exported, all under baton_', async () => {
    const metrics = createMetrics('1.2.3')
    const text = await metrics.render()
    const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type])
    expect(names.sort()).toEqual(
      Object.entries(METRICS)
        .map(([name, { type }]) => [name, type])
        .sort(),
    )
    expect(names.every(([name]) => name!.startsWith('baton_'))).toBe(true)
    expect(text).toContain('baton_build_info{version="1.2.3"} 1')
  })

  test('gauges are set and cleared, counters add up, histograms fill their buckets', async () => {
    const metrics = createMetrics('0')
    metrics.set('baton_role', 1, { role: 'master' })
    metrics.clear('baton_role')
    metrics.set('baton_role', 1, { role: 'standby' })
    metrics.set('baton_height', 7)
    metrics.add('baton_peer_links_closed_total', 1, { reason: 'lost' })
    metrics.add('baton_peer_links_closed_total', 2, { reason: 'lost' })
    metrics.observe('baton_commit_seconds', 0.0002)
    const text = await metrics.render()
    expect(text).not.toContain('role="master"')
    for (const line of [
      'baton_role{role="standby"} 1',
      'baton_height 7',
      'baton_peer_links_closed_total{reason="lost"} 3',
      'baton_commit_seconds_bucket{le="0.0001"} 0',
      'baton_commit_seconds_bucket{le="0.00025"} 1',
    ]) {
      expect(text).toContain(`${line}\n`)
    }
    expect(Number(/^baton_process_resident_bytes (\d+)/m.exec(text)?.[1])).toBeGreaterThan(1e6)
  })
})

describe('the log', () => {
  test('is one JSON object per line, with the fields of the node, its level, time and message', async () => {
    const file = join(temporaryFolder(), 'log')
    const log = await nodeLog({ level: 'info', fields: { node: 'c1-a' }, to: openSync(file, 'w') })
    log.debug({}, 'not written')
    log.with({ peer: 'c1-b' }).warn({ reason: 'lost' }, 'link closed')
    log.error({}, 'second')
    await untilTrue('written', () => readFileSync(file, 'utf8').split('\n').length === 3)
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines[0]).toMatchObject({ level: 40, node: 'c1-a', peer: 'c1-b', reason: 'lost', msg: 'link closed' })
    expect(Date.parse(lines[0].time)).toBeGreaterThan(0)
    expect(lines[1].peer).toBeUndefined()
    log.flush()
  })

  test('is text for people where that is asked for', async () => {
    const file = join(temporaryFolder(), 'log')
    const to = openSync(file, 'w')
    const log = await nodeLog({ level: 'info', fields: { node: 'c1-a' }, to, pretty: true })
    log.info({ height: 7 }, 'decided')
    closeSync(to)
    expect(readFileSync(file, 'utf8')).toMatch(/INFO.*decided[\s\S]*height/)
  })

  test('[EL2] a reader that does not read holds up nobody', () => {
    // A pipe that nobody reads is full after 64 KiB; spawnSync reads only at the end, and kills what hangs.
    const script = `
      import { nodeLog } from '${join(import.meta.dirname, '../../../node-runtime/src/adapters/log.ts')}'
      import { spawn } from 'node:child_process'
      const reader = spawn('sleep', ['20'], { stdio: ['pipe', 'ignore', 'ignore'] })
      const log = await nodeLog({ level: 'info', fields: {}, to: reader.stdin._handle.fd })
      const started = performance.now()
      for (let i = 0; i < 20_000; i++) log.info({ i, text: 'x'.repeat(200) }, 'a line')
      await new Promise((resolve) => setTimeout(resolve, 50))
      console.error(performance.now() - started)
      reader.kill('SIGKILL')
      process.kill(process.pid, 'SIGKILL')
    `
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 15_000,
    })
    const tookMs = /^\d+\.\d+$/m.exec(stderr)?.[0]
    expect(tookMs).toBeDefined()
    expect(Number(tookMs)).toBeLessThan(10_000)
  }, 20_000)
})
