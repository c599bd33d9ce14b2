/** A cluster whose registry was put back to an old copy. */
import type { GrantRecord } from '@baton/shared/core/registry/types'
import type { NodeId, Version } from '@baton/shared/ids'
import { expect } from 'vitest'
import { A, B, C, foundedCluster, type RegistryUnderTest, token } from './fixture.ts'

const REFUSED = { kind: 'refused' } as const

/**
 * A backup of `foundedCluster` (A master of epoch 1, sync set A and B) is put back after B has become master of epoch 2
 * and has taken C into the sync set; C's report tells. The generation is raised; all have come back with new sessions.
 */
export function restored(): {
  cluster: RegistryUnderTest
  granted: GrantRecord
  addedC: { version: Version; syncSet: NodeId[] }
} {
  const cluster = foundedCluster()
  const backup = cluster.registry
  cluster.close(A)
  cluster.claim(B, REFUSED)
  const granted = cluster.registry.lastGrant
  const addedC = { version: cluster.version, syncSet: [B, C] }
  cluster.reshape([B, C])
  cluster.restore(backup)
  for (const node of [A, B, C]) cluster.register(node)
  cluster.report(C, { token: token(2) })
  expect(cluster.registry.frozen).not.toBeNull()
  expect(cluster.raise(1)).toEqual({ ok: true })
  for (const node of [A, B, C]) cluster.register(node)
  return { cluster, granted, addedC }
}
