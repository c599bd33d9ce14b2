import { once } from 'node:events'
import { type ConnectionOptions, connect } from 'node:tls'
import type { ClusterId, NetworkId, NodeId, UnixMs } from '@baton/shared/ids'
import type { PeerRefusal } from '@baton/shared/ports/peer-links'
import { describe, expect, test } from 'vitest'
import type { TlsIdentity } from '../../../../node-runtime/src/identity/load-identity.ts'
import { C2, GENESIS, OUTSIDER, OWNER_C2 } from '../../../support/fixed-network.ts'
import { untilTrue } from '../until-true.ts'
import { selfSigned } from './foreign-certificates.ts'
import { certify, DAY_MS, introduce, NOW, peerAt, peersOf, startNode } from './mesh.ts'
import { closed, knock, tlsServer, UPGRADE } from './wrong-sides.ts'

/** Identities that must be refused, by the reason both sides must name. */
const WRONG: [string, PeerRefusal, () => Promise<TlsIdentity>][] = [
  ['an ECDSA key', 'algorithm', async () => selfSigned('ecdsa', (await certify('c1-a')).jws)],
  ['an RSA key', 'algorithm', async () => selfSigned('rsa', (await certify('c1-a')).jws)],
  ['no node certificate inside', 'certificate-malformed', () => selfSigned('ed25519', null)],
  ['noise inside', 'certificate-malformed', () => selfSigned('ed25519', 'not.a.jws')],
  [
    "another node's certificate, copied",
    'key-mismatch',
    async () => selfSigned('ed25519', (await certify('c1-a')).jws),
  ],
  [
    'a certificate of another network',
    'wrong-network',
    async () => (await certify('c1-a', { network: 'payments' as NetworkId })).tls,
  ],
  [
    'a certificate signed by nobody',
    'not-signed-by-owner',
    async () => (await certify('c1-a', { owner: OUTSIDER })).tls,
  ],
  [
    "a certificate signed by another cluster's owner",
    'not-signed-by-owner',
    async () => (await certify('c1-a', { owner: OWNER_C2 })).tls,
  ],
  [
    'a cluster that genesis does not have',
    'not-signed-by-owner',
    async () => (await certify('c1-a', { cluster: 'c9' as ClusterId })).tls,
  ],
  ['an expired certificate', 'expired', async () => (await certify('c1-a', { expiresAt: (NOW - 1) as UnixMs })).tls],
]

