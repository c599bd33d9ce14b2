import type { Mastership } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, NodeId, UnixMs } from '@baton/shared/ids'
import { expect, onTestFinished, test, vi } from 'vitest'
import { C1, C1A, C1B, C2, C2A, DELEGATE, NODE, OUTSIDER, OWNER_C1, PAYLOADS } from '../../support/fixed-network.ts'
import { certificateOf, memberOf, NOW, opened, revocationOf, underToken } from './membership-fixture.ts'

test('[ID3] a backdated certificate under a join token takes no known node’s place', async () => {
  const { membership } = await opened()
  const thief = await underToken(OUTSIDER.publicKey)
  expect(membership.objection(thief.certificate)).toBeNull()
  const real = await underToken(NODE.publicKey)
  await membership.onMembers([memberOf(C1B, real.jws)])
  expect(membership.objection(thief.certificate)).toMatchObject({ reason: 'replaced' })
  expect(membership.objection(real.certificate)).toBeNull()
})

test('[ID3, ID4] what the authority says of a member counts only when its certificate leads to the owner', async () => {
  const { membership } = await opened()
  const real = await underToken(NODE.publicKey)
  const forged = await certificateOf({ node: C1B, key: OUTSIDER.publicKey, issuedAt: (NOW + 1) as UnixMs }, OUTSIDER)
  await membership.onMembers([memberOf(C1B, forged.jws)])
  expect(membership.objection(real.certificate)).toBeNull()
})

test('[ID3, ID5] the name of a node that has joined is its own, though a node of another cluster has claimed it first', async () => {
  const { membership, open } = await opened()
  const joined = await certificateOf({ node: C1B })
  const liar = { ...joined.certificate, cluster: C2, node: C2A }
  open.push({ node: C2A, cluster: C2, certificate: liar, protocol: 5 })
  const lie = [
    { node: C1B, address: 'elsewhere:1' },
    { node: 'c3-a' as NodeId, address: 'elsewhere:2' },
  ]
  await membership.onRoster(C2A, { t: 'roster', nodes: lie, notices: [] })
  expect(membership.book.peers().get(C1B)).toMatchObject({ cluster: C2, claimed: true })
  await membership.onMembers([memberOf(C1B, joined.jws, 'host:9')])
  expect(membership.book.peers().get(C1B)).toEqual({ cluster: C1, address: 'host:9' })
  const foreign = { ...joined.certificate, cluster: 'c3' as ClusterId, node: 'c3-a' as NodeId }
  membership.linkOpened({ node: foreign.node, cluster: foreign.cluster, certificate: foreign, protocol: 5 })
  expect(membership.book.peers().get(foreign.node)).toMatchObject({ cluster: 'c3' })
  expect(membership.book.own().map(({ node }) => node)).toEqual(['c1-a', C1B])
})

test('[ID2] after its owner has given a node another key, the old one opens no links', async () => {
  const { membership } = await opened()
  const old = await certificateOf({ node: C1B })
  const next = await certificateOf({ node: C1B, key: OUTSIDER.publicKey, issuedAt: (NOW + 1) as UnixMs })
  await membership.onMembers([memberOf(C1B, old.jws)])
  expect(membership.objection(next.certificate)).toBeNull()
  await membership.onMembers([memberOf(C1B, next.jws)])
  expect(membership.objection(old.certificate)).toMatchObject({ reason: 'replaced' })
})

