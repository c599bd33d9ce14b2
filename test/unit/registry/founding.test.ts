import { expect, test } from 'vitest'
import { A, B, foundedCluster, outcomeOf, REQUEST, RegistryUnderTest, token } from './fixture.ts'

test('[RG2] grants epoch 1 once, to the founder named at creation, with itself as sync set', () => {
  const cluster = new RegistryUnderTest()
  cluster.create()
  expect(cluster.register(B).write.some((write) => write.w === 'grant')).toBe(false)
  expect(cluster.state.registry.status).toBe('unfounded')
  const grants = cluster.register(A).write.filter((write) => write.w === 'grant')
  expect(grants).toHaveLength(1)
  expect(cluster.registry).toMatchObject({ epoch: 1, master: A, syncSet: [A], coming: null, recovery: null })
  expect(cluster.register(A).write.filter((write) => write.w === 'grant')).toHaveLength(0)
  expect(cluster.registry.epoch).toBe(1)
})

test('[RG2, EL5] the founder’s grant repeats the challenge of the session that brought it', () => {
  const cluster = new RegistryUnderTest()
  cluster.create()
  cluster.register(A)
  expect(cluster.registry.lastGrant.nonce).toBe(`challenge-${cluster.session(A)}`)
})

test('[RG2] answers requests before the founding with a refusal', () => {
  const cluster = new RegistryUnderTest()
  const confirm = { i: 'confirm', from: REQUEST, node: A, token: token(1) } as const
  expect(outcomeOf(cluster.send(confirm))).toMatchObject({ ok: false, code: 'UNKNOWN_CLUSTER' })
  cluster.create()
  expect(outcomeOf(cluster.send(confirm))).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
})

test('[RG8] creating a cluster again changes nothing', () => {
  const cluster = foundedCluster()
  const before = cluster.state
  expect(cluster.create().write).toEqual([])
  expect(cluster.state).toEqual(before)
})

test('[RG1] a new member, and a member with a new address, raises the version; an unchanged one does not', () => {
  const cluster = foundedCluster()
  const before = cluster.version
  cluster.register(B)
  expect(cluster.version).toBe(before)
  const step = cluster.register(B, { peerAddress: 'moved:1' })
  expect(cluster.version).toBe(before + 1)
  expect(step.send).toContainEqual({ s: 'broadcast' })
})

test('[RG2] a cluster takes no more members than its limit', () => {
  const cluster = foundedCluster()
  for (let i = 0; i < 40; i++) cluster.register(`c1-n${i}` as typeof A)
  expect(cluster.registry.members.size).toBe(32)
  expect(cluster.register('c1-late' as typeof A).rejected?.code).toBe('UNKNOWN_NODE')
  expect(cluster.last?.rejected?.code).toBe('UNKNOWN_NODE')
  expect(cluster.state.hearing.sessions.has('c1-late' as typeof A)).toBe(false)
})
