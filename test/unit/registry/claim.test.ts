import type { Resignation } from '@baton/shared/crypto/statement-types'
import type { ClusterId, Epoch, Jws, LogIndex, UnixMs, Version } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import { A, B, C, CLUSTER, D, foundedCluster, NETWORK, outcomeOf, POLICY, REQUEST, token } from './fixture.ts'

const SILENCE = { kind: 'silence', forMs: 2_000 } as const
const REFUSED = { kind: 'refused' } as const
const OWN = { kind: 'own' } as const

/** The master's process has died: session closed, reconnect refused. */
function afterTheMasterDied() {
  const cluster = foundedCluster()
  cluster.close(A)
  return cluster
}

describe('a grant', () => {
  test('[RG1, RG2] raises epoch and version by one and keeps the sync set less the old master', () => {
    const cluster = foundedCluster()
    cluster.reshape([A, B, C])
    cluster.close(A)
    const { version } = cluster
    expect(cluster.claim(B, REFUSED)).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ epoch: 2, version: version + 1, master: B, syncSet: [B, C] })
    expect(cluster.last?.send.map((send) => send.s)).toEqual(['reply', 'broadcast', 'directory'])
    expect(cluster.last?.write.map((write) => write.w)).toEqual(['grant', 'cluster'])
  })

  test('[RG1] the first valid claim wins; the second is stale', () => {
    const cluster = foundedCluster()
    cluster.reshape([A, B, C])
    cluster.close(A)
    const second = cluster.claimOf(C, REFUSED)
    expect(cluster.claim(B, REFUSED)).toEqual({ ok: true })
    const late = outcomeOf(cluster.send({ i: 'claim', from: REQUEST, claim: second, resignation: null }))
    expect(late).toMatchObject({ ok: false, code: 'STALE_VERSION' })
    expect(cluster.registry.master).toBe(B)
  })

  test('[RG1] a repeated claim with the same nonce is a success and grants nothing more', () => {
    const cluster = afterTheMasterDied()
    const claim = cluster.claimOf(B, REFUSED)
    cluster.send({ i: 'claim', from: REQUEST, claim, resignation: null })
    const before = cluster.registry
    const again = cluster.send({ i: 'claim', from: REQUEST, claim, resignation: null })
    expect(outcomeOf(again)).toEqual({ ok: true })
    expect(again.write).toEqual([])
    expect(cluster.registry).toBe(before)
    const other = { ...claim, nonce: 'of another process' }
    const refused = outcomeOf(cluster.send({ i: 'claim', from: REQUEST, claim: other, resignation: null }))
    expect(refused).toMatchObject({ ok: false, code: 'STALE_VERSION' })
  })

  test('[EL7] announces the coming standby, which is not in the sync set by that', () => {
    const cluster = afterTheMasterDied()
    cluster.claim(B, REFUSED, { coming: C })
    expect(cluster.registry).toMatchObject({ coming: C, syncSet: [B] })
    cluster.reshape([B, C])
    expect(cluster.registry).toMatchObject({ coming: null, syncSet: [B, C] })
  })

  test('[EL7] a coming standby that cannot come does not hold up a failover', () => {
    const cluster = afterTheMasterDied()
    expect(cluster.claim(B, REFUSED, { coming: D })).toEqual({ ok: true })
    expect(cluster.registry.coming).toBeNull()
  })
})

