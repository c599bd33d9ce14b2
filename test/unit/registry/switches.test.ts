import { expect, test } from 'vitest'
import { A, B, C, foundedCluster, POLICY } from './fixture.ts'

const SETTLE = POLICY.settleTimeMs
const HOUR = 3_600_000

/** A has handed over to B, which has taken A and C into the sync set. */
function handedOver(policy = {}) {
  const cluster = foundedCluster(policy)
  expect(cluster.handOver(B)).toEqual({ ok: true })
  cluster.reshape([B, A, C])
  return cluster
}

test('[EL8] an unforced switch back waits for the settle time', () => {
  const cluster = handedOver()
  cluster.now += SETTLE - 1
  cluster.report(B)
  expect(cluster.handOver(A)).toMatchObject({ ok: false, code: 'SETTLING', retryAfterMs: 1 })
  cluster.now += 1
  expect(cluster.handOver(A)).toEqual({ ok: true })
})

test('[EL8] the settle time outlives the authority, and a new claim of the same master', () => {
  const cluster = handedOver()
  cluster.claim(B, { kind: 'own' })
  cluster.restart()
  for (const node of [A, B, C]) cluster.register(node)
  expect(cluster.handOver(A)).toMatchObject({ ok: false, code: 'SETTLING' })
})

test('[EL8] a switch to a third node is no switch back', () => {
  const cluster = handedOver()
  expect(cluster.handOver(C)).toEqual({ ok: true })
})

test('[EL8] a switch from a dead or silent master never waits', () => {
  const dead = handedOver()
  dead.close(B)
  expect(dead.claim(A, { kind: 'refused' })).toEqual({ ok: true })
  const silent = handedOver({ switchesPerHour: 1 })
  silent.now += POLICY.masterTtlMs
  silent.report(A)
  expect(silent.claim(A, { kind: 'silence', forMs: 1_000 })).toEqual({ ok: true })
})

test('[EL8] a master that has resigned and left is dead: nobody waits for it to go on', () => {
  const cluster = handedOver({ switchesPerHour: 1 })
  expect(cluster.handOver(A)).toMatchObject({ ok: false, code: 'SETTLING' })
  cluster.close(B)
  expect(cluster.handOver(A)).toEqual({ ok: true })
})

test('[EL8] a master that has resigned and is not heard any more is dead, though its session is open: its log may be gone', () => {
  const cluster = handedOver({ switchesPerHour: 1 })
  cluster.now += 400
  cluster.report(B)
  cluster.now += 100
  const leftMs = POLICY.masterTtlMs - 100
  expect(cluster.handOver(A)).toMatchObject({ ok: false, code: 'SETTLING', retryAfterMs: leftMs })
  cluster.now += leftMs
  cluster.report(A)
  expect(cluster.handOver(A)).toEqual({ ok: true })
})

test('[EL8] a living master is switched at most so often in an hour', () => {
  const cluster = handedOver({ switchesPerHour: 2 })
  const [first] = [cluster.now]
  cluster.now += SETTLE
  cluster.report(B)
  expect(cluster.handOver(A)).toEqual({ ok: true })
  cluster.reshape([A, B, C])
  cluster.now += SETTLE
  const leftMs = HOUR - (cluster.now - first)
  cluster.report(A)
  expect(cluster.handOver(C)).toMatchObject({ ok: false, code: 'SETTLING', retryAfterMs: POLICY.masterTtlMs })
  cluster.now += leftMs - 1
  cluster.report(A)
  expect(cluster.handOver(C)).toMatchObject({ ok: false, code: 'SETTLING', retryAfterMs: 1 })
  cluster.now += 1
  cluster.report(C)
  expect(cluster.handOver(C)).toEqual({ ok: true })
})

test('[EL8] switches from dead masters do not use up the hour', () => {
  const cluster = foundedCluster({ switchesPerHour: 1 })
  cluster.close(A)
  cluster.claim(B, { kind: 'refused' })
  cluster.reshape([B, C])
  expect(cluster.handOver(C)).toEqual({ ok: true })
})

test('[EL8] a wall clock that is set back holds nobody up', () => {
  const cluster = handedOver({ switchesPerHour: 1 })
  cluster.now -= 5_000
  expect(cluster.handOver(A)).toEqual({ ok: true })
})

/** Handed over `times` times since the backup that is put back; the last master and its sync set have shown what they hold. */
function restoredAfter(times: 1 | 2) {
  const cluster = foundedCluster()
  const backup = cluster.registry
  expect(cluster.handOver(B)).toEqual({ ok: true })
  cluster.reshape([B, C])
  if (times === 2) {
    cluster.now += SETTLE / 2
    expect(cluster.handOver(C)).toEqual({ ok: true })
  }
  const { lastGrant, master } = cluster.registry
  const told = { version: cluster.version, syncSet: [A, B, C] }
  cluster.reshape(told.syncSet)
  cluster.restore(backup)
  cluster.operator({ act: 'freeze' })
  cluster.raise(1)
  for (const node of [A, B, C]) cluster.register(node)
  for (const node of told.syncSet) cluster.shows(node, lastGrant, told)
  expect(cluster.registry).toMatchObject({ restore: null, master })
  return cluster
}

test('[EL8, RG8] a restored registry knows of the switch that its members show, and waits before the switch back', () => {
  const cluster = restoredAfter(1)
  cluster.now += SETTLE - 1
  cluster.report(B)
  expect(cluster.handOver(A)).toMatchObject({ ok: false, code: 'SETTLING', retryAfterMs: 1 })
  expect(restoredAfter(1).handOver(C)).toEqual({ ok: true })
  cluster.now += 1
  expect(cluster.handOver(A)).toEqual({ ok: true })
})

test('[EL8, RG8] where it cannot know whose the mastership was before, everybody waits', () => {
  const cluster = restoredAfter(2)
  cluster.now += SETTLE - 1
  cluster.report(C)
  for (const node of [A, B]) expect(cluster.handOver(node)).toMatchObject({ code: 'SETTLING', retryAfterMs: 1 })
  cluster.now += 1
  expect(cluster.handOver(A)).toEqual({ ok: true })
})
