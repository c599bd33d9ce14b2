import type { LogIndex } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { A, B, C, foundedCluster, POLICY, token } from './fixture.ts'

const SILENCE = { kind: 'silence', forMs: 2_000 } as const
const TTL = POLICY.masterTtlMs

test('[RG3] refuses a claim while the master is heard, and says when to ask again', () => {
  const cluster = foundedCluster()
  cluster.now += 400
  cluster.report(A)
  cluster.now += 300
  expect(cluster.claim(B, SILENCE)).toMatchObject({ ok: false, code: 'MASTER_ALIVE', retryAfterMs: TTL - 300 })
  cluster.now += TTL - 301
  expect(cluster.claim(B, SILENCE)).toMatchObject({ ok: false, code: 'MASTER_ALIVE', retryAfterMs: 1 })
  cluster.now += 1
  expect(cluster.claim(B, SILENCE)).toEqual({ ok: true })
})

test('[RG3] the fresh report of any other member keeps the master alive, by the age it carries', () => {
  const cluster = foundedCluster()
  cluster.now += 5_000
  cluster.report(C, { heardMasterMs: 200, heardSyncSetMs: null })
  expect(cluster.claim(B, SILENCE)).toMatchObject({ ok: false, code: 'MASTER_ALIVE', retryAfterMs: TTL - 200 })
  cluster.report(C, { heardMasterMs: TTL })
  expect(cluster.claim(B, SILENCE)).toEqual({ ok: true })
})

test('[RG3] a master that says it is stalled, or that it follows, is not heard as master', () => {
  for (const said of [{ stalled: true }, { role: 'follower' }] as const) {
    const cluster = foundedCluster()
    cluster.now += TTL
    cluster.report(A, said)
    expect(cluster.claim(B, SILENCE)).toEqual({ ok: true })
  }
})

test('[RG3] what was heard at an earlier epoch does not speak for this one', () => {
  const cluster = foundedCluster()
  cluster.reshape([A, B, C])
  expect(cluster.claim(A, { kind: 'own' })).toEqual({ ok: true })
  cluster.now += TTL
  cluster.report(C, { token: token(1), heardMasterMs: 0, heardSyncSetMs: null })
  cluster.report(A, { token: token(1) })
  expect(cluster.claim(B, SILENCE)).toEqual({ ok: true })
})

test('[RG3] a new master is heard by its own grant', () => {
  const cluster = foundedCluster()
  cluster.reshape([A, B, C])
  cluster.close(A)
  cluster.claim(B, { kind: 'refused' })
  cluster.now += TTL - 1
  expect(cluster.claim(C, SILENCE)).toMatchObject({ ok: false, code: 'MASTER_ALIVE' })
  cluster.now += 1
  expect(cluster.claim(C, SILENCE)).toEqual({ ok: true })
})

test('[RG3] a young authority grants nothing on silence before its grace has passed and a standby has reported', () => {
  const cluster = foundedCluster()
  cluster.now += 60_000
  cluster.restart()
  cluster.register(B)
  cluster.report(B)
  expect(cluster.claim(B, SILENCE)).toMatchObject({ code: 'STARTUP_GRACE', retryAfterMs: POLICY.startupGraceMs })
  cluster.now += POLICY.startupGraceMs
  expect(cluster.claim(B, SILENCE)).toEqual({ ok: true })
})

test('[RG3] the grace does not end while no standby has reported', () => {
  const cluster = foundedCluster()
  cluster.restart()
  cluster.register(C)
  cluster.now += 60_000
  cluster.report(C)
  expect(cluster.claim(B, SILENCE)).toMatchObject({ code: 'STARTUP_GRACE', retryAfterMs: null })
})

test('[RG3] answers every report, and brings the state to a node that is behind', () => {
  const cluster = foundedCluster()
  const session = cluster.session(B)
  expect(cluster.report(B, { report: 7 }).send).toEqual([{ s: 'heard', session, report: 7 }])
  expect(cluster.report(B, { report: 8, token: token(0) }).send).toEqual([
    { s: 'heard', session, report: 8 },
    { s: 'state', session },
  ])
})

test('[RG3] ignores the report of a session that has been superseded', () => {
  const cluster = foundedCluster()
  const session = cluster.session(A)
  cluster.register(A)
  const report = {
    report: 1,
    token: token(1),
    role: 'master',
    stalled: false,
    height: 1,
    heardMasterMs: null,
    heardSyncSetMs: null,
  } as const
  const late = cluster.send({ i: 'report', node: A, session, report: { ...report, durableIndex: 10 as LogIndex } })
  expect(late.rejected?.code).toBe('PEER_UNEXPECTED')
})

test('[RG3] the newest session of a node wins and the older one is closed', () => {
  const cluster = foundedCluster()
  const older = cluster.session(B)
  const opened = cluster.send({ i: 'sessionOpened', node: B, session: 'newer' })
  expect(opened.send).toEqual([{ s: 'closeSession', session: older, why: 'superseded' }])
  expect(cluster.close(B).send).toEqual([{ s: 'sessionClosed', node: B }])
})
