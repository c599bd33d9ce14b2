import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { LIMITS } from '@baton/shared/limits'
import { describe, expect, test } from 'vitest'
import { certify, introduce, peerAt, peersOf, startNode } from '../unit/adapters/peer-links/mesh.ts'
import { untilTrue } from '../unit/adapters/until-true.ts'

const text = (value: string) => new TextEncoder().encode(value)
const read = (frame: Uint8Array) => new TextDecoder().decode(frame)

describe('links between nodes', () => {
  test('[ID5] a full mesh comes up with one link per pair, made by the lower id', async () => {
    const nodes = await Promise.all(['c1-a', 'c1-b', 'c1-c', 'c1-d'].map((id) => startNode(id)))
    introduce(...nodes)
    await untilTrue('every node has three links', () => nodes.every(({ links }) => links.open().length === 3))
    for (const node of nodes) {
      expect(node.events.sort()).toEqual(nodes.filter((other) => other !== node).map(({ id }) => `+${id}`))
      expect(node.refused).toEqual([])
    }
    expect(nodes[0]!.links.open()[0]).toMatchObject({ cluster: 'c1', certificate: { network: 'receivables' } })
  })

  test('frames arrive whole and in order, both ways, from one byte to the limit', async () => {
    const [a, b] = await Promise.all([startNode('c1-a'), startNode('c1-b')])
    introduce(a, b)
    await untilTrue('linked', () => a.links.isOpen(b.id) && b.links.isOpen(a.id))
    const sizes = [1, 125, 126, 65_535, 65_536, 1_000_000, LIMITS.peerFrameBytes]
    const sent = sizes.map((size) => randomBytes(size))
    for (const frame of sent) expect(a.links.send(b.id, frame)).toBe(true)
    for (let i = 0; i < 3_000; i++) {
      expect(a.links.send(b.id, text(`a${i}`))).toBe(true)
      expect(b.links.send(a.id, text(`b${i}`))).toBe(true)
    }
    await untilTrue('all there', () => b.frames.length === 3_000 + sent.length && a.frames.length === 3_000)
    for (const [i, frame] of sent.entries()) expect(Buffer.compare(b.frames[i]!.frame, frame)).toBe(0)
    expect(b.frames.slice(sent.length).map(({ frame }) => read(frame))).toEqual(
      Array.from({ length: 3_000 }, (_, i) => `a${i}`),
    )
    expect(a.frames.map(({ frame }) => read(frame))).toEqual(Array.from({ length: 3_000 }, (_, i) => `b${i}`))
    expect(a.links.bufferedBytes(b.id)).toBe(0)
  })

  test('a frame sent as the link opens is not lost', async () => {
    for (let round = 0; round < 5; round++) {
      const a = await startNode('c1-a')
      const b = await startNode('c1-b')
      const greet = (from: typeof a, to: typeof b) => {
        const push = from.events.push.bind(from.events)
        from.events.push = (...lines: string[]) => {
          from.links.send(to.id, text(`hello from ${from.id}`))
          return push(...lines)
        }
      }
      greet(a, b)
      greet(b, a)
      introduce(a, b)
      await untilTrue('both greeted', () => a.frames.length === 1 && b.frames.length === 1)
      await Promise.all([a.links.stop(), b.links.stop()])
    }
  })

  test('flush lets frames go before a long synchronous act', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../unit/adapters/peer-links/echo-process.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    try {
      const [line] = await once(child.stdout, 'data')
      const a = await startNode('c1-a')
      a.links.setPeers(peerAt('c1-b', `127.0.0.1:${String(line).trim()}`))
      await untilTrue('linked', () => a.links.isOpen('c1-b' as never))
      const answeredWithin = async (flush: boolean): Promise<number> => {
        const seen = a.frames.length
        a.links.send('c1-b' as never, text('when'))
        if (flush) a.links.flush()
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400)
        const blockedUntil = Date.now()
        await untilTrue('answered', () => a.frames.length > seen)
        return Number(read(a.frames.at(-1)!.frame)) - blockedUntil
      }
      await answeredWithin(true)
      // The receiver's wall clock tells when the frame came, against the end of our blocking.
      expect(await answeredWithin(true)).toBeLessThan(0)
      expect(await answeredWithin(false)).toBeGreaterThanOrEqual(-1)
    } finally {
      child.kill('SIGKILL')
    }
  })

  test('[EL1] kill -9 of a process closes its link and refuses a reconnect within milliseconds', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../unit/adapters/peer-links/echo-process.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [line] = await once(child.stdout, 'data')
    const a = await startNode('c1-a')
    a.links.setPeers(peerAt('c1-b', `127.0.0.1:${String(line).trim()}`))
    await untilTrue('linked', () => a.links.isOpen('c1-b' as never))
    expect(await a.links.probe('c1-b' as never)).toBe('open')
    const killed = performance.now()
    child.kill('SIGKILL')
    await untilTrue('closed', () => a.events.includes('-c1-b lost'))
    expect(performance.now() - killed).toBeLessThan(100)
    expect(await a.links.probe('c1-b' as never)).toBe('refused')
    expect(performance.now() - killed).toBeLessThan(200)
    expect(a.links.send('c1-b' as never, text('x'))).toBe(false)
  })

  test('[EL1] a probe tells refused, open and unknown apart', async () => {
    const [a, b] = await Promise.all([startNode('c1-a'), startNode('c1-b')])
    a.links.setPeers(peersOf([b]))
    expect(await a.links.probe(b.id)).toBe('open')
    expect(await a.links.probe('c1-z' as never)).toBe('timeout')
    await b.links.stop()
    expect(await a.links.probe(b.id)).toBe('refused')
    // No TCP connection leads to the broadcast address: a host that cannot be reached, without touching the network.
    a.links.setPeers(peerAt('c1-b', '255.255.255.255:7001'))
    expect(await a.links.probe(b.id, 50)).toBe('timeout')
    expect(b.refused).toEqual([])
  })

  test('a peer that comes back is linked again, without anyone asking', async () => {
    const a = await startNode('c1-a')
    const b = await startNode('c1-b')
    introduce(a, b)
    await untilTrue('linked', () => a.links.isOpen(b.id))
    const port = b.links.port()
    await b.links.stop()
    await untilTrue('closed in order', () => a.events.includes('-c1-b closed'))
    const again = await startNode('c1-b', { port })
    await untilTrue('linked again', () => a.links.isOpen(b.id) && again.links.isOpen(a.id))
    expect(a.events).toEqual(['+c1-b', '-c1-b closed', '+c1-b'])
  })

  test('of two links between the same nodes the newest stays', async () => {
    const b = await startNode('c1-b')
    const identity = await certify('c1-a')
    const first = await startNode('c1-a', { identity })
    first.links.setPeers(peersOf([b]))
    await untilTrue('first', () => b.links.isOpen(first.id))
    // The same node from a new process, while the old link still looks alive.
    const second = await startNode('c1-a', { identity })
    second.links.setPeers(peersOf([b]))
    await untilTrue('second', () => b.events.length === 3)
    expect(b.events).toEqual(['+c1-a', '-c1-a replaced', '+c1-a'])
    await first.links.stop()
    b.links.send(first.id, text('to the newest'))
    await untilTrue('received', () => second.frames.length === 1)
  })

  test('two nodes that dial each other at the same moment end with one link', async () => {
    for (let round = 0; round < 5; round++) {
      const [a, b] = await Promise.all([startNode('c1-a'), startNode('c1-b')])
      introduce(a, b)
      introduce(b, a)
      await untilTrue('linked', () => a.links.isOpen(b.id) && b.links.isOpen(a.id))
      expect([a.events, b.events, a.refused, b.refused]).toEqual([['+c1-b'], ['+c1-a'], [], []])
      await Promise.all([a.links.stop(), b.links.stop()])
    }
  })

  test('terminate drops a silent peer, which is dialled again', async () => {
    const [a, b] = await Promise.all([startNode('c1-a'), startNode('c1-b')])
    introduce(a, b)
    await untilTrue('linked', () => a.links.isOpen(b.id) && b.links.isOpen(a.id))
    b.links.terminate(a.id)
    expect(b.events.at(-1)).toBe('-c1-a terminated')
    await untilTrue('linked again', () => a.links.isOpen(b.id) && b.links.isOpen(a.id))
    expect(a.events).toEqual(['+c1-b', '-c1-b lost', '+c1-b'])
  })

  test('a peer that reads too slowly loses its link, and the queue never passes its bound', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../unit/adapters/peer-links/echo-process.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    try {
      const [line] = await once(child.stdout, 'data')
      const a = await startNode('c1-a')
      a.links.setPeers(peerAt('c1-b', `127.0.0.1:${String(line).trim()}`))
      await untilTrue('linked', () => a.links.isOpen('c1-b' as never))
      child.kill('SIGSTOP')
      const frame = new Uint8Array(LIMITS.peerFrameBytes)
      let highest = 0
      let sent = 0
      while (a.links.send('c1-b' as never, frame)) {
        highest = Math.max(highest, a.links.bufferedBytes('c1-b' as never))
        if (++sent > 100) throw new Error('the queue has no bound')
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(a.events.at(-1)).toBe('-c1-b queue-full')
      expect(highest).toBeLessThanOrEqual(LIMITS.peerQueueBytes)
      expect(highest).toBeGreaterThan(LIMITS.peerQueueBytes / 2)
    } finally {
      child.kill('SIGKILL')
    }
  })

  test('peers that are no longer wanted lose their link; new ones are dialled', async () => {
    const [a, b, c] = await Promise.all([startNode('c1-a'), startNode('c1-b'), startNode('c1-c')])
    a.links.setPeers(peersOf([b]))
    await untilTrue('b', () => a.links.isOpen(b.id))
    a.links.setPeers(peersOf([c]))
    await untilTrue('c', () => a.links.isOpen(c.id))
    expect(a.events).toEqual(['+c1-b', '-c1-b removed', '+c1-c'])
  })

  test('a taken port and a foreign address are errors that say what to do', async () => {
    const a = await startNode('c1-a')
    await expect(startNode('c1-b', { port: a.links.port() })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      details: { address: a.address() },
      remedy: expect.stringContaining(String(a.links.port())),
    })
    // TEST-NET-3 (RFC 5737): no host has it.
    await expect(startNode('c1-b', { host: '203.0.113.1' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      remedy: expect.stringContaining('address of this host'),
    })
  })
})
