import type { UnixMs, Version } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import { A, B, C, foundedCluster, outcomeOf, REQUEST } from './fixture.ts'

const ordered = (order: string) => ({ kind: 'ordered', order }) as const

describe('the reason of a bar', () => {
  test('[RG9] stands with the bar: which order, from whom, why and since when', () => {
    const cluster = foundedCluster()
    cluster.operator({ act: 'order', id: 'o-1', node: A })
    const reason = { node: A, order: 'o-1', cause: 'operator', why: 'maintenance', at: cluster.now }
    expect(cluster.registry.quarantine).toEqual([{ ...reason, evicted: false, verified: null }])
    cluster.claim(B, ordered('o-1'))
    expect(cluster.registry.quarantine).toMatchObject([reason])
  })

  test('[RG9] goes with it, and a later order takes its place', () => {
    const cluster = foundedCluster()
    cluster.order('o-1', C)
    cluster.order('o-2', C)
    expect(cluster.registry.quarantine).toMatchObject([{ node: C, order: 'o-2', cause: 'threshold' }])
    cluster.operator({ act: 'clear', node: C })
    expect(cluster.registry).toMatchObject({ bars: [], quarantine: [] })
  })

  test('[RG9, NW5] is not made up where nothing is barred', () => {
    const cluster = foundedCluster()
    cluster.send({ i: 'order', id: 'o-1', node: A, cause: 'threshold', why: '3 × missed-votes', bars: false })
    expect(cluster.registry).toMatchObject({ bars: [], quarantine: [] })
  })
})

describe('a node that has verified itself', () => {
  test('[RG9] is free again where the policy does not say otherwise', () => {
    const cluster = foundedCluster()
    cluster.order('o-1', C)
    expect(cluster.verified(C)).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ bars: [], quarantine: [] })
  })

  test('[RG9] waits for an operator where the policy says so: its word is noted, once', () => {
    const cluster = foundedCluster({ barsEnd: 'operator' })
    cluster.order('o-1', C)
    expect(cluster.verified(C)).toEqual({ ok: true })
    expect(cluster.last?.events).toMatchObject([{ event: 'verified', who: C }])
    expect(cluster.registry).toMatchObject({ bars: [C], quarantine: [{ node: C, verified: 7 }] })
    const before = cluster.registry
    expect(cluster.verified(C)).toEqual({ ok: true })
    expect(cluster.registry).toBe(before)
    cluster.operator({ act: 'clear', node: C })
    expect(cluster.registry).toMatchObject({ bars: [], quarantine: [] })
  })
})

describe('an eviction', () => {
  test('[RG9] of the master is an order, and its bar ends by nothing but an operator', () => {
    const cluster = foundedCluster()
    expect(cluster.operator({ act: 'evict', id: 'e-1', node: A })).toEqual({ ok: true })
    expect(cluster.last?.events).toMatchObject([{ event: 'evicted', who: 'ann' }])
    expect(cluster.registry).toMatchObject({ bars: [A], orders: [{ id: 'e-1' }], quarantine: [{ evicted: true }] })
    cluster.claim(B, ordered('e-1'))
    cluster.report(A)
    expect(cluster.verified(A)).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ bars: [A], quarantine: [{ node: A, evicted: true, verified: 7 }] })
    cluster.operator({ act: 'clear', node: A })
    expect(cluster.registry.bars).toEqual([])
  })

  test('[RG9] of another node bars it; a later order does not make it milder', () => {
    const cluster = foundedCluster()
    cluster.operator({ act: 'evict', id: 'e-1', node: C })
    cluster.order('o-2', C)
    expect(cluster.registry).toMatchObject({ orders: [], quarantine: [{ order: 'o-2', evicted: true }] })
    expect(cluster.verified(C)).toEqual({ ok: true })
    expect(cluster.registry.bars).toEqual([C])
  })

  test('[RG1, RG9] is taken in once', () => {
    const cluster = foundedCluster()
    cluster.operator({ act: 'evict', id: 'e-1', node: C })
    cluster.operator({ act: 'clear', node: C })
    expect(cluster.operator({ act: 'evict', id: 'e-1', node: C })).toEqual({ ok: true })
    expect(cluster.registry.bars).toEqual([])
  })
})

describe('an act of an operator', () => {
  const act = (against: Version) =>
    ({
      i: 'operator',
      from: REQUEST,
      by: 'ann',
      why: 'a test',
      action: { act: 'order', id: 'o-1', node: A },
      against,
    }) as const

  test('[RG1] that was made against another version is refused: the master may be another one by now', () => {
    const cluster = foundedCluster()
    const stale = cluster.send(act((cluster.version - 1) as Version))
    expect(outcomeOf(stale)).toMatchObject({ ok: false, code: 'STALE_VERSION' })
    expect(cluster.registry.orders).toEqual([])
    expect(outcomeOf(cluster.send(act(cluster.version)))).toEqual({ ok: true })
  })

  test('[RG11, ID7] is an event with the role and the token of the operator', () => {
    const cluster = foundedCluster()
    const action = { act: 'pause', until: (cluster.now + 1_000) as UnixMs } as const
    cluster.send({ i: 'operator', from: REQUEST, by: 'ann', why: 'a test', action, role: 'operator', token: 't-1' })
    expect(cluster.last?.events).toMatchObject([
      {
        event: 'paused',
        who: 'ann',
        why: 'a test',
        evidence: { kind: 'operator', action, role: 'operator', token: 't-1' },
      },
    ])
  })
})
