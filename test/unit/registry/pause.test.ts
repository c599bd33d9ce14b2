import type { UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { A, B, C, foundedCluster } from './fixture.ts'

const REFUSED = { kind: 'refused' } as const

function paused(forMs = 60_000) {
  const cluster = foundedCluster()
  expect(cluster.operator({ act: 'pause', until: (cluster.now + forMs) as UnixMs })).toEqual({ ok: true })
  return cluster
}

test('[RG10] has an owner, a reason and an expiry, and everybody is told', () => {
  const cluster = paused()
  expect(cluster.registry.pause).toEqual({ by: 'ann', why: 'maintenance', until: cluster.now + 60_000 })
  expect(cluster.last?.send.map(({ s }) => s)).toEqual(['reply', 'broadcast'])
  expect(cluster.last?.events).toMatchObject([{ event: 'paused', who: 'ann', why: 'maintenance' }])
})

test('[RG10] no other node is granted, and what would have happened is logged', () => {
  const cluster = paused()
  cluster.close(A)
  cluster.now += 20_000
  expect(cluster.claim(B, REFUSED)).toMatchObject({ ok: false, code: 'PAUSED', retryAfterMs: 40_000 })
  const [event] = cluster.last?.events ?? []
  expect(event).toMatchObject({ event: 'claim-refused', who: B, code: 'PAUSED' })
  expect(event?.why).toContain('it would be granted: c1-a: session closed and reconnect refused')
})

test('[RG10] a claim that is refused anyway keeps its reason; the master may claim anew', () => {
  const cluster = paused()
  expect(cluster.claim(C, REFUSED)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
  expect(cluster.claim(B, REFUSED)).toMatchObject({ ok: false, code: 'MASTER_ALIVE' })
  expect(cluster.claim(A, { kind: 'own' })).toEqual({ ok: true })
  expect(cluster.registry.pause).not.toBeNull()
})

test('[RG10, RG9] holds back a handover and an order too', () => {
  const cluster = paused()
  expect(cluster.handOver(B)).toMatchObject({ code: 'PAUSED' })
  cluster.order('o-1', A)
  expect(cluster.claim(B, { kind: 'ordered', order: 'o-1' })).toMatchObject({ code: 'PAUSED' })
  cluster.operator({ act: 'resume' })
  expect(cluster.claim(B, { kind: 'ordered', order: 'o-1' })).toEqual({ ok: true })
})

test('[RG10] ends at its expiry, of itself: the next grant or tick drops it', () => {
  const cluster = paused()
  cluster.close(A)
  cluster.now += 59_999
  expect(cluster.claim(B, REFUSED)).toMatchObject({ code: 'PAUSED', retryAfterMs: 1 })
  cluster.now += 1
  expect(cluster.claim(B, REFUSED)).toEqual({ ok: true })
  expect(cluster.registry.pause).toBeNull()

  const idle = paused()
  idle.now += 59_999
  idle.send({ i: 'tick' })
  expect(idle.registry.pause).not.toBeNull()
  idle.now += 1
  expect(idle.send({ i: 'tick' }).events).toMatchObject([{ event: 'pause-expired', who: 'ann' }])
  expect(idle.registry.pause).toBeNull()
})

test('[RG10] is ended by an operator; one that does not stand needs no ending', () => {
  const cluster = paused()
  expect(cluster.operator({ act: 'resume' })).toEqual({ ok: true })
  expect(cluster.last?.events).toMatchObject([{ event: 'resumed' }])
  const before = cluster.registry
  expect(cluster.operator({ act: 'resume' })).toEqual({ ok: true })
  expect(cluster.registry).toBe(before)
})

test('[RG10] an end in the past or beyond the bound is refused', () => {
  const cluster = foundedCluster()
  for (const until of [cluster.now, cluster.now + LIMITS.pauseMs + 1]) {
    expect(cluster.operator({ act: 'pause', until: until as UnixMs })).toMatchObject({ code: 'BAD_REQUEST' })
  }
  expect(cluster.operator({ act: 'pause', until: (cluster.now + LIMITS.pauseMs) as UnixMs })).toEqual({ ok: true })
})