describe('who may claim', () => {
  test('[RG2] refuses a node outside the sync set, however good its evidence', () => {
    const cluster = afterTheMasterDied()
    expect(cluster.claim(C, REFUSED)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
    cluster.now += 60_000
    cluster.report(B)
    expect(cluster.claim(C, SILENCE)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
  })

  test('[RG2] refuses a node that never registered', () => {
    expect(afterTheMasterDied().claim(D, REFUSED)).toMatchObject({ ok: false, code: 'UNKNOWN_NODE' })
  })

  test('[RG2] refuses a statement of another cluster', () => {
    const foreign = { cluster: 'c2' as ClusterId }
    expect(afterTheMasterDied().claim(B, REFUSED, foreign)).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
  })

  test('[RG2] refuses a barred node and one with noFailover', () => {
    const cluster = afterTheMasterDied()
    const { registry } = cluster
    cluster.state = { ...cluster.state, registry: { ...registry, bars: [B] } }
    expect(cluster.claim(B, REFUSED)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE', why: 'c1-b is barred' })
    cluster.state = { ...cluster.state, registry }
    cluster.register(B, { noFailover: true })
    expect(cluster.claim(B, REFUSED)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
  })

  test('[ID8] refuses a node whose certificate has expired', () => {
    const cluster = afterTheMasterDied()
    cluster.register(B, { expiresAt: (cluster.now + 10) as UnixMs })
    cluster.now += 10
    expect(cluster.claim(B, REFUSED)).toMatchObject({ ok: false, code: 'CERTIFICATE_EXPIRED' })
    cluster.now -= 1
    expect(cluster.claim(B, REFUSED)).toEqual({ ok: true })
  })

  test('[RG2] the registered master may claim anew in spite of noFailover', () => {
    const cluster = foundedCluster()
    cluster.register(A, { noFailover: true })
    expect(cluster.claim(A, OWN)).toEqual({ ok: true })
  })

  test('[RG1] refuses a stale version', () => {
    const cluster = afterTheMasterDied()
    const { version } = cluster
    expect(cluster.claim(B, REFUSED, { version: (version - 1) as Version })).toMatchObject({ code: 'STALE_VERSION' })
  })

  test('[RG1] refuses an epoch that was granted before', () => {
    const cluster = afterTheMasterDied()
    expect(cluster.claim(B, REFUSED, { epoch: 1 as Epoch })).toMatchObject({ ok: false, code: 'LOWER_TOKEN' })
    expect(cluster.claim(B, REFUSED)).toEqual({ ok: true })
  })

  test('[EL6] refuses a claim below what the node reported at this epoch', () => {
    const cluster = afterTheMasterDied()
    cluster.report(B, { durableIndex: 20 as LogIndex })
    expect(cluster.claim(B, REFUSED, { durableIndex: 19 as LogIndex })).toMatchObject({ code: 'NOT_ELECTABLE' })
    expect(cluster.claim(B, REFUSED, { durableIndex: 20 as LogIndex })).toEqual({ ok: true })
  })
})

describe('evidence', () => {
  test('[RG3] `own` is the resignation of the registered master, and of nobody else', () => {
    const cluster = foundedCluster()
    expect(cluster.claim(B, OWN)).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
    expect(cluster.claim(A, OWN)).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ epoch: 2, master: A })
    expect(cluster.registry.syncSet).toEqual([A, B])
  })

  test('[RG3] a resignation counts only from the current master, at its token, in favour of the claimant', () => {
    const cluster = foundedCluster()
    const resignation: Resignation = { network: NETWORK, cluster: CLUSTER, ...token(1), node: A, to: B }
    const evidence = { kind: 'resigned', resignation: 'x.y.z' as Jws } as const
    const claim = cluster.claimOf(B, evidence)
    const wrong: readonly (Resignation | null)[] = [
      null,
      { ...resignation, node: B },
      { ...resignation, to: C },
      { ...resignation, ...token(2) },
      { ...resignation, cluster: 'c2' as ClusterId },
    ]
    for (const given of wrong) {
      const answer = outcomeOf(cluster.send({ i: 'claim', from: REQUEST, claim, resignation: given }))
      expect(answer).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
    }
    expect(outcomeOf(cluster.send({ i: 'claim', from: REQUEST, claim, resignation }))).toEqual({ ok: true })
  })

  test('[RG3] a refused reconnect ends the wait only when the master’s session has closed', () => {
    const cluster = foundedCluster()
    expect(cluster.claim(B, REFUSED)).toMatchObject({ ok: false, code: 'MASTER_ALIVE' })
    cluster.close(A)
    expect(cluster.claim(B, SILENCE)).toMatchObject({ ok: false, code: 'MASTER_ALIVE' })
    expect(cluster.claim(B, REFUSED)).toEqual({ ok: true })
  })

  test('[RG3] the close of an older session of the master ends nothing', () => {
    const cluster = foundedCluster()
    const older = cluster.session(A)
    cluster.register(A)
    expect(cluster.send({ i: 'sessionClosed', node: A, session: older }).send).toEqual([])
    expect(cluster.claim(B, REFUSED)).toMatchObject({ ok: false, code: 'MASTER_ALIVE' })
  })

  test('[RG3] a session that closed before the grant says nothing about the new master', () => {
    const cluster = foundedCluster()
    cluster.reshape([A, B, C])
    cluster.close(B)
    cluster.close(A)
    cluster.now += 10
    expect(cluster.claim(B, REFUSED)).toEqual({ ok: true })
    expect(cluster.claim(C, REFUSED)).toMatchObject({ ok: false, code: 'MASTER_ALIVE' })
  })

  test('[RG3] a session seen only in an earlier life of the authority ends no wait', () => {
    const cluster = foundedCluster()
    cluster.close(A)
    cluster.restart()
    expect(cluster.claim(B, REFUSED)).toMatchObject({ ok: false, code: 'STARTUP_GRACE' })
    cluster.now += POLICY.startupGraceMs
    cluster.register(B)
    cluster.report(B)
    expect(cluster.claim(B, REFUSED)).toEqual({ ok: true })
  })
})
