import type { LogIndex } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import { A, B, C, D, foundedCluster, lostCluster, POLICY, token } from './fixture.ts'

const AFTER = POLICY.recoverAfterMs
const LOST = { kind: 'lost', forMs: AFTER } as const
const SILENCE = { kind: 'silence', forMs: AFTER } as const
const BY_HEIGHT = { kind: 'height', height: 12 } as const

describe('a recovering grant', () => {
  test('[RG6] goes to a node outside the sync set, which stands alone and carries the mark of its cluster', () => {
    const cluster = lostCluster()
    expect(cluster.claim(C, LOST)).toEqual({ ok: true })
    const lastClean = { token: token(1), syncSet: [A, B] }
    expect(cluster.registry).toMatchObject({ epoch: 2, master: C, syncSet: [C], recovery: { lastClean } })
    expect(cluster.registry.lastGrant).toMatchObject({ node: C, recovering: true, syncSet: [C] })
  })

  test('[RG6] is given to nobody who claims as ever, however long everybody is silent', () => {
    const cluster = lostCluster()
    expect(cluster.claim(C, SILENCE)).toMatchObject({ code: 'NOT_ELECTABLE', why: 'c1-c is not in the sync set' })
    expect(cluster.claim(C, { kind: 'refused' })).toMatchObject({ code: 'NOT_ELECTABLE' })
  })

  test('[RG6, EL6] is not given to a barred node, to one with noFailover, or to one whose log is short', () => {
    const barred = lostCluster()
    barred.state = { ...barred.state, registry: { ...barred.registry, bars: [C] } }
    expect(barred.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE', why: 'c1-c is barred' })
    const shy = lostCluster()
    shy.register(C, { noFailover: true })
    expect(shy.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE', why: 'c1-c has noFailover set' })
    const short = lostCluster()
    short.report(C, { durableIndex: 50 as LogIndex })
    expect(short.claim(C, LOST, { durableIndex: 49 as LogIndex })).toMatchObject({ code: 'NOT_ELECTABLE' })
    expect(short.claim(C, LOST, { durableIndex: 50 as LogIndex })).toEqual({ ok: true })
  })

  test('[RG6] a member of the sync set that calls itself lost is granted as ever, and cleanly', () => {
    const cluster = foundedCluster()
    cluster.close(A)
    expect(cluster.claim(B, LOST)).toMatchObject({ code: 'MASTER_ALIVE' })
    cluster.now += POLICY.masterTtlMs
    expect(cluster.claim(B, LOST)).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ master: B, recovery: null, lastGrant: { recovering: false } })
  })
})