test('[ID8] the links of a revoked node end and others are told, but a master in office keeps its own', async () => {
  const { membership, masterships, open, terminated, sent } = await opened()
  const { certificate, jws } = await certificateOf({ node: C1B })
  const foreign = { ...certificate, cluster: C2, node: C2A, key: OUTSIDER.publicKey }
  open.push(
    { node: C1B, cluster: C1, certificate, protocol: 2 },
    { node: C2A, cluster: C2, certificate: foreign, protocol: 2 },
  )
  const credential = { grant: jws, certificate: jws }
  masterships.set(C1, { node: C1B, key: NODE.publicKey, credential } as Mastership)
  const revocation = await signStatement(
    'revocation',
    { ...PAYLOADS.revocation, subject: { kind: 'node', node: C1B, key: NODE.publicKey } },
    OWNER_C1.privateKey,
  )
  await membership.takeNotices([revocation], null)
  expect([membership.objection(certificate), terminated]).toEqual([null, []])
  expect(sent).toEqual([
    { to: C1B, nodes: 0, notices: 1 },
    { to: C2A, nodes: 0, notices: 1 },
  ])
  masterships.set(C1, { node: 'c1-z' as NodeId, key: OUTSIDER.publicKey, credential } as Mastership)
  expect(membership.objection(certificate)).toMatchObject({ reason: 'revoked' })
  membership.linkOpened(open[1]!)
  expect(sent.at(-1)).toEqual({ to: C2A, nodes: 1, notices: 1 })
})

test('[ID8] the machine is told which nodes of its cluster are revoked, this one too, until their owner certifies another key', async () => {
  const { membership, open, fed } = await opened()
  const { certificate } = await certificateOf({ node: C1B, key: OUTSIDER.publicKey })
  await membership.takeNotices([await revocationOf(C1B, OUTSIDER.publicKey)], null)
  // Nobody of this cluster has that key, as far as is known here.
  expect(fed).toEqual([])
  open.push({ node: C1B, cluster: C1, certificate, protocol: 2 })
  membership.linkOpened(open[0]!)
  expect([fed.at(-1), membership.isRevoked(C1B)]).toEqual([{ i: 'revoked', nodes: [C1B] }, true])
  await membership.takeNotices([await revocationOf(C1A, NODE.publicKey)], null)
  expect(fed.at(-1)).toEqual({ i: 'revoked', nodes: expect.arrayContaining([C1A, C1B]) })
  const next = await certificateOf({ node: C1B, key: DELEGATE.publicKey, issuedAt: (NOW + 1) as UnixMs })
  await membership.onMembers([memberOf(C1B, next.jws)])
  expect(fed.at(-1)).toEqual({ i: 'revoked', nodes: [C1A] })
  const length = fed.length
  await membership.onMembers([memberOf(C1B, next.jws)])
  expect(fed).toHaveLength(length)
})

test('[ID8, RG9] what a peer tells is brought to the authority, again and again while its master is revoked and not ordered away', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const { membership, masterships, told, ordered } = await opened()
  const { jws } = await certificateOf({ node: C1B, key: OUTSIDER.publicKey })
  const revocation = await revocationOf(C1B, OUTSIDER.publicKey)
  membership.start()
  onTestFinished(() => membership.stop())
  await membership.onRoster(C2A, { t: 'roster', nodes: [], notices: [revocation] })
  expect(told).toEqual([[revocation]])
  expect(membership.revokedMaster()).toBeNull()
  vi.advanceTimersByTime(4_000)
  expect(told).toHaveLength(1)
  masterships.set(C1, {
    node: C1B,
    key: OUTSIDER.publicKey,
    credential: { grant: jws, certificate: jws },
  } as Mastership)
  expect(membership.revokedMaster()).toMatchObject({ node: C1B, revocation: { id: 'of-c1-b' } })
  vi.advanceTimersByTime(4_000)
  expect(told).toEqual([[revocation], [revocation], [revocation]])
  ordered(C1B)
  vi.advanceTimersByTime(4_000)
  expect(told).toHaveLength(3)
})

test('[ID4, ID8, RG11] a forged notice is an event that names who brought it, and changes nothing', async () => {
  const { membership, sent, told, refused } = await opened()
  const forged = await signStatement('revocation', PAYLOADS.revocation, OUTSIDER.privateKey)
  await membership.onRoster(C2A, { t: 'roster', nodes: [], notices: [forged] })
  await membership.takeNotices([forged], null)
  const refusal = { event: 'notice-refused', kind: 'forged', code: 'STATEMENT_INVALID', why: expect.any(String) }
  expect(refused).toMatchObject([
    { ...refusal, source: C2A },
    { ...refusal, source: 'the authentication node' },
  ])
  expect([membership.notices(), sent, told]).toEqual([[], [], []])
})
