import type { ClusterId, Epoch, Version } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { A, B, C, D, foundedCluster, outcomeOf, POLICY, REQUEST, token } from './fixture.ts'

test('[RG4, RG1] the master adds a node: it is in the sync set from then on and electable', () => {
  const cluster = foundedCluster()
  const { version } = cluster
  expect(cluster.reshape([A, B, C])).toEqual({ ok: true })
  expect(cluster.registry).toMatchObject({ version: version + 1, epoch: 1, syncSet: [A, B, C] })
  expect(cluster.last?.write.map((write) => write.w)).toEqual(['reshape', 'cluster'])
  expect(cluster.last?.send.map((send) => send.s)).toEqual(['reply', 'broadcast'])
  cluster.close(A)
  expect(cluster.claim(C, { kind: 'refused' })).toEqual({ ok: true })
})

test('[RG4] a removed node is no longer electable', () => {
  const cluster = foundedCluster()
  expect(cluster.reshape([A])).toEqual({ ok: true })
  cluster.close(A)
  expect(cluster.claim(B, { kind: 'refused' })).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
})

test('[RG4] refuses everybody but the current master at the current token', () => {
  const cluster = foundedCluster()
  expect(cluster.reshape([B], { node: B })).toMatchObject({ ok: false, code: 'NOT_CURRENT_MASTER' })
  expect(cluster.reshape([A], { epoch: 0 as Epoch })).toMatchObject({ code: 'NOT_CURRENT_MASTER' })
  expect(cluster.reshape([A], { epoch: 2 as Epoch })).toMatchObject({ code: 'NOT_CURRENT_MASTER' })
  cluster.claim(A, { kind: 'own' })
  expect(cluster.reshape([A], { epoch: 1 as Epoch })).toMatchObject({ code: 'NOT_CURRENT_MASTER' })
})

test('[RG4] refuses a sync set without the master, with a stranger, or with a node twice', () => {
  const cluster = foundedCluster()
  const before = cluster.registry
  expect(cluster.reshape([B])).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
  expect(cluster.reshape([A, D])).toMatchObject({ ok: false, code: 'UNKNOWN_NODE' })
  expect(cluster.reshape([A, C, C])).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
  expect(cluster.reshape([])).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
  expect(cluster.reshape([A], { cluster: 'c2' as ClusterId })).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
  expect(cluster.registry).toBe(before)
})

test('[RG4] refuses to add a barred node', () => {
  const cluster = foundedCluster()
  cluster.state = { ...cluster.state, registry: { ...cluster.registry, bars: [C] } }
  expect(cluster.reshape([A, B, C])).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
})

test('[RG1] refuses a reshape made against another version', () => {
  const cluster = foundedCluster()
  const stale = (cluster.version - 1) as Version
  expect(cluster.reshape([A, B, C], { version: stale })).toMatchObject({ ok: false, code: 'STALE_VERSION' })
})

test('[RG1] a reshape whose answer was lost may be repeated', () => {
  const cluster = foundedCluster()
  const { version } = cluster
  cluster.reshape([A, B, C], { version })
  const before = cluster.registry
  expect(cluster.reshape([C, B, A], { version })).toEqual({ ok: true })
  expect(cluster.registry).toBe(before)
})

test('[RG5] records a sync set of the master alone under either durability', () => {
  for (const durability of ['preferred', 'required'] as const) {
    const cluster = foundedCluster()
    cluster.state = {
      ...cluster.state,
      registry: { ...cluster.registry, policy: { ...POLICY, durability } },
    }
    expect(cluster.reshape([A])).toEqual({ ok: true })
    expect(cluster.registry.syncSet).toEqual([A])
  }
})

test('[RG7] “am I still master?” is answered by a write', () => {
  const cluster = foundedCluster()
  const step = cluster.send({ i: 'confirm', from: REQUEST, node: A, token: token(1) })
  expect(outcomeOf(step)).toEqual({ ok: true })
  expect(step.write).toMatchObject([{ w: 'confirmed', node: A }])
})

test('[RG7] refuses to confirm another node or another token', () => {
  const cluster = foundedCluster()
  for (const [node, asked] of [
    [B, token(1)],
    [A, token(0)],
    [A, token(2)],
  ] as const) {
    const step = cluster.send({ i: 'confirm', from: REQUEST, node, token: asked })
    expect(outcomeOf(step)).toMatchObject({ ok: false, code: 'NOT_CURRENT_MASTER' })
    expect(step.write).toEqual([])
  }
})
