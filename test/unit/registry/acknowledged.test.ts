import type { RegistryWrite } from '@baton/shared/core/registry/messages'
import type { LogIndex } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { A, B, foundedCluster, POLICY, token } from './fixture.ts'

const at = (index: number) => ({ durableIndex: index as LogIndex })

/** B's process restarts and is the one that would claim. */
function afterRestartOfB(index: number) {
  const cluster = foundedCluster()
  cluster.report(B, at(100))
  cluster.close(B)
  cluster.register(B)
  cluster.report(B, at(index))
  cluster.close(A)
  return cluster
}

test('[EL6] a node that comes back with a shorter log is not electable until it has caught up', () => {
  const cluster = afterRestartOfB(60)
  expect(cluster.claim(B, { kind: 'refused' }, at(60))).toMatchObject({ code: 'NOT_ELECTABLE' })
  cluster.report(B, at(99))
  expect(cluster.claim(B, { kind: 'refused' }, at(99))).toMatchObject({ code: 'NOT_ELECTABLE' })
  cluster.report(B, at(100))
  expect(cluster.claim(B, { kind: 'refused' }, at(100))).toEqual({ ok: true })
})

test('[EL6] a claim of an earlier process does not count when the node has said since that it must re-sync (seed 20017714)', () => {
  const cluster = foundedCluster()
  cluster.report(B, at(100))
  cluster.close(B)
  cluster.register(B)
  cluster.report(B, { ...at(0), complete: false })
  cluster.close(A)
  expect(cluster.claim(B, { kind: 'refused' }, at(100))).toMatchObject({ code: 'NOT_ELECTABLE' })
  cluster.report(B, { ...at(100), complete: true })
  expect(cluster.claim(B, { kind: 'refused' }, at(100))).toEqual({ ok: true })
})

test('[EL6] whoever is refused for what was heard of its log asks again: an old report may have come late (seed 62000040)', () => {
  const cluster = foundedCluster()
  cluster.report(B, at(100))
  cluster.report(B, { ...at(0), complete: false })
  cluster.close(A)
  const refused = { ok: false, code: 'NOT_ELECTABLE', retryAfterMs: POLICY.masterTtlMs }
  expect(cluster.claim(B, { kind: 'refused' }, at(100))).toMatchObject(refused)
})

test('[EL6] what it said before its session closed may be past: its claim comes through a peer', () => {
  const cluster = foundedCluster()
  cluster.report(B, { ...at(0), complete: false })
  cluster.close(B)
  cluster.close(A)
  expect(cluster.claim(B, { kind: 'refused' }, at(100))).toEqual({ ok: true })
})

test('[EL6] a node with an empty disk takes back nothing by reporting a lower token first', () => {
  const cluster = foundedCluster()
  cluster.report(B, at(100))
  cluster.close(B)
  cluster.register(B)
  cluster.report(B, { ...at(0), token: token(0) })
  cluster.report(B, at(0))
  cluster.close(A)
  expect(cluster.claim(B, { kind: 'refused' }, at(0))).toMatchObject({ code: 'NOT_ELECTABLE' })
})

test('[EL6] a process that showed its whole log may truncate to its master’s', () => {
  const cluster = foundedCluster()
  cluster.report(B, at(100))
  cluster.report(B, at(90))
  cluster.close(A)
  expect(cluster.claim(B, { kind: 'refused' }, at(90))).toEqual({ ok: true })
})

test.each([
  ['one that has had the whole log is believed', 100, { ok: true }],
  ['one that has not is short of something', 99, { code: 'NOT_ELECTABLE' }],
])('[EL6] a log was truncated and the authority did not see it: %s (seed 20012086)', (_, longest, outcome) => {
  const cluster = foundedCluster()
  cluster.report(B, at(100))
  cluster.close(B)
  cluster.restart()
  cluster.register(A)
  cluster.register(B)
  cluster.report(B, { ...at(90), longest: longest as LogIndex })
  cluster.close(A)
  cluster.now += 60_000
  expect(cluster.claim(B, { kind: 'refused' }, at(90))).toMatchObject(outcome)
})

test('[EL6] a truncation is written at once', () => {
  const cluster = foundedCluster()
  cluster.report(B, at(100))
  cluster.close(B)
  cluster.register(B)
  cluster.report(B, at(100))
  const { write } = cluster.report(B, at(90))
  expect(write).toEqual([{ w: 'acknowledged', node: B, acknowledged: { token: token(1), ...at(90) } }])
})

test('[EL6] what a node acknowledged under an earlier epoch does not bind it under this one', () => {
  const cluster = foundedCluster()
  cluster.report(B, at(100))
  cluster.claim(A, { kind: 'own' }, at(10))
  cluster.report(B, at(95))
  cluster.close(A)
  expect(cluster.claim(B, { kind: 'refused' }, at(95))).toEqual({ ok: true })
})

test('[EL6] what a node acknowledged outlives the authority', () => {
  const cluster = foundedCluster()
  cluster.report(B, at(100))
  cluster.close(B)
  cluster.restart()
  cluster.register(A)
  cluster.close(A)
  expect(cluster.claim(B, { kind: 'refused' }, at(99))).toMatchObject({ code: 'NOT_ELECTABLE' })
})

test('[RG3, EL6] reports are written on a new token, on a close, and otherwise at most once a minute', () => {
  const cluster = foundedCluster()
  const written = (writes: readonly RegistryWrite[]) => writes.filter((write) => write.w === 'acknowledged')
  const quiet = cluster.report(B, at(11))
  expect(written(quiet.write)).toEqual([])
  expect(quiet.timers).toEqual([{ name: 'flush', after: LIMITS.reportWriteMs }])
  cluster.now += LIMITS.reportWriteMs - 1
  expect(written(cluster.report(B, at(12)).write)).toEqual([])
  cluster.now += 1
  expect(written(cluster.send({ i: 'tick' }).write)).toMatchObject([{ node: B, acknowledged: { durableIndex: 12 } }])
  expect(written(cluster.report(B, at(13)).write)).toEqual([])
  expect(written(cluster.close(B).write)).toMatchObject([{ node: B, acknowledged: { durableIndex: 13 } }])
  cluster.claim(A, { kind: 'own' })
  expect(written(cluster.report(A, at(10)).write)).toHaveLength(1)
})

test('[EL6] what waits is written together, once one of it has waited long enough', () => {
  const cluster = foundedCluster()
  const written = (writes: readonly RegistryWrite[]) =>
    writes.flatMap((write) => (write.w === 'acknowledged' ? write.node : []))
  cluster.report(A, at(20))
  cluster.report(B, at(20))
  cluster.now += LIMITS.reportWriteMs
  cluster.send({ i: 'tick' })
  cluster.report(B, at(21))
  cluster.now += LIMITS.reportWriteMs / 2
  cluster.report(A, at(22))
  cluster.now += LIMITS.reportWriteMs / 2
  const both = cluster.report(B, at(23))
  expect(written(both.write).sort()).toEqual([A, B])
  expect(both.timers).toEqual([])
  expect(cluster.report(A, at(24)).timers).toEqual([{ name: 'flush', after: LIMITS.reportWriteMs }])
  // A close writes its own node only, and the others go on waiting.
  const closed = cluster.close(B)
  expect(written(closed.write)).toEqual([])
  expect(closed.timers).toEqual([{ name: 'flush', after: LIMITS.reportWriteMs }])
})
