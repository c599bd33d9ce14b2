import type { GrantRecord, Registry } from '@baton/shared/core/registry/types'
import type { Reshape } from '@baton/shared/crypto/statement-types'
import type { NodeId, Version } from '@baton/shared/ids'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { A, B, C, D, foundedCluster, grantOf, type RegistryUnderTest, reshapeOf } from './fixture.ts'

const NODES = [A, B, C, D] as const
const node = fc.constantFrom(...NODES)

const change = fc.oneof(
  fc.record({ do: fc.constant('switch' as const), node }),
  fc.record({ do: fc.constant('reshape' as const), syncSet: fc.uniqueArray(node, { maxLength: 3 }) }),
  fc.record({ do: fc.constant('learn' as const), node }),
  // Raises the version of the registry, and says nothing about the mastership.
  fc.record({ do: fc.constant('move' as const), node, port: fc.nat(9) }),
)
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never

/** What each node has on disk: its highest grant, and the newest reshape it was told to be in force. */
class Memories {
  readonly grants = new Map<NodeId, GrantRecord>()
  readonly reshapes = new Map<NodeId, Reshape>()

  learn(who: NodeId, grant: GrantRecord, reshape: Reshape | null): void {
    this.grants.set(who, grant)
    if (reshape === null) this.reshapes.delete(who)
    else this.reshapes.set(who, reshape)
  }
}

interface Lived {
  readonly cluster: RegistryUnderTest
  readonly memories: Memories
  readonly backups: readonly Registry[]
}

function live(changes: readonly Change[]): Lived {
  const cluster = foundedCluster({ settleTimeMs: 1, switchesPerHour: 3_600 })
  cluster.register(D)
  const memories = new Memories()
  // How the sync set of the fixture came about: the founder has added B.
  let reshape: Reshape | null = reshapeOf(cluster.registry.lastGrant, {
    version: (cluster.registry.syncSetVersion - 1) as Version,
    syncSet: [A, B],
  })
  memories.learn(A, cluster.registry.lastGrant, reshape)
  memories.learn(B, cluster.registry.lastGrant, reshape)
  const backups: Registry[] = [cluster.registry]
  for (const each of changes) {
    const { master, version, lastGrant } = cluster.registry
    cluster.now += 10
    if (each.do === 'switch') {
      const outcome = each.node === master ? cluster.claim(master, { kind: 'own' }) : cluster.handOver(each.node)
      if (outcome.ok) reshape = null
      if (outcome.ok) memories.learn(each.node, cluster.registry.lastGrant, null)
    } else if (each.do === 'reshape') {
      const syncSet = [master, ...each.syncSet.filter((one) => one !== master)]
      const asked = reshapeOf(lastGrant, { version, syncSet })
      if (cluster.reshape(syncSet).ok && cluster.version > version) {
        reshape = asked
        // A node that is taken in has the whole log, and so the token; the master knows what it asked.
        for (const one of syncSet) memories.learn(one, lastGrant, one === master ? asked : null)
      }
    } else if (each.do === 'learn') memories.learn(each.node, lastGrant, reshape)
    else cluster.register(each.node, { peerAddress: `${each.node}:${each.port}` })
    backups.push(cluster.registry)
  }
  return { cluster, memories, backups }
}

function bringBack({ cluster, backups }: Lived, backup: number): void {
  cluster.restore(backups[backup % backups.length]!)
  cluster.operator({ act: 'freeze' })
  cluster.raise(1)
  for (const one of NODES) cluster.register(one)
}

const histories = fc.record({
  changes: fc.array(change, { minLength: 5, maxLength: 40 }),
  backup: fc.nat(40),
  order: fc.shuffledSubarray([...NODES], { minLength: 2 }),
})

test('[RG8] whatever was lost, a restore that completes has the last master and its last sync set', () => {
  let complete = 0
  fc.assert(
    fc.property(histories, ({ changes, backup, order }) => {
      const lived = live(changes)
      const { cluster, memories } = lived
      const truth = cluster.registry
      bringBack(lived, backup)
      for (const one of order) {
        const reshape = memories.reshapes.get(one) ?? null
        cluster.shows(one, memories.grants.get(one) ?? null, reshape)
      }
      const { registry } = cluster
      if (registry.restore !== null) {
        // Only a node of the true sync set that has not shown its memory keeps a restore from its end.
        expect(order.filter((one) => truth.syncSet.includes(one)).length).toBeLessThan(truth.syncSet.length)
        return
      }
      complete += 1
      expect(registry).toMatchObject({ master: truth.master, generation: 1, recovery: null })
      expect([...registry.syncSet].sort()).toEqual([...truth.syncSet].sort())
      expect(cluster.claim(registry.master, { kind: 'own' })).toEqual({ ok: true })
      expect(cluster.registry.epoch).toBe(truth.epoch + 1)
      expect(cluster.registry.lastGrant.recovering).toBe(false)
    }),
    { numRuns: 300, seed: 20261024 },
  )
  expect(complete).toBeGreaterThan(100)
})

test('[RG8] a restore that is accepted before its end grants nothing clean', () => {
  let accepted = 0
  fc.assert(
    fc.property(histories, ({ changes, backup, order }) => {
      const lived = live(changes)
      const { cluster, memories } = lived
      bringBack(lived, backup)
      for (const one of order.slice(1)) cluster.shows(one, memories.grants.get(one) ?? null)
      cluster.send({ i: 'directoryKnows', grant: grantOf(memories.grants.get(A)!) })
      if (cluster.registry.restore === null) return
      accepted += 1
      expect(cluster.operator({ act: 'accept-incomplete-restore' })).toEqual({ ok: true })
      expect(cluster.claim(cluster.registry.master, { kind: 'own' })).toEqual({ ok: true })
      expect(cluster.registry.lastGrant).toMatchObject({ generation: 1, recovering: true })
    }),
    { numRuns: 200, seed: 20261025 },
  )
  expect(accepted).toBeGreaterThan(50)
})
