/** Worlds to begin a test with, and what tests ask them. */
import { expect } from 'vitest'
import { describeWorld, unsettled } from './checks.ts'
import type { WorldOptions } from './network.ts'
import { World } from './world.ts'

/** Four clusters with a master and their standbys each, and a chain that moves. */
export function settledWorld(options: Partial<WorldOptions> = {}): World {
  const world = new World({ clusters: 4, nodes: 3, ...options })
  expect(
    world.run(
      10_000,
      () => unsettled(world).length === 0 && clustersOf(world).every((c) => syncSetOf(world, c).length > 1),
    ),
    describeWorld(world),
  ).toBe(true)
  return world
}

export function clustersOf(world: World): readonly string[] {
  return world.genesis.clusters.map(({ cluster }) => cluster)
}

export function syncSetOf(world: World, cluster: string): readonly string[] {
  const role = world.masterOf(cluster)?.state.guard.role
  return role?.role === 'leading' ? role.required.syncSet : []
}

export function epochOf(world: World, cluster: string): number {
  return world.masterOf(cluster)?.state.guard.token.epoch ?? 0
}

/** Clients send `count` transactions and wait for all answers. */
export function submitsUntilAcknowledged(world: World, count: number, withinMs = 10_000): void {
  const ids = Array.from({ length: count }, (_, i) => world.submit('c1-n1', `key-${world.now}-${i}`).id)
  expect(
    world.run(withinMs, () => ids.every((id) => world.acknowledged.has(id))),
    describeWorld(world),
  ).toBe(true)
}
