import type { OperatorAction } from '@baton/shared/core/registry/messages'
import type { Generation, NodeId, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { describe, expect, test } from 'vitest'
import { A, B, C, D, foundedCluster, lostCluster, POLICY, type RegistryUnderTest } from './fixture.ts'

const LOST = { kind: 'lost', forMs: POLICY.recoverAfterMs } as const
const NOW = 0 as UnixMs

const planned = (switchover: string) => ({ kind: 'planned', switchover }) as const

function switchover(to: NodeId | null, at: number = NOW, id = 's-1'): OperatorAction {
  return { act: 'switchover', id, to, at: at as UnixMs }
}

const kinds = (cluster: RegistryUnderTest) => cluster.last?.events.map(({ event }) => event)

describe('a planned switchover', () => {
  test('[EL8, RG9] bars nobody and takes nothing from the master: it is told to all, and ends with the grant', () => {
    const cluster = foundedCluster()
    const { version } = cluster
    expect(cluster.operator(switchover(B))).toEqual({ ok: true })
    expect(cluster.last?.events).toMatchObject([{ event: 'switchover-due', who: 'ann', why: 'maintenance' }])
    expect(cluster.registry).toMatchObject({ version: version + 1, master: A, bars: [], orders: [] })
    expect(cluster.registry.switchover).toMatchObject({ id: 's-1', to: B, by: 'ann', due: true })
    expect(cluster.claim(B, { kind: 'silence', forMs: 0 })).toMatchObject({ code: 'MASTER_ALIVE' })
    expect(cluster.claim(B, { kind: 'ordered', order: 's-1' })).toMatchObject({ code: 'STATEMENT_INVALID' })
    expect(cluster.claim(B, planned('s-1'))).toEqual({ ok: true })
    expect(kinds(cluster)).toEqual(['granted', 'switchover-done'])
    expect(cluster.last?.events[0]?.why).toBe('ann has planned it: maintenance')
    expect(cluster.registry).toMatchObject({ master: B, syncSet: [B], bars: [], switchover: null })
  })

  test('[RG3, EL8] lets nobody else claim past the living master, nor by another plan, nor before it is due', () => {
    const cluster = foundedCluster()
    cluster.reshape([A, B, C])
    expect(cluster.claim(B, planned('s-1'))).toMatchObject({ code: 'STATEMENT_INVALID' })
    cluster.operator(switchover(B, cluster.now + 1_000))
    expect(cluster.claim(B, planned('s-1'))).toMatchObject({ code: 'STATEMENT_INVALID' })
    cluster.now += 1_000
    cluster.send({ i: 'tick' })
    for (const node of [A, C]) expect(cluster.claim(node, planned('s-1'))).toMatchObject({ code: 'STATEMENT_INVALID' })
    expect(cluster.claim(B, planned('s-2'))).toMatchObject({ code: 'STATEMENT_INVALID' })
    expect(cluster.registry).toMatchObject({ master: A, epoch: 1 })
    expect(cluster.claim(B, planned('s-1'))).toEqual({ ok: true })
    expect(cluster.claim(B, planned('s-1'), { nonce: 'another' })).toMatchObject({ code: 'STATEMENT_INVALID' })
  })

  test('[EL8] counts as a switch from a living master: it must settle, and there are so many in an hour', () => {
    const cluster = foundedCluster({ switchesPerHour: 1 })
    cluster.operator(switchover(B))
    cluster.claim(B, planned('s-1'))
    cluster.reshape([B, C])
    expect(cluster.operator(switchover(C, NOW, 's-2'))).toMatchObject({ code: 'SETTLING' })
    cluster.now += 3_600_000
    for (const node of [B, C]) cluster.report(node)
    expect(cluster.operator(switchover(C, NOW, 's-2'))).toEqual({ ok: true })
    expect(cluster.claim(C, planned('s-2'))).toEqual({ ok: true })
  })

  test('[RG10] a pause that comes in between holds it back', () => {
    const cluster = foundedCluster()
    cluster.operator(switchover(B))
    cluster.operator({ act: 'pause', until: (cluster.now + 60_000) as UnixMs })
    expect(cluster.claim(B, planned('s-1'))).toMatchObject({ code: 'PAUSED' })
  })

  test('[EL8] without a name goes to the best standby: it is chosen by the registry, by priority and then by name', () => {
    const cluster = foundedCluster()
    cluster.reshape([A, B, C])
    cluster.operator(switchover(null))
    expect(cluster.registry.switchover?.to).toBe(B)
    cluster.register(C, { priority: 7 })
    cluster.operator(switchover(null, NOW, 's-2'))
    expect(cluster.registry.switchover?.to).toBe(C)
    cluster.close(C)
    cluster.operator(switchover(null, NOW, 's-3'))
    expect(cluster.registry.switchover?.to).toBe(B)
  })

  test.each<[string, (cluster: RegistryUnderTest) => unknown, NodeId | null, object]>([
    ['a node that has never registered', () => undefined, D, { code: 'UNKNOWN_NODE' }],
    ['a node outside the sync set', () => undefined, C, { code: 'NOT_ELECTABLE', why: 'c1-c is not in the sync set' }],
    ['a barred node', (cluster) => cluster.order('o-1', B), B, { code: 'NOT_ELECTABLE', why: 'c1-b is barred' }],
    [
      'a node that may not be elected',
      (cluster) => cluster.register(B, { noFailover: true }),
      B,
      { code: 'NOT_ELECTABLE' },
    ],
    ['a node without a session', (cluster) => cluster.close(B), B, { why: 'c1-b has no session with the authority' }],
    [
      'a node whose log has lost something',
      (cluster) => {
        cluster.close(B)
        cluster.register(B)
        cluster.report(B, { durableIndex: 1 as never })
      },
      B,
      { why: 'the log of c1-b is not complete' },
    ],
    ['anybody while nobody is there', (cluster) => cluster.reshape([A]), null, { why: 'the sync set has no standby' }],
    [
      'anybody in a pause',
      (cluster) => cluster.operator({ act: 'pause', until: 99_000 as UnixMs }),
      null,
      { code: 'PAUSED' },
    ],
    [
      'anybody under an order',
      (cluster) => cluster.order('o-1', A),
      B,
      { why: expect.stringContaining('an order stands') },
    ],
    [
      'anybody while the registry is frozen',
      (cluster) => cluster.operator({ act: 'freeze' }),
      B,
      { code: 'CLUSTER_FROZEN' },
    ],
  ])('[RG9, RG10, EL6] is refused in favour of %s, before anything is begun', (_, prepare, to, refusal) => {
    const cluster = foundedCluster()
    prepare(cluster)
    const before = cluster.registry
    expect(cluster.operator(switchover(to))).toMatchObject({ ok: false, ...refusal })
    expect(cluster.registry).toBe(before)
    expect(kinds(cluster)).toEqual(['operator-refused'])
  })

  test('[EL8] back to the node that was master a moment ago waits, and says for how long', () => {
    const cluster = foundedCluster()
    cluster.handOver(B)
    cluster.reshape([B, A])
    expect(cluster.operator(switchover(A))).toMatchObject({ code: 'SETTLING', retryAfterMs: POLICY.settleTimeMs })
    cluster.now += POLICY.settleTimeMs
    expect(cluster.operator(switchover(A))).toEqual({ ok: true })
    expect(cluster.handOver(A)).toEqual({ ok: true })
  })

  test('[RG6] has no place in a cluster that is recovering', () => {
    const cluster = lostCluster()
    cluster.claim(C, LOST)
    cluster.register(B)
    cluster.reshape([C, B])
    expect(cluster.operator(switchover(B))).toMatchObject({ code: 'NOT_ELECTABLE', why: 'the cluster is recovering' })
  })

  test('[RG1] to the master itself, or asked for a second time, changes nothing', () => {
    const cluster = foundedCluster()
    expect(cluster.operator(switchover(A))).toEqual({ ok: true })
    expect(cluster.registry.switchover).toBeNull()
    cluster.operator(switchover(B))
    const before = cluster.registry
    expect(cluster.operator(switchover(B))).toEqual({ ok: true })
    expect(cluster.registry).toBe(before)
    expect(kinds(cluster)).toEqual(['operator-repeated'])
  })

  test('[EL8] that nobody carries out is dropped in its time with an alert, and the master goes on', () => {
    const cluster = foundedCluster()
    cluster.operator(switchover(B))
    cluster.now += LIMITS.switchoverMs - 1
    expect(cluster.send({ i: 'tick' }).timers).toContainEqual({ name: 'switchover', after: 1 })
    cluster.now += 1
    cluster.send({ i: 'tick' })
    expect(cluster.last?.events).toMatchObject([{ event: 'switchover-dropped', who: 'ann' }])
    expect(cluster.registry).toMatchObject({ master: A, switchover: null })
  })

  test('[EL8] ends with any grant: another one in between drops it', () => {
    const cluster = foundedCluster()
    cluster.reshape([A, B, C])
    cluster.operator(switchover(B))
    cluster.handOver(C)
    expect(kinds(cluster)).toEqual(['granted', 'switchover-dropped'])
    expect(cluster.registry).toMatchObject({ master: C, switchover: null })
  })

  test('[RG8] does not survive the generation it was asked in', () => {
    const cluster = foundedCluster()
    cluster.operator(switchover(B, cluster.now + 1_000))
    cluster.operator({ act: 'raise-generation', generation: 1 as Generation, bars: [], orders: [] })
    expect(cluster.registry.switchover).toBeNull()
  })
})

describe('a switchover at a later time', () => {
  test('[EL8] waits for its time, and only then is asked whether it can be done, and by whom', () => {
    const cluster = foundedCluster()
    cluster.close(B)
    const at = cluster.now + 60_000
    expect(cluster.operator(switchover(null, at))).toEqual({ ok: true })
    expect(kinds(cluster)).toEqual(['switchover-asked'])
    expect(cluster.last?.timers).toEqual([{ name: 'switchover', after: 60_000 }])
    expect(cluster.registry.switchover).toMatchObject({ to: null, due: false, at })
    cluster.register(B)
    cluster.now = at
    cluster.send({ i: 'tick' })
    expect(kinds(cluster)).toEqual(['switchover-due'])
    expect(cluster.registry.switchover).toMatchObject({ to: B, due: true, until: at + LIMITS.switchoverMs })
  })

  test('[EL8, RG10] is dropped with the reason when it cannot be done then', () => {
    const cluster = foundedCluster()
    cluster.operator(switchover(B, cluster.now + 1_000))
    cluster.operator({ act: 'pause', until: (cluster.now + 10_000) as UnixMs })
    cluster.now += 1_000
    cluster.send({ i: 'tick' })
    expect(cluster.last?.events).toMatchObject([{ event: 'switchover-dropped', code: 'PAUSED' }])
    expect(cluster.registry.switchover).toBeNull()
  })

  test('[EL8] can be cancelled, and lies within bounds', () => {
    const cluster = foundedCluster()
    const far = cluster.now + LIMITS.switchoverAheadMs + 1
    expect(cluster.operator(switchover(B, far))).toMatchObject({ code: 'BAD_REQUEST' })
    cluster.operator(switchover(B, far - 1))
    expect(cluster.operator({ act: 'cancel-switchover' })).toEqual({ ok: true })
    expect(kinds(cluster)).toEqual(['switchover-cancelled'])
    expect(cluster.operator({ act: 'cancel-switchover' })).toEqual({ ok: true })
    expect(cluster.registry.switchover).toBeNull()
  })

  test('[RG8] outlives the memory of the authority: it stands on disk', () => {
    const cluster = foundedCluster()
    cluster.operator(switchover(B, cluster.now + 5_000))
    cluster.restart()
    for (const node of [A, B]) cluster.register(node)
    cluster.now += 5_000
    cluster.send({ i: 'tick' })
    expect(cluster.registry.switchover).toMatchObject({ to: B, due: true })
  })
})
