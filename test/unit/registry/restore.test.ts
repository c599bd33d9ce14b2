import type { LogIndex, NodeId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { describe, expect, test } from 'vitest'
import { A, B, C, foundedCluster, grantOf, RegistryUnderTest, token } from './fixture.ts'
import { restored } from './restored.ts'

const REFUSED = { kind: 'refused' } as const
const OWN = { kind: 'own' } as const

describe('a raised generation', () => {
  test('[RG8] makes what was restored void: everybody shows anew, and nothing is granted before', () => {
    const cluster = foundedCluster()
    cluster.operator({ act: 'freeze' })
    const sessions = [A, B, C].map((node) => ({ s: 'closeSession', session: cluster.session(node), why: 'restore' }))
    cluster.raise(1)
    expect(cluster.last?.send).toEqual(expect.arrayContaining(sessions))
    expect(cluster.last?.events).toMatchObject([{ event: 'generation-raised', who: 'ann' }])
    cluster.close(A)
    expect(cluster.claim(B, REFUSED)).toMatchObject({ ok: false, code: 'CLUSTER_FROZEN' })
  })

  test('[RG8] goes up only', () => {
    const cluster = foundedCluster()
    expect(cluster.raise(3)).toEqual({ ok: true })
    for (const generation of [0, 2, 3]) expect(cluster.raise(generation)).toMatchObject({ code: 'BAD_REQUEST' })
    expect(cluster.raise(4)).toEqual({ ok: true })
  })

  test('[RG8] that was not high enough freezes again, although the same node says the same', () => {
    const cluster = foundedCluster()
    cluster.report(C, { token: token(1, 5) })
    cluster.raise(2)
    cluster.register(C)
    cluster.report(C, { token: token(1, 5) })
    expect(cluster.registry).toMatchObject({ frozen: expect.stringContaining(C), restore: null })
  })

  test('[RG8] a node that knows more after the restore too freezes again, although it says the same as before', () => {
    const cluster = foundedCluster()
    const { lastGrant } = cluster.registry
    const knowsMore = { token: token(9, 1) }
    cluster.report(C, knowsMore)
    cluster.raise(1)
    for (const node of [A, B, C]) cluster.register(node)
    for (const node of [A, B]) cluster.shows(node, lastGrant)
    expect(cluster.registry).toMatchObject({ frozen: null, restore: null })
    cluster.report(C, knowsMore)
    expect(cluster.registry.frozen).toContain(C)
  })

  test('[RG8] takes no more bars and orders than a cluster can have', () => {
    const nodes = Array.from({ length: LIMITS.nodesPerCluster }, (_, i) => `c1-n${i}` as NodeId)
    const cluster = foundedCluster()
    cluster.order('o-1', B)
    expect(cluster.raise(1, nodes)).toMatchObject({ ok: false, code: 'BAD_REQUEST' })
    expect(cluster.raise(1, nodes.slice(1))).toEqual({ ok: true })
  })

  test('[RG8, RG9] brings back the bars and orders that were given since the backup', () => {
    const { cluster, granted } = restored()
    const order = { id: 'o-7', node: B, cause: 'threshold', why: 'wrong results' } as const
    const stray = { id: 'o-8', node: A, cause: 'operator', why: 'moved since' } as const
    expect(cluster.raise(2, [C], [order, stray])).toEqual({ ok: true })
    expect(cluster.registry).toMatchObject({ bars: [C, B, A], orders: [order, stray] })
    expect(cluster.operator({ act: 'clear', node: B })).toMatchObject({ code: 'NOT_ELECTABLE' })
    for (const node of [B, C]) cluster.register(node)
    cluster.shows(B, granted)
    expect(cluster.registry).toMatchObject({ restore: null, master: B, orders: [order], bars: [C, B, A] })
    cluster.order('o-7', C)
    expect(cluster.registry.orders).toEqual([order])
  })

  test('[RG8, RG9] keeps them when it is frozen in the middle and begun anew (seed 20011146)', () => {
    const { cluster, granted } = restored()
    const order = { id: 'o-7', node: B, cause: 'threshold', why: 'wrong results' } as const
    cluster.raise(2, [], [order])
    cluster.operator({ act: 'freeze' })
    expect(cluster.registry).toMatchObject({ master: A, restore: null, orders: [order] })
    cluster.raise(3)
    for (const node of [B, C]) cluster.register(node)
    cluster.shows(B, granted)
    expect(cluster.registry).toMatchObject({ restore: null, master: B, orders: [order], bars: [B] })
  })
})

describe('what the members show', () => {
  test('[RG8] gives master and sync set back, once all nodes of that set have shown theirs; the next grant is clean', () => {
    const { cluster, granted, addedC } = restored()
    cluster.shows(B, granted, addedC)
    expect(cluster.claim(C, REFUSED)).toMatchObject({
      code: 'CLUSTER_FROZEN',
      why: 'restored: waits for what c1-c can show',
    })
    cluster.shows(C, granted, addedC)
    expect(cluster.last?.events).toMatchObject([
      { event: 'shown', who: C },
      { event: 'restored', who: B },
    ])
    const { registry } = cluster
    expect(registry).toMatchObject({
      generation: 1,
      epoch: 2,
      master: B,
      syncSet: [B, C],
      recovery: null,
      restore: null,
    })
    cluster.report(B, { token: token(2), role: 'master' })
    expect(cluster.claim(B, OWN)).toEqual({ ok: true })
    expect(cluster.registry.lastGrant).toMatchObject({ ...token(3, 1), node: B, syncSet: [B, C], recovering: false })
  })

  test('[RG8] counts wherever it is shown: the newer reshape takes a node out that the grant still names', () => {
    const cluster = foundedCluster()
    const { lastGrant } = cluster.registry
    const backup = cluster.registry
    const alone = { version: cluster.version, syncSet: [A] }
    cluster.reshape([A])
    cluster.restore(backup)
    cluster.operator({ act: 'freeze' })
    cluster.raise(1)
    for (const node of [A, B]) cluster.register(node)
    cluster.shows(B, lastGrant)
    expect(cluster.registry.restore).not.toBeNull()
    cluster.shows(A, lastGrant, alone)
    expect(cluster.registry).toMatchObject({ restore: null, master: A, syncSet: [A] })
    cluster.close(A)
    cluster.now += 60_000
    cluster.report(B)
    expect(cluster.claim(B, REFUSED)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
  })

  test('[RG8] a version that the restored registry counted up by itself outweighs no reshape', () => {
    const cluster = foundedCluster()
    const { lastGrant } = cluster.registry
    const backup = cluster.registry
    const alone = { version: cluster.version, syncSet: [A] }
    cluster.restore(backup)
    for (const peerAddress of ['x:1', 'x:2', 'x:3']) cluster.register(C, { peerAddress })
    cluster.operator({ act: 'freeze' })
    cluster.raise(1)
    for (const node of [A, B]) cluster.register(node)
    cluster.shows(A, lastGrant, alone)
    expect(cluster.registry).toMatchObject({ restore: null, syncSet: [A] })
  })

  test('[RG8] a reshape older than the recorded one takes nothing back', () => {
    const cluster = foundedCluster()
    const older = { version: cluster.version, syncSet: [A, B, C] }
    cluster.reshape(older.syncSet)
    cluster.reshape([A])
    const { lastGrant } = cluster.registry
    cluster.operator({ act: 'freeze' })
    cluster.raise(1)
    for (const node of [A, B]) cluster.register(node)
    cluster.shows(B, lastGrant, older)
    cluster.shows(A, lastGrant)
    expect(cluster.registry).toMatchObject({ restore: null, syncSet: [A] })
  })

  test('[RG8] an epoch that was recorded is not granted again, whatever the best grant says', () => {
    const cluster = foundedCluster()
    for (let epoch = 2; epoch <= 4; epoch++) cluster.claim(A, OWN)
    cluster.operator({ act: 'freeze' })
    cluster.raise(2)
    for (const node of [A, B]) cluster.register(node)
    const later = { ...cluster.registry.lastGrant, ...token(1, 1) }
    cluster.shows(B, later)
    cluster.shows(A, later)
    expect(cluster.registry).toMatchObject({ restore: null, generation: 2, epoch: 4 })
    cluster.claim(A, OWN)
    expect(cluster.registry.lastGrant).toMatchObject(token(5, 2))
  })

  test('[RG8] is not complete with a node that shows nothing: it has lost its memory, and may have held better', () => {
    const { cluster, granted } = restored()
    cluster.shows(B, null)
    cluster.shows(C, granted)
    expect(cluster.registry.restore).not.toBeNull()
    cluster.shows(B, granted)
    expect(cluster.registry.restore).toBeNull()
  })

  test('[RG8] stays known when its node comes back with less', () => {
    const { cluster, granted, addedC } = restored()
    cluster.shows(B, granted, addedC)
    cluster.register(B)
    cluster.shows(B, foundedCluster().registry.lastGrant)
    cluster.shows(C, foundedCluster().registry.lastGrant)
    expect(cluster.registry).toMatchObject({ restore: null, master: B, syncSet: [B, C] })
  })

  test('[RG8] is told by the directory too: a later master that nobody else shows is waited for', () => {
    const { cluster, granted, addedC } = restored()
    const later = { ...granted, ...token(4), node: A, syncSet: [A], recovering: true }
    cluster.send({ i: 'directoryKnows', grant: grantOf(later) })
    cluster.shows(B, granted, addedC)
    cluster.shows(C, granted, addedC)
    expect(cluster.registry.restore).not.toBeNull()
    cluster.shows(A, later)
    expect(cluster.registry).toMatchObject({ restore: null, epoch: 4, master: A, syncSet: [A] })
    expect(cluster.registry.recovery).toEqual({ lastClean: { token: token(4), syncSet: [] } })
  })

  test('[RG8] two grants of one token prove a fork: no sync set is believed', () => {
    const { cluster, granted } = restored()
    const [first, second] = [
      { ...granted, syncSet: [B, A] },
      { ...granted, node: C, syncSet: [C, A] },
    ]
    cluster.shows(B, first)
    cluster.shows(C, second)
    cluster.shows(A, first)
    expect(cluster.claim(B, OWN)).toMatchObject({ code: 'CLUSTER_FROZEN', why: expect.stringContaining('one token') })
    const late = restored()
    late.cluster.shows(B, granted)
    expect(late.cluster.registry).toMatchObject({ restore: null, master: B })
    late.cluster.shows(C, second)
    expect(late.cluster.registry.frozen).toContain('a grant of the recorded token to c1-c')
  })

  test('[RG8] a reshape without its grant says only that something is missing', () => {
    const { cluster, granted } = restored()
    const { lastGrant } = foundedCluster().registry
    cluster.shows(B, lastGrant)
    const reshape = { network: 'testnet', cluster: 'c1', ...token(2), version: granted.version, node: B, syncSet: [B] }
    cluster.send({
      i: 'shown',
      node: A,
      session: cluster.session(A),
      grant: grantOf(lastGrant),
      reshape: reshape as never,
    })
    expect(cluster.claim(A, OWN)).toMatchObject({ code: 'CLUSTER_FROZEN', why: expect.stringContaining('reshape') })
    cluster.shows(B, granted)
    expect(cluster.registry).toMatchObject({ restore: null, master: B })
  })

  test('[RG8] of the new generation itself: it was used before, and must be raised again', () => {
    const { cluster, granted } = restored()
    cluster.shows(B, { ...granted, ...token(1, 1) })
    expect(cluster.registry).toMatchObject({ frozen: expect.stringContaining(B), restore: null })
    cluster.raise(2)
    for (const node of [B, C]) cluster.register(node)
    cluster.shows(B, { ...granted, ...token(1, 1) })
    expect(cluster.registry).toMatchObject({ restore: null, generation: 2, master: B, epoch: 1 })
  })

  test('[RG8] keeps the mark of a recovery that was recorded before the backup', () => {
    const { cluster, granted } = restored()
    const lost = { ...granted, recovering: true }
    cluster.shows(B, lost)
    cluster.shows(C, lost)
    expect(cluster.registry.recovery).toEqual({ lastClean: { token: token(2), syncSet: [] } })
    cluster.claim(B, OWN)
    expect(cluster.registry.lastGrant.recovering).toBe(true)
  })
})

describe('after a restore', () => {
  test('[RG8, RG3] the master is heard under the token it has, so that nobody takes over from it by silence', () => {
    const { cluster, granted, addedC } = restored()
    cluster.shows(B, granted, addedC)
    cluster.shows(C, granted, addedC)
    cluster.now += 60_000
    cluster.report(C, { token: token(2), role: 'follower' })
    cluster.report(B, { token: token(2), role: 'master' })
    expect(cluster.claim(C, { kind: 'silence', forMs: 0 })).toMatchObject({ code: 'MASTER_ALIVE' })
  })

  test('[RG8, EL6] logs are measured by what was acknowledged under that token', () => {
    const { cluster, granted, addedC } = restored()
    cluster.shows(B, granted, addedC)
    cluster.shows(C, granted, addedC)
    cluster.report(C, { token: token(2), durableIndex: 20 as LogIndex })
    cluster.close(B)
    expect(cluster.claim(C, REFUSED, { durableIndex: 19 as LogIndex })).toMatchObject({ code: 'NOT_ELECTABLE' })
    expect(cluster.claim(C, REFUSED, { durableIndex: 20 as LogIndex })).toEqual({ ok: true })
  })

  test('[RG8] the old master still reshapes and confirms nothing: it must claim first', () => {
    const { cluster, granted } = restored()
    cluster.shows(B, granted)
    cluster.shows(C, granted)
    expect(cluster.reshape([B], token(2))).toMatchObject({ ok: false, code: 'NOT_CURRENT_MASTER' })
  })

  test('[RG8] no token is granted twice, and none below one that was', () => {
    const { cluster, granted } = restored()
    cluster.shows(B, granted)
    cluster.shows(C, granted)
    cluster.claim(B, OWN)
    const tokens = cluster.granted.map(({ generation, epoch }) => `${generation}.${epoch}`)
    expect(tokens).toEqual(['0.1', '0.2', '1.3'])
  })
})

describe('a registry that was lost as a whole', () => {
  function lost() {
    const { lastGrant } = foundedCluster().registry
    const cluster = new RegistryUnderTest()
    cluster.create()
    cluster.operator({ act: 'freeze' })
    cluster.raise(1)
    for (const node of [A, B]) cluster.register(node)
    return { cluster, granted: { ...lastGrant, ...token(5), syncSet: [A, B] } }
  }

  test('[RG8] is founded by what its members show, without a grant', () => {
    const { cluster, granted } = lost()
    cluster.shows(A, granted)
    expect(cluster.state.registry.status).toBe('unfounded')
    cluster.shows(B, granted)
    expect(cluster.registry).toMatchObject({ generation: 1, epoch: 5, master: A, syncSet: [A, B], recovery: null })
    expect(cluster.granted).toEqual([])
    cluster.close(A)
    cluster.now += 60_000
    cluster.report(B, { token: token(5), role: 'follower' })
    expect(cluster.claim(B, { kind: 'silence', forMs: 0 })).toEqual({ ok: true })
    expect(cluster.registry.lastGrant).toMatchObject({ ...token(6, 1), recovering: false })
  })

  test('[RG8, RG2] is founded anew when nobody has anything to show and an operator accepts it: recovering', () => {
    const { cluster } = lost()
    cluster.operator({ act: 'accept-incomplete-restore' })
    cluster.register(A)
    expect(cluster.registry).toMatchObject({ generation: 1, epoch: 1, master: A, syncSet: [A] })
    expect(cluster.registry.lastGrant.recovering).toBe(true)
    expect(cluster.registry.recovery).not.toBeNull()
  })

  test('[RG8] hears of an operator only what restores it', () => {
    const { cluster } = lost()
    expect(cluster.operator({ act: 'clear', node: A })).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
  })
})
