import { LIMITS } from '@baton/shared/limits'
import { describe, expect, test } from 'vitest'
import { A, B, C, D, foundedCluster, token } from './fixture.ts'

const ordered = (order: string) => ({ kind: 'ordered', order }) as const
const OWN = { kind: 'own' } as const

describe('an order', () => {
  test('[RG9] against the master bars it at once and stands; everybody is told', () => {
    const cluster = foundedCluster()
    const { version } = cluster
    const step = cluster.order('o-1', A)
    expect(cluster.registry).toMatchObject({ version: version + 1, master: A, bars: [A] })
    expect(cluster.registry.orders).toEqual([{ id: 'o-1', node: A, cause: 'threshold', why: 'too many errors' }])
    expect(step.send).toEqual([{ s: 'broadcast' }])
    expect(step.events).toMatchObject([{ event: 'ordered', who: A, why: 'too many errors' }])
  })

  test('[RG9, RG3] lets an electable standby claim at once, however alive the master is', () => {
    const cluster = foundedCluster()
    cluster.order('o-1', A)
    expect(cluster.claim(B, { kind: 'silence', forMs: 0 })).toMatchObject({ code: 'MASTER_ALIVE' })
    expect(cluster.claim(B, ordered('o-2'))).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
    expect(cluster.claim(B, ordered('o-1'))).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ master: B, orders: [], bars: [A] })
  })

  test('[RG9] is no way in for a node outside the sync set, nor for the barred master itself', () => {
    const cluster = foundedCluster()
    cluster.order('o-1', A)
    expect(cluster.claim(C, ordered('o-1'))).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
    expect(cluster.claim(A, ordered('o-1'))).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
  })

  test('[RG9] waits with an alert while nobody can take over; the master goes on', () => {
    const cluster = foundedCluster()
    cluster.reshape([A])
    const step = cluster.order('o-1', A)
    expect(step.events.map(({ event }) => event)).toEqual(['ordered', 'order-waits'])
    expect(cluster.claim(A, OWN)).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ epoch: 2, master: A, bars: [A], orders: [{ id: 'o-1' }] })
    cluster.reshape([A, B])
    expect(cluster.claim(A, OWN)).toMatchObject({ code: 'NOT_ELECTABLE', why: 'c1-a is barred' })
    expect(cluster.claim(B, ordered('o-1'))).toEqual({ ok: true })
  })

  test('[RG9] a barred master that claims anew waits for a standby that is heard, and goes on without one that is not', () => {
    const cluster = foundedCluster()
    cluster.order('o-1', A)
    cluster.report(B)
    expect(cluster.claim(A, OWN)).toMatchObject({ code: 'NOT_ELECTABLE', retryAfterMs: 3_000 })
    cluster.now += 2_999
    expect(cluster.claim(A, OWN)).toMatchObject({ code: 'NOT_ELECTABLE' })
    cluster.now += 1
    expect(cluster.claim(A, OWN)).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ epoch: 2, master: A, bars: [A], orders: [{ id: 'o-1' }], syncSet: [A, B] })
    expect(cluster.claim(B, ordered('o-1'))).toEqual({ ok: true })
  })

  test('[RG9, EL6] a barred master goes on when the only standby must re-sync: that one waits for a master itself', () => {
    const cluster = foundedCluster()
    cluster.order('o-1', A)
    cluster.report(B, { token: token(0), complete: false })
    expect(cluster.claim(A, OWN)).toEqual({ ok: true })
    cluster.report(B, { token: token(2) })
    cluster.now += LIMITS.standbySilentMs / 2
    expect(cluster.claim(A, OWN)).toMatchObject({ code: 'NOT_ELECTABLE' })
  })

  test('[RG9, RG10] in a pause nobody takes over, so the barred master goes on, with an alert', () => {
    const cluster = foundedCluster()
    cluster.report(B)
    cluster.operator({ act: 'pause', until: (cluster.now + 60_000) as never })
    expect(cluster.order('o-1', A).events).toMatchObject([{ event: 'ordered' }, { event: 'order-waits' }])
    expect(cluster.claim(A, OWN)).toEqual({ ok: true })
    expect(cluster.claim(B, ordered('o-1'))).toMatchObject({ code: 'PAUSED' })
  })

  test('[RG9] waits too when the only standby is barred, has noFailover or came back with a short log', () => {
    const barred = foundedCluster()
    barred.order('o-1', B)
    expect(barred.order('o-2', A).events).toMatchObject([{ event: 'ordered' }, { event: 'order-waits' }])
    const shy = foundedCluster()
    shy.register(B, { noFailover: true })
    expect(shy.order('o-1', A).events).toMatchObject([{ event: 'ordered' }, { event: 'order-waits' }])
    const short = foundedCluster()
    short.close(B)
    short.register(B)
    short.report(B, { durableIndex: 1 as never })
    expect(short.order('o-1', A).events).toMatchObject([{ event: 'ordered' }, { event: 'order-waits' }])
  })

  test('[RG9] against another node than the master only bars it: there is nothing to switch', () => {
    const cluster = foundedCluster()
    cluster.order('o-1', B)
    expect(cluster.registry).toMatchObject({ bars: [B], orders: [] })
    cluster.close(A)
    expect(cluster.claim(B, { kind: 'refused' })).toMatchObject({ code: 'NOT_ELECTABLE', why: 'c1-b is barred' })
  })

  test('[RG9, RG1] is taken in once: a repeat of its id changes nothing, also after it has ended', () => {
    const cluster = foundedCluster()
    cluster.order('o-1', A)
    const before = cluster.registry
    expect(cluster.order('o-1', A)).toMatchObject({ write: [], events: [] })
    expect(cluster.operator({ act: 'order', id: 'o-1', node: B })).toEqual({ ok: true })
    expect(cluster.registry).toBe(before)
    cluster.claim(B, ordered('o-1'))
    cluster.operator({ act: 'clear', node: A })
    cluster.order('o-1', A)
    expect(cluster.registry).toMatchObject({ bars: [], orders: [] })
  })

  test('[RG9, NW5] after missed votes moves the mastership and bars nobody', () => {
    const cluster = foundedCluster()
    cluster.send({ i: 'order', id: 'o-1', node: A, cause: 'threshold', why: '3 × missed-votes', bars: false })
    expect(cluster.registry).toMatchObject({ bars: [], orders: [{ id: 'o-1', node: A }] })
    expect(cluster.claim(B, ordered('o-1'))).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ master: B, orders: [], bars: [] })
    expect(cluster.reshape([B, A])).toEqual({ ok: true })
  })

  test('[RG9] of an operator stands like an automatic one; one against a stranger is refused', () => {
    const cluster = foundedCluster()
    expect(cluster.operator({ act: 'order', id: 'o-1', node: A })).toEqual({ ok: true })
    expect(cluster.registry.orders).toEqual([{ id: 'o-1', node: A, cause: 'operator', why: 'maintenance' }])
    expect(cluster.last?.events).toMatchObject([{ event: 'ordered', who: 'ann', why: 'maintenance' }])
    expect(cluster.operator({ act: 'order', id: 'o-2', node: D })).toMatchObject({ ok: false, code: 'UNKNOWN_NODE' })
    expect(cluster.order('o-3', D).rejected?.code).toBe('UNKNOWN_NODE')
    expect(cluster.last?.events).toMatchObject([{ event: 'order-refused' }])
  })

  test('[RG9] no more than a bounded number stands, and the ids of old ones are forgotten in the end', () => {
    const cluster = foundedCluster()
    cluster.reshape([A])
    for (let i = 0; i < LIMITS.ordersStanding; i++) cluster.order(`o-${i}`, A)
    expect(cluster.order('o-x', A).rejected?.code).toBe('BAD_REQUEST')
    cluster.register(D)
    const other = foundedCluster()
    for (let i = 0; i < LIMITS.ordersRemembered + 5; i++) other.order(`o-${i}`, B)
    expect(other.registry.ordersSeen).toHaveLength(LIMITS.ordersRemembered)
  })
})

