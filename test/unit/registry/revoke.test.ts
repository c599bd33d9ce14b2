import type { NodeId, PublicKey } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { A, B, C, foundedCluster, member, POLICY, type RegistryUnderTest } from './fixture.ts'

const revoke = (cluster: RegistryUnderTest, node: NodeId, key = member(node).key) =>
  cluster.send({ i: 'revoked', id: `revoked-${node}`, node, key, by: 'the owner of c1', why: 'its host was stolen' })

test('[ID8] a revoked node of the sync set is not granted the epoch, whatever its evidence', () => {
  const cluster = foundedCluster()
  revoke(cluster, B)
  cluster.close(A)
  const refused = cluster.claim(B, { kind: 'refused' })
  expect(refused).toMatchObject({ ok: false, code: 'CERTIFICATE_REVOKED' })
  expect(cluster.last?.events).toMatchObject([{ event: 'claim-refused', who: B, code: 'CERTIFICATE_REVOKED' }])
  expect(cluster.registry.master).toBe(A)
})

test('[ID8, RG9, RG11] revoking the master is an order: its standby takes over while it lives', () => {
  const cluster = foundedCluster()
  const revoked = revoke(cluster, A)
  expect(revoked.events).toMatchObject([
    { event: 'revoked', who: 'the owner of c1' },
    { event: 'ordered', who: A },
  ])
  expect(cluster.registry).toMatchObject({ orders: [{ id: `revoked-${A}`, node: A, cause: 'operator' }], bars: [A] })
  cluster.report(A)
  const granted = cluster.claim(B, { kind: 'ordered', order: `revoked-${A}` })
  expect(granted).toMatchObject({ ok: true })
  expect(cluster.registry).toMatchObject({ master: B, orders: [] })
})

test('[ID8, RG9] a revoked master without an electable standby goes on, with an alert', () => {
  const cluster = foundedCluster()
  revoke(cluster, B)
  expect(revoke(cluster, A).events.map(({ event }) => event)).toEqual(['revoked', 'ordered', 'order-waits'])
  expect(cluster.registry.master).toBe(A)
})

test('[ID8, RG1] a revocation names a key: repeated, or of another key, it changes nothing', () => {
  const cluster = foundedCluster()
  const { version } = cluster
  revoke(cluster, C, 'another key' as PublicKey)
  expect(cluster.version).toBe(version)
  revoke(cluster, C)
  expect(cluster.version).toBe(version + 1)
  revoke(cluster, C)
  expect(cluster.version).toBe(version + 1)
})

test('[ID8] a node that comes back with a new key, certified by the owner, may be elected again', () => {
  const cluster = foundedCluster()
  revoke(cluster, B)
  cluster.register(B, { key: 'a new key' as PublicKey })
  cluster.close(A)
  expect(cluster.claim(B, { kind: 'refused' })).toMatchObject({ ok: true })
})

test('[ID8, EL7] a revoked node is not announced as the coming standby', () => {
  const comingAfter = (revoked: boolean) => {
    const cluster = foundedCluster()
    if (revoked) revoke(cluster, C)
    cluster.close(A)
    expect(cluster.claim(B, { kind: 'refused' }, { coming: C })).toMatchObject({ ok: true })
    return cluster.registry.coming
  }
  expect([comingAfter(false), comingAfter(true)]).toEqual([C, null])
})

test('[ID8, RG6] a revoked master that has given up is no sign of life; one in office is', () => {
  const afterReports = (role: 'master' | 'follower') => {
    const cluster = foundedCluster()
    for (const node of [A, B]) revoke(cluster, node)
    cluster.close(B)
    cluster.now += POLICY.recoverAfterMs
    cluster.report(A, { role })
    cluster.report(C, { heardMasterMs: null, heardSyncSetMs: null })
    cluster.elsewhere(POLICY.recoverAfterMs)
    return cluster.claim(C, { kind: 'lost', forMs: POLICY.recoverAfterMs })
  }
  expect(afterReports('master')).toMatchObject({ code: 'NOT_ELECTABLE' })
  expect(afterReports('follower')).toEqual({ ok: true })
})
