import type { NodeId } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import { A, B, C, foundedCluster, token } from './fixture.ts'
import { restored } from './restored.ts'

const OWN = { kind: 'own' } as const

describe('accept-incomplete-restore', () => {
  test('[RG8, RC3] waits no longer: the next grant is recovering, from the best that was shown', () => {
    const { cluster, granted, addedC } = restored()
    cluster.shows(B, granted, addedC)
    expect(cluster.operator({ act: 'accept-incomplete-restore' })).toEqual({ ok: true })
    expect(cluster.last?.events).toMatchObject([{ event: 'restore-accepted', who: 'ann' }])
    const lastClean = { token: token(2), syncSet: [] }
    expect(cluster.registry).toMatchObject({ master: B, syncSet: [B, C], recovery: { lastClean }, restore: null })
    expect(cluster.claim(B, OWN)).toEqual({ ok: true })
    expect(cluster.registry.lastGrant).toMatchObject({ ...token(3, 1), recovering: true })
    expect(cluster.registry.recovery).toEqual({ lastClean })
    // Who could show something may have been left out of the sync set since: no log ends it.
    for (const from of [A, B, C]) {
      expect(cluster.recovered(B, { kind: 'log', from })).toMatchObject({ code: 'STATEMENT_INVALID' })
    }
  })

  test('[RG8] a node that comes back later with a higher token of the old generation freezes nothing, and is taken up: the next grant recovers anyway (seed 20000456)', () => {
    const { cluster, granted } = restored()
    cluster.shows(A, null)
    cluster.operator({ act: 'accept-incomplete-restore' })
    cluster.close(B)
    cluster.register(B)
    cluster.shows(B, granted)
    const lastClean = { token: token(2), syncSet: [] }
    expect(cluster.registry).toMatchObject({
      frozen: null,
      master: B,
      generation: 1,
      epoch: 2,
      recovery: { lastClean },
    })
    // It is in office still, and asks for a token of the new generation (seed 20044899).
    expect(cluster.claim(B, OWN)).toEqual({ ok: true })
    expect(cluster.registry.lastGrant).toMatchObject({ ...token(3, 1), recovering: true })
    cluster.shows(B, { ...granted, ...token(9, 1) })
    expect(cluster.registry.frozen).toMatch(/higher token/)
  })

  test('[RG8] after a complete one it does: a clean grant might leave out what it holds', () => {
    const { cluster, granted, addedC } = restored()
    cluster.shows(B, granted, addedC)
    cluster.shows(C, granted, addedC)
    expect(cluster.registry).toMatchObject({ master: B, restore: null, recovery: null })
    cluster.shows(A, { ...granted, ...token(3), node: A, syncSet: [A], recovering: true })
    expect(cluster.registry.frozen).toMatch(/higher token/)
  })

  test('[RG8] knows of a master that never registered here only as the last clean one', () => {
    const cluster = foundedCluster()
    const stranger = 'c1-x' as NodeId
    const theirs = { ...cluster.registry.lastGrant, ...token(7), node: stranger, syncSet: [stranger] }
    cluster.operator({ act: 'freeze' })
    cluster.raise(1)
    cluster.register(A)
    cluster.shows(A, theirs)
    cluster.operator({ act: 'accept-incomplete-restore' })
    expect(cluster.registry).toMatchObject({ master: A, recovery: { lastClean: { token: token(7) } } })
    cluster.claim(A, OWN)
    expect(cluster.registry.lastGrant).toMatchObject({ generation: 1, recovering: true })
  })

  test('[RG8] leaves a node that never registered here out of the sync set', () => {
    const cluster = foundedCluster()
    const stranger = 'c1-x' as NodeId
    cluster.operator({ act: 'freeze' })
    cluster.raise(1)
    cluster.register(A)
    cluster.shows(A, { ...cluster.registry.lastGrant, ...token(7), syncSet: [A, stranger] })
    cluster.operator({ act: 'accept-incomplete-restore' })
    expect(cluster.registry).toMatchObject({ master: A, syncSet: [A], recovery: { lastClean: { token: token(7) } } })
  })

  test('[RG8] is refused when nothing is being restored', () => {
    expect(foundedCluster().operator({ act: 'accept-incomplete-restore' })).toMatchObject({ code: 'BAD_REQUEST' })
  })
})
