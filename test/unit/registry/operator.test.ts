import type { LogIndex } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import { A, B, C, D, foundedCluster, lostCluster, outcomeOf, POLICY, REQUEST } from './fixture.ts'

const LOST = { kind: 'lost', forMs: POLICY.recoverAfterMs } as const

describe('allow-data-loss', () => {
  test('[RG6] grants the named node its next claim as recovering, without any silence, once', () => {
    const cluster = foundedCluster()
    cluster.register(D)
    expect(cluster.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE' })
    expect(cluster.operator({ act: 'allow-data-loss', node: C })).toEqual({ ok: true })
    expect(cluster.last?.events).toMatchObject([{ event: 'data-loss-allowed', who: 'ann', why: 'maintenance' }])
    expect(cluster.claim(D, LOST)).toMatchObject({ code: 'NOT_ELECTABLE' })
    expect(cluster.claim(C, { kind: 'silence', forMs: 0 })).toMatchObject({ code: 'NOT_ELECTABLE' })
    expect(cluster.claim(C, LOST)).toEqual({ ok: true })
    expect(cluster.last?.events).toMatchObject([{ event: 'granted', who: C, why: expect.stringContaining('ann') }])
    expect(cluster.registry).toMatchObject({ master: C, syncSet: [C], dataLoss: null })
    expect(cluster.registry.recovery).not.toBeNull()
  })

  test('[RG6, EL6] lets a node of the sync set come back with what its log has lost', () => {
    const cluster = foundedCluster()
    cluster.close(A)
    cluster.now += POLICY.masterTtlMs
    const short = { durableIndex: 3 as LogIndex }
    expect(cluster.claim(B, LOST, short)).toMatchObject({ code: 'NOT_ELECTABLE' })
    cluster.operator({ act: 'allow-data-loss', node: B })
    expect(cluster.claim(B, LOST, short)).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ master: B, syncSet: [B], lastGrant: { recovering: true } })
  })

  test('[RG6] takes nothing from a node that may be granted cleanly, and does not lift a bar', () => {
    const cluster = foundedCluster()
    cluster.close(A)
    cluster.now += POLICY.masterTtlMs
    cluster.operator({ act: 'allow-data-loss', node: B })
    expect(cluster.claim(B, LOST)).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ recovery: null, dataLoss: null, lastGrant: { recovering: false } })
    cluster.order('o-1', C)
    cluster.operator({ act: 'allow-data-loss', node: C })
    expect(cluster.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE', why: 'c1-c is barred' })
  })

  test('[RG6] is used up by any grant: it was about the token before it', () => {
    const cluster = foundedCluster()
    cluster.operator({ act: 'allow-data-loss', node: C })
    cluster.claim(A, { kind: 'own' })
    expect(cluster.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE' })
  })
})

describe('confirm-fenced', () => {
  test('[RG6] is what an engine whose votes carry no epoch waits for, besides the silence', () => {
    const cluster = lostCluster({ recovery: 'operator' })
    expect(cluster.operator({ act: 'confirm-fenced' })).toEqual({ ok: true })
    cluster.elsewhere(0)
    expect(cluster.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE' })
    cluster.elsewhere(POLICY.recoverAfterMs)
    expect(cluster.claim(C, LOST)).toEqual({ ok: true })
    expect(cluster.registry.fenced).toBeNull()
  })

  test('[RG6] is about the recorded token only', () => {
    const cluster = lostCluster({ recovery: 'operator' })
    cluster.operator({ act: 'confirm-fenced' })
    cluster.claim(A, { kind: 'own' })
    cluster.now += POLICY.recoverAfterMs
    cluster.elsewhere(POLICY.recoverAfterMs)
    expect(cluster.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE', why: expect.stringContaining('fenced') })
  })

  test('[RG6] has no place where recovery is automatic', () => {
    expect(lostCluster().operator({ act: 'confirm-fenced' })).toMatchObject({ ok: false, code: 'BAD_REQUEST' })
  })
})

test('[RC4] an operator ends a recovery that waits in vain, and the act is audited', () => {
  const cluster = lostCluster()
  cluster.claim(C, LOST)
  expect(cluster.operator({ act: 'end-recovery' })).toEqual({ ok: true })
  expect(cluster.last?.events).toMatchObject([{ event: 'recovery-ended', who: 'ann', why: 'maintenance' }])
  expect(cluster.registry).toMatchObject({ epoch: 2, master: C, recovery: null })
  expect(cluster.operator({ act: 'end-recovery' })).toEqual({ ok: true })
  expect(cluster.last?.events).toMatchObject([{ event: 'operator-repeated', who: 'ann' }])
})

test('[RG11] name and reason of an operator have a bound: they stand in what nodes are sent', () => {
  const cluster = foundedCluster()
  for (const text of [{ by: 'x'.repeat(257) }, { why: 'x'.repeat(257) }]) {
    const asked = {
      i: 'operator',
      from: REQUEST,
      by: 'ann',
      why: 'a test',
      action: { act: 'freeze' },
      ...text,
    } as const
    expect(outcomeOf(cluster.send(asked))).toMatchObject({ ok: false, code: 'BAD_REQUEST' })
  }
})

test('[RG11] every act of an operator is an event with who and why, a refused one with the reason', () => {
  const cluster = foundedCluster()
  cluster.operator({ act: 'allow-data-loss', node: D })
  const action = { act: 'allow-data-loss', node: D }
  expect(cluster.last?.events).toMatchObject([
    { event: 'operator-refused', who: 'ann', code: 'UNKNOWN_NODE', evidence: { kind: 'operator', action } },
  ])
})