describe('a bar', () => {
  test('[RG9] outlasts the order; an operator clears it, and the node may be elected again', () => {
    const cluster = foundedCluster()
    cluster.order('o-1', A)
    cluster.claim(B, ordered('o-1'))
    expect(cluster.reshape([B, A])).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
    expect(cluster.operator({ act: 'clear', node: A })).toEqual({ ok: true })
    expect(cluster.last?.events).toMatchObject([{ event: 'bar-lifted', who: 'ann' }])
    expect(cluster.registry.bars).toEqual([])
    expect(cluster.reshape([B, A])).toEqual({ ok: true })
    expect(cluster.operator({ act: 'clear', node: A })).toEqual({ ok: true })
    expect(cluster.last?.events).toMatchObject([{ event: 'operator-repeated' }])
  })

  test('[RG9] is lifted by the node that has verified the whole chain at the recorded token', () => {
    const cluster = foundedCluster()
    cluster.order('o-1', A)
    cluster.claim(B, ordered('o-1'))
    expect(cluster.verified(A, token(1))).toMatchObject({ ok: false, code: 'LOWER_TOKEN' })
    expect(cluster.verified(A, token(3))).toMatchObject({ ok: false, code: 'TOKEN_CONFLICT' })
    expect(cluster.verified(A)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
    cluster.report(A)
    expect(cluster.verified(A)).toEqual({ ok: true })
    expect(cluster.last?.events).toMatchObject([{ event: 'bar-lifted', who: A }])
    expect(cluster.registry.bars).toEqual([])
    const before = cluster.registry
    expect(cluster.verified(A)).toEqual({ ok: true })
    expect(cluster.registry).toBe(before)
  })

  test('[RG9, EL6] is not lifted for a node whose log is short', () => {
    const cluster = foundedCluster()
    cluster.order('o-1', B)
    cluster.close(B)
    cluster.register(B)
    cluster.report(B, { durableIndex: 1 as never })
    expect(cluster.verified(B)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
  })

  test('[RG9] is lifted by nobody while an order against its node stands', () => {
    const cluster = foundedCluster()
    cluster.order('o-1', A)
    expect(cluster.verified(A)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
    expect(cluster.operator({ act: 'clear', node: A })).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
    expect(cluster.registry.bars).toEqual([A])
  })
})

test('[RG9, EL8] an ordered master hands over whatever was switched before', () => {
  const cluster = foundedCluster({ switchesPerHour: 1 })
  cluster.handOver(B)
  cluster.reshape([B, A])
  cluster.report(A)
  expect(cluster.handOver(A)).toMatchObject({ ok: false, code: 'SETTLING' })
  cluster.order('o-1', B)
  expect(cluster.handOver(A)).toEqual({ ok: true })
})
