import type { ClusterId, Epoch, LogIndex, UnixMs, Version } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import {
  A,
  B,
  C,
  CLUSTER,
  foundedCluster,
  grantOf,
  type NETWORK,
  outcomeOf,
  REQUEST,
  RegistryUnderTest,
  reshapeOf,
  token,
} from './fixture.ts'

const REFUSED = { kind: 'refused' } as const
const FROZEN = { ok: false, code: 'CLUSTER_FROZEN' }

describe('what freezes a registry', () => {
  test('[RG8] the report of a higher token, or of a second master; one event each for as long as it is said', () => {
    for (const said of [{ token: token(2) }, { role: 'master' }] as const) {
      const cluster = foundedCluster()
      const { version } = cluster
      const step = cluster.report(C, { ...said, heardMasterMs: 0 })
      expect(step.rejected?.code).toBe('TOKEN_CONFLICT')
      expect(step.events.map(({ event }) => event)).toEqual(['report-conflict', 'frozen'])
      expect(step.send.map(({ s }) => s)).toEqual(['heard', 'broadcast'])
      expect(cluster.registry).toMatchObject({ version: version + 1, frozen: expect.stringContaining(C) })
      expect(cluster.report(C, { ...said }).events).toEqual([])
      expect(cluster.version).toBe(version + 1)
    }
  })

  test('[RG8] a claim that knows a higher token, or a later version, than the registry', () => {
    const known = [{ epoch: 3 as Epoch }, token(2, 1), { version: (foundedCluster().version + 1) as Version }]
    for (const overrides of known) {
      const cluster = foundedCluster()
      cluster.close(A)
      expect(cluster.claim(B, REFUSED, overrides)).toMatchObject({ ok: false, code: 'TOKEN_CONFLICT' })
      expect(cluster.last?.events.map(({ event }) => event)).toEqual(['claim-refused', 'frozen'])
      expect(cluster.claim(B, REFUSED)).toMatchObject(FROZEN)
    }
  })

  test('[RG8] a verified grant that is shown: higher than the recorded one, or of its token and another node', () => {
    const { lastGrant } = foundedCluster().registry
    for (const grant of [
      { ...lastGrant, ...token(2) },
      { ...lastGrant, node: B, syncSet: [B] },
    ]) {
      const cluster = foundedCluster()
      expect(cluster.shows(B, grant).rejected?.code).toBe('TOKEN_CONFLICT')
      expect(cluster.registry.frozen).not.toBeNull()
      const other = foundedCluster()
      other.send({ i: 'directoryKnows', grant: grantOf(grant) })
      expect(other.registry.frozen).not.toBeNull()
    }
  })

  test('[RG8] a reshape against a later version than the recorded one: a restore may have lost no more than that', () => {
    const cluster = foundedCluster()
    cluster.shows(A, cluster.registry.lastGrant, { version: cluster.version, syncSet: [A] })
    expect(cluster.registry.frozen).toBeNull()
    cluster.shows(A, cluster.registry.lastGrant, { version: (cluster.version + 1) as Version, syncSet: [A] })
    expect(cluster.registry.frozen).not.toBeNull()
  })

  test('[RG8] an operator, before or after restoring it', () => {
    const cluster = foundedCluster()
    expect(cluster.operator({ act: 'freeze' })).toEqual({ ok: true })
    expect(cluster.registry.frozen).toBe('ann: maintenance')
    const before = cluster.registry
    expect(cluster.operator({ act: 'freeze' })).toEqual({ ok: true })
    expect(cluster.registry).toBe(before)
  })

  test('[RG8] nothing that the registry knows itself, that is older, or that is of another cluster', () => {
    const cluster = foundedCluster()
    const first = cluster.registry.lastGrant
    cluster.claim(A, { kind: 'own' })
    cluster.report(C, { token: token(1), durableIndex: 3 as LogIndex })
    cluster.shows(C, first)
    cluster.shows(A, cluster.registry.lastGrant)
    cluster.send({ i: 'directoryKnows', grant: grantOf(first) })
    const foreign = { ...grantOf({ ...first, ...token(9) }), cluster: 'c2' as ClusterId }
    cluster.send({ i: 'directoryKnows', grant: foreign })
    const session = cluster.session(C)
    expect(cluster.send({ i: 'shown', node: C, session, grant: foreign, reshape: null }).rejected?.code).toBe(
      'STATEMENT_INVALID',
    )
    const late = cluster.send({ i: 'shown', node: C, session: 'older', grant: null, reshape: null })
    expect(late.rejected?.code).toBe('PEER_UNEXPECTED')
    expect(cluster.registry.frozen).toBeNull()
  })
})

