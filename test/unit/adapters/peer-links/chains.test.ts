import { exportPrivatePem } from '@baton/shared/crypto/keys'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Jws, NodeId, UnixMs } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { createX509 } from '../../../../node-runtime/src/identity/x509-create.ts'
import { AUTHORITY, C1, C2, DELEGATE, NETWORK, OWNER_C1, OWNER_C2, PAYLOADS } from '../../../support/fixed-network.ts'
import { type Certified, certify, DAY_MS, introduce, NOW, peerAt, peersOf, startNode } from './mesh.ts'

const YEAR_MS = 365 * DAY_MS

/** Owner → token → node. */
async function joined(node: string): Promise<Certified> {
  const issuedAt = (NOW - DAY_MS) as UnixMs
  const token = await signStatement(
    'joinToken',
    { ...PAYLOADS.joinToken, issuedAt, expiresAt: (NOW - DAY_MS / 2) as UnixMs },
    OWNER_C1.privateKey,
  )
  return certify(node, { owner: DELEGATE, token, issuedAt })
}

/** A certificate that has expired, and its renewal. */
async function renewed(node: string): Promise<{ readonly old: Certified; readonly now: Certified }> {
  const old = await certify(node, { expiresAt: (NOW - 1) as UnixMs, renewUntil: (NOW + 5 * YEAR_MS) as UnixMs })
  const about = { network: NETWORK, cluster: C1, node: node as never, issuedAt: (NOW - 2) as UnixMs }
  const asked = { ...about, certificate: old.jws, expiresAt: (NOW + DAY_MS) as UnixMs }
  const renewal = await signStatement('renewal', asked, old.keys.privateKey)
  const jws = await signStatement('renewedCertificate', { ...about, renewal }, AUTHORITY.privateKey)
  return { old, now: await shown(old, jws) }
}

async function shown({ keys }: Certified, jws: Jws): Promise<Certified> {
  return { keys, jws, tls: { key: await exportPrivatePem(keys), cert: await createX509(keys, jws) } }
}

test('[ID3, ID5] peers accept a node that joined with a token, offline, long after the token has expired', async () => {
  const old = await startNode('c1-a')
  const fresh = await startNode('c1-b', { identity: await joined('c1-b') })
  introduce(old, fresh)
  await expect.poll(() => [old.links.isOpen(fresh.id), fresh.links.isOpen(old.id)]).toEqual([true, true])
})

test('[ID5, ID8] a renewed certificate opens links that the one before no longer does, without a restart', async () => {
  const { old, now } = await renewed('c1-b')
  const peer = await startNode('c1-a')
  const node = await startNode('c1-b', { identity: old })
  introduce(peer, node)
  await expect.poll(() => peer.refused.at(-1)?.reason).toBe('expired')
  node.links.show(now.tls)
  await expect.poll(() => peer.links.isOpen(node.id), { timeout: 10_000 }).toBe(true)
  expect(peer.links.open()[0]?.certificate.expiresAt).toBe(NOW + DAY_MS)
})

test('[ID8] a revoked node gets no link, whoever dials, and both logs say why', async () => {
  const revoked = await certify('c1-b')
  const knows = (certificate: { readonly key: string }) =>
    certificate.key === revoked.keys.publicKey ? 'its host was stolen' : null
  const dialler = await startNode('c1-a', { revoked: knows })
  const dialled = await startNode('c1-c', { revoked: knows })
  const node = await startNode('c1-b', { identity: revoked })
  introduce(dialler, dialled, node)
  await expect.poll(() => dialler.links.isOpen(dialled.id)).toBe(true)
  for (const peer of [dialler, dialled]) {
    await expect.poll(() => peer.refused[0]).toMatchObject({ reason: 'revoked', by: 'us', node: 'c1-b' })
    expect(peer.links.isOpen(node.id)).toBe(false)
  }
  await expect.poll(() => node.refused.map(({ reason, by }) => `${reason} ${by}`)).toContain('revoked them')
})

test('[ID5] the word of another cluster’s node about a name keeps nobody out who has a certificate for it', async () => {
  const peer = await startNode('c1-c')
  peer.links.setPeers(new Map([['c1-a' as NodeId, { address: '127.0.0.1:1', cluster: C2, claimed: true }]]))
  const real = await startNode('c1-a')
  real.links.setPeers(peersOf([peer]))
  await expect.poll(() => peer.links.isOpen(real.id)).toBe(true)
  expect(peer.refused).toEqual([])
})

test('[ID5] an owner cannot certify a node of its own under the name of another cluster’s', async () => {
  const real = await startNode('c1-a')
  const peer = await startNode('c1-c')
  introduce(real, peer)
  await expect.poll(() => peer.links.isOpen(real.id)).toBe(true)
  const impostor = await startNode('c1-a', { identity: await certify('c1-a', { owner: OWNER_C2, cluster: C2 }) })
  impostor.links.setPeers(peersOf([peer]))
  await expect.poll(() => peer.refused[0]).toMatchObject({ reason: 'other-node', by: 'us', node: 'c1-a' })
  expect(peer.events).toEqual(['+c1-a'])
})

test('[ID8] a node whose clock is years ahead loses its own links, and nobody else does', async () => {
  const [a, b] = [await startNode('c1-a'), await startNode('c1-b')]
  const lost = await startNode('c1-c', { now: (NOW + 3 * YEAR_MS) as UnixMs })
  introduce(a, b, lost)
  await expect.poll(() => a.links.isOpen(b.id)).toBe(true)
  await expect.poll(() => lost.refused.map(({ reason, by }) => `${reason} ${by}`)).toContain('expired us')
  expect([a.links.isOpen(lost.id), b.links.isOpen(lost.id)]).toEqual([false, false])
  expect(a.events).toEqual(['+c1-b'])
})

test('[ID3] a node that is told where another is dials it', async () => {
  const [a, b] = [await startNode('c1-a'), await startNode('c1-b')]
  b.links.setPeers(new Map())
  a.links.setPeers(peerAt('c1-b', b.address()))
  await expect.poll(() => b.links.isOpen(a.id)).toBe(true)
})