describe('what stands against it', () => {
  test('[RG6 EL6] not the recorded master, when it comes back without the log that it had acknowledged', () => {
    const cluster = foundedCluster()
    cluster.report(A, { role: 'master', durableIndex: 40 as LogIndex })
    for (const node of [A, B]) cluster.close(node)
    cluster.now += AFTER
    cluster.register(A)
    cluster.report(A, { durableIndex: 0 as LogIndex })
    cluster.report(C)
    cluster.elsewhere(AFTER)
    expect(cluster.claim(C, LOST)).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ master: C, lastGrant: { recovering: true } })
  })

  test('[RG6] a member of the sync set who could take over, for as long as it was heard of late', () => {
    const closed = lostCluster()
    closed.register(B)
    closed.close(B)
    closed.now += 10_000
    closed.report(C)
    closed.elsewhere(AFTER)
    expect(closed.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE', retryAfterMs: AFTER - 10_000 })
    closed.now += AFTER - 10_000
    closed.elsewhere(AFTER)
    expect(closed.claim(C, LOST)).toEqual({ ok: true })
  })

  test('[RG6] the session of a host without power may never close: its silence counts, not its socket', () => {
    const cluster = foundedCluster()
    cluster.now += AFTER - 1
    cluster.elsewhere(AFTER)
    expect(cluster.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE', retryAfterMs: 1 })
    cluster.now += 1
    expect(cluster.state.hearing.sessions.get(A)?.state).toBe('open')
    expect(cluster.claim(C, LOST)).toEqual({ ok: true })
  })

  test('[RG6 EL6] a master that has come back with an emptied disk holds nothing up', () => {
    const cluster = lostCluster()
    cluster.register(A)
    cluster.report(A, { role: 'follower', durableIndex: 0 as LogIndex })
    cluster.elsewhere(AFTER)
    expect(cluster.claim(C, LOST)).toEqual({ ok: true })
  })

  test('[RG6] a standby that may not be elected holds nothing up; the master always does', () => {
    const barred = lostCluster()
    barred.state = { ...barred.state, registry: { ...barred.registry, bars: [B] } }
    barred.register(B)
    barred.report(B)
    expect(barred.claim(C, LOST)).toEqual({ ok: true })
    const master = lostCluster()
    master.state = { ...master.state, registry: { ...master.registry, bars: [A] } }
    master.register(A)
    expect(master.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE', retryAfterMs: AFTER })
  })

  test('[RG6, EL6] a standby that came back with a short log holds nothing up', () => {
    const cluster = lostCluster()
    cluster.register(B)
    cluster.report(B, { durableIndex: 3 as LogIndex })
    expect(cluster.claim(C, LOST)).toEqual({ ok: true })
  })

  test('[RG6 EL6] nor does one that says itself that its log is not complete, though nobody here has heard of a longer one', () => {
    const cluster = foundedCluster()
    cluster.state = { ...cluster.state, registry: { ...cluster.registry, acknowledged: new Map() } }
    cluster.restart()
    cluster.now += AFTER
    for (const node of [A, B]) {
      cluster.register(node)
      cluster.report(node, { durableIndex: 0 as LogIndex, complete: false })
    }
    cluster.register(C)
    cluster.report(C)
    cluster.elsewhere(AFTER)
    expect(cluster.claim(C, LOST)).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ master: C, lastGrant: { recovering: true } })
  })

  test('[RG6] any member that hears the master, or another one of the sync set', () => {
    for (const heard of [{ heardMasterMs: 500 }, { heardSyncSetMs: 500 }]) {
      const cluster = lostCluster()
      cluster.register(D)
      cluster.report(D, heard)
      expect(cluster.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE', retryAfterMs: AFTER - 500 })
      cluster.now += AFTER - 500
      cluster.elsewhere(AFTER)
      expect(cluster.claim(C, LOST)).toEqual({ ok: true })
    }
  })

  test('[RG6] a vote of this cluster that was heard elsewhere', () => {
    const cluster = lostCluster()
    cluster.elsewhere(AFTER - 1)
    expect(cluster.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE', retryAfterMs: 1 })
    cluster.elsewhere(AFTER)
    expect(cluster.claim(C, LOST)).toEqual({ ok: true })
  })

  test('[RG6] reports from elsewhere that are missing, old, or of no more than f clusters', () => {
    const cluster = lostCluster()
    cluster.elsewhere(AFTER, 1, 4)
    expect(cluster.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE', retryAfterMs: null })
    cluster.elsewhere(AFTER, 2, 7)
    expect(cluster.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE' })
    cluster.elsewhere(AFTER, 2, 4)
    cluster.now += AFTER / 3 + 1
    expect(cluster.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE' })
    cluster.now -= 1
    expect(cluster.claim(C, LOST)).toEqual({ ok: true })
  })

  test('[RG6] an authority that is younger than recoverAfter: it cannot know who was alive', () => {
    const cluster = lostCluster()
    cluster.restart()
    cluster.register(C)
    cluster.now += AFTER - 1
    cluster.report(C)
    cluster.elsewhere(AFTER)
    expect(cluster.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE', retryAfterMs: 1 })
    cluster.now += 1
    expect(cluster.claim(C, LOST)).toEqual({ ok: true })
  })

  test('[RG6] an engine whose votes carry no epoch: recovery is never automatic', () => {
    const cluster = lostCluster({ recovery: 'operator' })
    expect(cluster.claim(C, LOST)).toMatchObject({ code: 'NOT_ELECTABLE', why: expect.stringContaining('fenced') })
  })
})

describe('the mark', () => {
  test('[RG6] is on every later grant, with the sync set of the last clean epoch, until the end is recorded', () => {
    const cluster = lostCluster()
    cluster.claim(C, LOST)
    const { recovery } = cluster.registry
    cluster.register(D)
    cluster.reshape([C, D])
    cluster.claim(C, { kind: 'own' })
    cluster.close(C)
    expect(cluster.claim(D, { kind: 'refused' })).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ epoch: 4, master: D, syncSet: [D], lastGrant: { recovering: true } })
    expect(cluster.registry.recovery).toBe(recovery)
    expect(cluster.granted.map(({ recovering }) => recovering)).toEqual([false, true, true, true])
  })

  test('[RG6] outlives the loss of the recovering master too', () => {
    const cluster = lostCluster()
    cluster.claim(C, LOST)
    const { recovery } = cluster.registry
    cluster.close(C)
    cluster.now += AFTER
    cluster.register(D)
    cluster.report(D)
    cluster.elsewhere(AFTER)
    expect(cluster.claim(D, LOST)).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ epoch: 3, master: D, syncSet: [D] })
    expect(cluster.registry.recovery).toBe(recovery)
  })

  test('[RC3, RG6] ends when its master at its token says so; the next grant is clean', () => {
    const cluster = lostCluster()
    cluster.claim(C, LOST)
    const { version } = cluster
    expect(cluster.recovered(C, BY_HEIGHT)).toEqual({ ok: true })
    expect(cluster.last?.send.map(({ s }) => s)).toEqual(['reply', 'broadcast'])
    expect(cluster.last?.events).toMatchObject([{ event: 'recovery-ended', who: C }])
    expect(cluster.registry).toMatchObject({ epoch: 2, version: version + 1, recovery: null })
    cluster.claim(C, { kind: 'own' })
    expect(cluster.registry.lastGrant.recovering).toBe(false)
  })

  test('[RC3, RG1] a repeated end is a success and changes nothing', () => {
    const cluster = lostCluster()
    cluster.claim(C, LOST)
    cluster.recovered(C, BY_HEIGHT)
    const before = cluster.registry
    expect(cluster.recovered(C, BY_HEIGHT)).toEqual({ ok: true })
    expect(cluster.registry).toBe(before)
  })

  test('[RC3] is ended by nobody else, and not at another token', () => {
    const cluster = lostCluster()
    cluster.claim(C, LOST)
    for (const [node, at] of [
      [A, token(2)],
      [A, token(1)],
      [C, token(1)],
      [C, token(3)],
    ] as const) {
      expect(cluster.recovered(node, BY_HEIGHT, at)).toMatchObject({ ok: false, code: 'NOT_CURRENT_MASTER' })
    }
    expect(cluster.registry.recovery).not.toBeNull()
  })

  test('[RC3] ends early only by the log of a member of the last clean sync set', () => {
    const cluster = lostCluster()
    cluster.claim(C, LOST)
    cluster.register(D)
    expect(cluster.recovered(C, { kind: 'log', from: D })).toMatchObject({ code: 'STATEMENT_INVALID' })
    expect(cluster.recovered(C, { kind: 'log', from: C })).toMatchObject({ code: 'STATEMENT_INVALID' })
    expect(cluster.recovered(C, { kind: 'log', from: B })).toEqual({ ok: true })
  })
})
