import { expect, test } from 'vitest'
import { describeWorld, violations } from '../../support/world/checks.ts'
import { allIsWell } from '../../support/world/recovering.ts'
import { epochOf, settledWorld, submitsUntilAcknowledged, syncSetOf } from '../../support/world/settled.ts'
import type { World } from '../../support/world/world.ts'

function everybodyKnows(world: World, cluster: string, ...nodes: string[]): void {
  for (const host of world.nodesOf(cluster)) {
    host.revoked = new Set(nodes as never[])
    host.feed({ i: 'revoked', nodes: nodes as never[] })
  }
}

const isMaster = (world: World, node: string) => () => world.masterOf('c1')?.node === node

test('[ID8, RG9] the votes of a revoked master count until the order has switched it: no height waits for it', () => {
  const world = settledWorld()
  everybodyKnows(world, 'c1', 'c1-n1')
  // One other cluster is gone, so that nothing is decided without the votes of this one.
  for (const { node } of world.nodesOf('c4')) world.kill(node)
  submitsUntilAcknowledged(world, 5)
  expect(world.masterOf('c1')?.node).toBe('c1-n1')
  world.authorities.get('c1' as never)!.revoke('c1-n1' as never)
  expect(world.run(1_000, isMaster(world, 'c1-n2')), describeWorld(world)).toBe(true)
  submitsUntilAcknowledged(world, 5)
  expect(violations(world)).toEqual([])
})

test('[ID8, EL5] a grant that crossed the revocation is followed by all, and ended by the order', () => {
  const world = settledWorld()
  world.kill('c1-n1')
  // The standby has been granted, and everybody hears of its revocation before the authority does.
  expect(world.run(3_000, isMaster(world, 'c1-n2')), describeWorld(world)).toBe(true)
  everybodyKnows(world, 'c1', 'c1-n2')
  world.start('c1-n1')
  submitsUntilAcknowledged(world, 3)
  const follow = () => world.nodesOf('c1').every(({ state }) => state.guard.token.epoch === 2)
  expect(
    world.run(10_000, () => syncSetOf(world, 'c1').length > 1 && follow()),
    describeWorld(world),
  ).toBe(true)
  world.authorities.get('c1' as never)!.revoke('c1-n2' as never)
  expect(
    world.run(2_000, () => epochOf(world, 'c1') === 3),
    describeWorld(world),
  ).toBe(true)
  expect(world.masterOf('c1')?.node).not.toBe('c1-n2')
  submitsUntilAcknowledged(world, 3)
  expect(violations(world)).toEqual([])
})

test('[ID8, RG4] a revoked node is not taken into the sync set, and may come back under a new key', () => {
  const world = settledWorld({ nodes: 2 })
  world.kill('c1-n2')
  expect(
    world.run(5_000, () => syncSetOf(world, 'c1').length === 1),
    describeWorld(world),
  ).toBe(true)
  // Its own word does not count: it may not know, or not say.
  world.host('c1-n1').feed({ i: 'revoked', nodes: ['c1-n2'] as never[] })
  world.start('c1-n2')
  world.run(8_000)
  expect(syncSetOf(world, 'c1')).toEqual(['c1-n1'])
  everybodyKnows(world, 'c1')
  expect(
    world.run(10_000, () => syncSetOf(world, 'c1').length === 2),
    describeWorld(world),
  ).toBe(true)
  allIsWell(world)
})

test('[ID8, RG6] nobody of the sync set may be elected any more: the cluster recovers with another node', () => {
  const world = settledWorld({ policy: { recoverAfterMs: 3_000 } })
  submitsUntilAcknowledged(world, 3)
  everybodyKnows(world, 'c1', 'c1-n2')
  world.authorities.get('c1' as never)!.revoke('c1-n2' as never)
  world.kill('c1-n1')
  expect(world.run(30_000, isMaster(world, 'c1-n3')), describeWorld(world)).toBe(true)
  submitsUntilAcknowledged(world, 2, 30_000)
  expect(violations(world)).toEqual([])
})
