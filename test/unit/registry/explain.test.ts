import { standingAlerts } from '@baton/shared/core/registry/alerts'
import { explain } from '@baton/shared/core/registry/explain'
import type { Generation, Instant, UnixMs } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import { A, B, C, foundedCluster, lostCluster, POLICY, RegistryUnderTest } from './fixture.ts'

const LOST = { kind: 'lost', forMs: POLICY.recoverAfterMs } as const

function told(cluster: RegistryUnderTest) {
  const context = { now: cluster.now as Instant, wallClock: cluster.now as UnixMs }
  const explanation = explain(cluster.state, context)
  const alerts = standingAlerts(cluster.state, explanation, context).map(({ code }) => code)
  return { ...explanation, alerts, text: explanation.lines.join('\n') }
}

describe('the explanation', () => {
  test('[RG2, RG3] of a healthy cluster says to whom it would fail over, and how soon', () => {
    const { couldFailOver, to, lines, text, switchover, alerts } = told(foundedCluster())
    expect({ couldFailOver, to, alerts }).toEqual({ couldFailOver: true, to: B, alerts: [] })
    expect(lines[0]).toBe('Yes: if c1-a dies, c1-b takes over at once; if c1-a only falls silent, after 1 s.')
    expect(text).toContain('c1-a is master, epoch 1, session open, last heard 0 ms ago; sync set c1-a, c1-b.')
    expect(text).toContain('c1-c could not take over: it is not in the sync set')
    expect(switchover).toEqual({ to: B, why: null })
  })

  test.each<[string, (cluster: RegistryUnderTest) => unknown, string]>([
    ['a standby without a session', (cluster) => cluster.close(B), 'c1-b could not take over: it has no session here'],
    ['a barred standby', (cluster) => cluster.order('o-1', B), 'c1-b could not take over: c1-b is barred'],
    ['a standby with noFailover', (cluster) => cluster.register(B, { noFailover: true }), 'c1-b has noFailover set'],
    [
      'a standby whose certificate has expired',
      (cluster) => cluster.register(B, { expiresAt: 1 as UnixMs }),
      'has expired',
    ],
    [
      'a pause',
      (cluster) => cluster.operator({ act: 'pause', until: 72_000 as UnixMs }),
      'ann has paused switches for another 60 s',
    ],
    [
      'a frozen registry',
      (cluster) => cluster.operator({ act: 'freeze' }),
      'the registry stands still (ann: maintenance)',
    ],
    ['a master alone', (cluster) => cluster.reshape([A]), 'c1-a stands alone: if it is lost for good'],
    ['a young authority', (cluster) => cluster.restart(), 'has just started and listens for another 2 s'],
  ])('[RG3, RG9, RG10, RG8] names what is missing: %s', (_, spoil, missing) => {
    const cluster = foundedCluster()
    spoil(cluster)
    const { couldFailOver, to, text, lines, alerts } = told(cluster)
    expect({ couldFailOver, to }).toEqual({ couldFailOver: false, to: null })
    expect(lines[0]).toMatch(/^NO: if c1-a died now, nobody would take over: /)
    expect(text).toContain(missing)
    expect(alerts).toContain('no-failover')
  })

  test('[RG6] says in which case the claim of an outsider would be granted', () => {
    const cluster = foundedCluster()
    cluster.reshape([A])
    expect(told(cluster).text).toContain('Now: no recovery yet: the authority started')
    const lost = lostCluster()
    lost.operator({ act: 'allow-data-loss', node: C })
    expect(told(lost).text).toContain('ann has allowed c1-c to take over with loss of data')
    lost.claim(C, LOST)
    expect(told(lost).text).toContain('The cluster is recovering')
    expect(told(lost).alerts).toEqual(['recovering', 'no-failover'])
  })

  test('[RG9, EL8] tells what stands: orders, evictions and planned switches, and what ends each', () => {
    const cluster = foundedCluster()
    cluster.operator({ act: 'evict', id: 'e-1', node: C })
    cluster.operator({ act: 'switchover', id: 's-1', to: B, at: (cluster.now + 90_000) as UnixMs })
    expect(told(cluster).text).toContain('c1-c is evicted (operator: maintenance) until an operator clears it')
    expect(told(cluster).text).toContain('A switchover to c1-b is planned in 90 s (ann: maintenance).')
    cluster.reshape([A])
    cluster.order('o-1', A)
    expect(told(cluster).text).toContain('Order o-1 (threshold: too many errors) stands against c1-a')
    expect(told(cluster).alerts).toEqual(['order-waits', 'no-failover'])
  })

  test('[RG8, RG2] of a cluster without a master says so', () => {
    const cluster = new RegistryUnderTest()
    cluster.create()
    expect(told(cluster)).toMatchObject({ couldFailOver: false, alerts: [], candidates: [] })
    cluster.operator({ act: 'freeze' })
    expect(told(cluster).alerts).toEqual(['cluster-frozen'])
    cluster.operator({ act: 'raise-generation', generation: 1 as Generation, bars: [], orders: [] })
    expect(told(cluster).alerts).toEqual(['cluster-frozen'])
  })
})