describe('[ID5] the listening side refuses, before the upgrade is accepted,', () => {
  for (const [what, reason, identity] of WRONG) {
    test(`${what}, and both sides name the reason`, async () => {
      const b = await startNode('c1-b')
      const a = await startNode('c1-a', { identity: { ...(await certify('c1-a')), tls: await identity() } })
      a.links.setPeers(peersOf([b]))
      await untilTrue('both sides know', () => a.refused.length > 0 && b.refused.length > 0)
      expect(b.refused[0]).toMatchObject({ reason, by: 'us', direction: 'inbound', why: expect.any(String) })
      expect(a.refused[0]).toMatchObject({ reason, by: 'them', direction: 'outbound', node: 'c1-b' })
      expect([a.events, b.events]).toEqual([[], []])
    })
  }

  const raw: [string, PeerRefusal, () => Promise<ConnectionOptions>][] = [
    ['a client without a certificate', 'no-certificate', async () => ({})],
    ['TLS 1.2', 'tls', async () => ({ ...(await certify('c1-a')).tls, maxVersion: 'TLSv1.2' })],
    ['a node that must wait to be dialled', 'wrong-direction', async () => (await certify('c1-c')).tls],
    ['its own identity', 'own-identity', async () => (await certify('c1-b')).tls],
  ]
  for (const [what, reason, options] of raw) {
    test(what, async () => {
      const b = await startNode('c1-b')
      const answer = await knock(b.links.port(), await options())
      expect(answer).toBe(
        reason === 'tls'
          ? ''
          : `HTTP/1.1 403 Forbidden\r\nx-baton-refused: ${reason}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
      )
      await untilTrue('reported', () => b.refused.length === 1)
      expect(b.refused[0]).toMatchObject({ reason, by: 'us', direction: 'inbound' })
      expect(b.events).toEqual([])
    })
  }

  test('to resume a session', async () => {
    const b = await startNode('c1-b')
    const { tls } = await certify('c1-a')
    const first = connect({ host: '127.0.0.1', port: b.links.port(), rejectUnauthorized: false, ...tls })
    let session: Buffer | undefined
    first.on('session', (ticket) => {
      session = ticket
    })
    first.write(UPGRADE)
    await once(first, 'data')
    first.destroy()
    const second = connect({ host: '127.0.0.1', port: b.links.port(), rejectUnauthorized: false, session, ...tls })
    await once(second, 'secureConnect')
    expect(second.isSessionReused()).toBe(false)
    second.destroy()
  })

  test('a request that is no upgrade, and bytes that are no HTTP', async () => {
    const b = await startNode('c1-b')
    const { tls } = await certify('c1-a')
    expect(await knock(b.links.port(), tls, 'GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 426 /)
    expect(await knock(b.links.port(), tls, UPGRADE.replace('/peer', '/else'))).toMatch(/x-baton-refused: protocol/)
    await knock(b.links.port(), tls, '\x00\x01\x02\r\n\r\n')
    expect(b.refused.map(({ reason, node }) => [reason, node])).toEqual([
      ['protocol', 'c1-a'],
      ['protocol', 'c1-a'],
      ['protocol', 'c1-a'],
    ])
    expect(b.events).toEqual([])
  })
})

describe('[ID5] the dialling side refuses, before it requests an upgrade,', () => {
  for (const [what, reason, identity] of WRONG) {
    test(what, async () => {
      const server = await tlsServer({ ...(await identity()) })
      const a = await startNode('c1-0')
      a.links.setPeers(peerAt('c1-a', server.address))
      await untilTrue('refused', () => a.refused.length > 0 && server.received() !== '')
      expect(a.refused[0]).toMatchObject({ reason, by: 'us', direction: 'outbound', node: 'c1-a' })
      expect(server.received()).not.toMatch(/upgrade/i)
      expect(server.received()).toContain(`x-baton-refused: ${reason}\r\n`)
      expect(a.events).toEqual([])
    })
  }

  test('TLS 1.2', async () => {
    const server = await tlsServer({ ...(await certify('c1-b')).tls, maxVersion: 'TLSv1.2' })
    const a = await startNode('c1-a')
    a.links.setPeers(peerAt('c1-b', server.address))
    await untilTrue('refused', () => a.refused.length > 0)
    expect(a.refused[0]).toMatchObject({ reason: 'tls', by: 'us' })
  })

  test('a node other than the one dialled, and a cluster other than its own', async () => {
    const c = await startNode('c1-c')
    const a = await startNode('c1-a')
    a.links.setPeers(peerAt('c1-b', c.address()))
    await untilTrue('both sides know', () => a.refused.length > 0 && c.refused.length > 0)
    expect(a.refused[0]).toMatchObject({ reason: 'other-node', by: 'us', node: 'c1-b' })
    expect(c.refused[0]).toMatchObject({ reason: 'other-node', by: 'them', node: 'c1-a' })
    const before = a.refused.length
    a.links.setPeers(peerAt('c1-c', c.address(), C2))
    await untilTrue('refused again', () => a.refused.length > before)
    expect(a.refused.at(-1)).toMatchObject({ reason: 'other-node', node: 'c1-c' })
    a.links.setPeers(peersOf([c]))
    await untilTrue('linked once it is right', () => a.links.isOpen(c.id))
  })
})

test('[ID8] expiry is looked at when joining, and one wrong clock disturbs only its own node', async () => {
  const late = (NOW + 2 * DAY_MS) as UnixMs
  const [a, b, c] = await Promise.all([startNode('c1-a'), startNode('c1-b'), startNode('c1-c', { now: late })])
  introduce(a, b, c)
  await untilTrue('a and b', () => a.links.isOpen(b.id) && b.links.isOpen(a.id))
  await untilTrue('c refuses both', () => c.refused.length >= 2)
  expect(new Set(c.refused.map(({ reason, by }) => `${reason} ${by}`))).toEqual(new Set(['expired us']))
  expect(a.links.open().map(({ node }) => node)).toEqual([b.id])
})

test('10,000 random frames, and noise in place of frames, crash nothing and disturb no other link', async () => {
  const [a, b, c] = await Promise.all([startNode('c1-a'), startNode('c1-b'), startNode('c1-c')])
  introduce(a, b, c)
  await untilTrue('mesh', () => [a, b, c].every(({ links }) => links.open().length === 2))
  for (let i = 0; i < 10_000; i++) a.links.send(b.id, crypto.getRandomValues(new Uint8Array(i % 300)))
  await untilTrue('all there', () => b.frames.length === 10_000)

  // Below the frames: whoever holds a certificate may still send anything.
  const { tls } = await certify('c1-a')
  for (let i = 0; i < 100; i++) {
    const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(1 + (i % 300)))).toString('latin1')
    const socket = connect({ host: '127.0.0.1', port: b.links.port(), rejectUnauthorized: false, ...tls })
    socket.on('error', () => {})
    socket.write(UPGRADE)
    socket.end(Buffer.from(noise, 'latin1'))
    socket.resume()
    await closed(socket)
  }
  await untilTrue('closed', () => b.events.at(-1)?.startsWith('-c1-a') === true || b.links.isOpen(a.id))
  expect(new Set(b.events.filter((line) => line.startsWith('-')))).not.toContain('-c1-c lost')
  c.links.send(b.id, Uint8Array.of(1))
  await untilTrue('c still speaks to b', () => b.frames.some(({ from }) => from === ('c1-c' as NodeId)))
})

test('a text frame is no frame of ours: the link ends', async () => {
  const b = await startNode('c1-b')
  const { tls } = await certify('c1-a')
  const socket = connect({ host: '127.0.0.1', port: b.links.port(), rejectUnauthorized: false, ...tls })
  socket.on('error', () => {})
  socket.write(UPGRADE)
  await untilTrue('open', () => b.events.length === 1)
  // FIN + text, masked with zeros, "hi".
  socket.write(Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69))
  await untilTrue('closed', () => b.events.length === 2)
  expect(b.events[1]).toBe('-c1-a protocol')
  expect(b.frames).toEqual([])
})

test('[ID1] a genesis of the same name with another owner is another network', async () => {
  const other = { ...GENESIS, clusters: GENESIS.clusters.map((one) => ({ ...one, ownerKeys: [OUTSIDER.publicKey] })) }
  const a = await startNode('c1-a')
  const b = await startNode('c1-b', { genesis: other, identity: await certify('c1-b', { owner: OUTSIDER }) })
  introduce(a, b)
  await untilTrue('refused', () => a.refused.length > 0 && b.refused.length > 0)
  expect(a.refused[0]?.reason).toBe('not-signed-by-owner')
  expect(b.refused[0]?.reason).toBe('not-signed-by-owner')
})