describe('a frozen registry', () => {
  function frozen() {
    const cluster = foundedCluster()
    cluster.report(C, { token: token(2) })
    return cluster
  }

  test('[RG8] grants, reshapes and confirms nothing, and records no end of a recovery', () => {
    const cluster = frozen()
    cluster.close(A)
    expect(cluster.claim(B, REFUSED)).toMatchObject(FROZEN)
    expect(cluster.claim(A, { kind: 'own' })).toMatchObject(FROZEN)
    expect(cluster.reshape([A])).toMatchObject(FROZEN)
    expect(outcomeOf(cluster.send({ i: 'confirm', from: REQUEST, node: A, token: token(1) }))).toMatchObject(FROZEN)
    expect(cluster.recovered(A, { kind: 'height', height: 3 })).toMatchObject(FROZEN)
    expect(cluster.verified(B)).toMatchObject(FROZEN)
    expect(cluster.last?.events).toMatchObject([{ event: 'verified-refused', code: 'CLUSTER_FROZEN' }])
  })

  test('[RG8] stays so over a new life of the authority, and until the generation is raised', () => {
    const cluster = frozen()
    cluster.restart()
    for (const node of [A, B, C]) cluster.register(node)
    expect(cluster.claim(A, { kind: 'own' })).toMatchObject(FROZEN)
    expect(cluster.operator({ act: 'accept-incomplete-restore' })).toMatchObject({ ok: false, code: 'BAD_REQUEST' })
    expect(cluster.raise(0)).toMatchObject({ ok: false, code: 'BAD_REQUEST' })
    expect(cluster.raise(1)).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ frozen: null, generation: 1 })
  })

  test('[RG8] hears no operator on what nobody knows, and takes in orders and pauses', () => {
    const cluster = frozen()
    expect(cluster.operator({ act: 'allow-data-loss', node: C })).toMatchObject(FROZEN)
    expect(cluster.operator({ act: 'end-recovery' })).toMatchObject(FROZEN)
    expect(cluster.operator({ act: 'order', id: 'o-1', node: B })).toEqual({ ok: true })
    expect(cluster.operator({ act: 'pause', until: (cluster.now + 1) as UnixMs })).toEqual({ ok: true })
    expect(cluster.registry.bars).toEqual([B])
  })

  test('[RG8] a cluster whose registry was lost as a whole founds nobody anew', () => {
    const cluster = new RegistryUnderTest()
    cluster.create()
    cluster.register(B)
    const report = { report: 1, token: token(5), role: 'follower', stalled: false, height: 9 } as const
    const heard = { heardMasterMs: null, heardSyncSetMs: null, durableIndex: 7 as LogIndex }
    cluster.send({ i: 'report', node: B, session: cluster.session(B), report: { ...report, ...heard } })
    expect(cluster.state.registry).toMatchObject({ status: 'unfounded', frozen: expect.stringContaining(B) })
    expect(cluster.register(A).write.some(({ w }) => w === 'grant')).toBe(false)
    expect(cluster.state.registry.status).toBe('unfounded')
  })
})

test('[RG8] a reshape is ours only when it names our cluster', () => {
  const cluster = foundedCluster()
  const { lastGrant } = cluster.registry
  const reshape = { ...reshapeOf(lastGrant, { version: 99 as Version }), network: 'othernet' as typeof NETWORK }
  const session = cluster.session(A)
  const step = cluster.send({ i: 'shown', node: A, session, grant: grantOf(lastGrant), reshape })
  expect(step.rejected?.code).toBe('STATEMENT_INVALID')
  expect(cluster.registry).toMatchObject({ cluster: CLUSTER, frozen: null })
})
