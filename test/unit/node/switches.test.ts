import { isLeading } from '@baton/shared/core/node/state'
import { expect, test } from 'vitest'
import { agree, describeWorld, lost, unsettled, violations } from '../../support/world/checks.ts'
import { epochOf, settledWorld, submitsUntilAcknowledged, syncSetOf } from '../../support/world/settled.ts'
import type { World } from '../../support/world/world.ts'

function mastersIs(world: World, cluster: string, node: string): void {
  expect(
    world.run(5_000, () => world.masterOf(cluster)?.node === node),
    describeWorld(world),
  ).toBe(true)
}

function becomesWhole(world: World): void {
  expect(
    world.run(20_000, () => unsettled(world).length === 0),
    describeWorld(world),
  ).toBe(true)
  expect(violations(world)).toEqual([])
  expect(lost(world)).toEqual([])
}

test('[RG2 GU1] two failovers in a row: with two standbys the second takes over from the first', () => {
  const world = settledWorld({ syncReplicas: 2 })
  submitsUntilAcknowledged(world, 5)
  const [, first, second] = syncSetOf(world, 'c1')
  world.kill('c1-n1')
  world.run(3_000, () => epochOf(world, 'c1') === 2)
  const heir = world.masterOf('c1')!.node
  expect([first, second]).toContain(heir)
  world.kill(heir)
  const last = [first, second].find((node) => node !== heir)!
  mastersIs(world, 'c1', last)
  submitsUntilAcknowledged(world, 5)
  expect(epochOf(world, 'c1')).toBe(3)
  for (const node of ['c1-n1', heir]) world.start(node)
  becomesWhole(world)
})

test('[RG2] the last node of the sync set comes back before anybody else may lead', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 5)
  world.kill('c1-n1')
  mastersIs(world, 'c1', 'c1-n2')
  // Before a new standby is recorded, it dies too.
  world.kill('c1-n2')
  world.start('c1-n1')
  world.run(10_000)
  expect(syncSetOf(world, 'c1')).not.toContain('c1-n1')
  world.start('c1-n2')
  becomesWhole(world)
})

test('[GU2 EL3] a handover while records wait to be held signs none of them afterwards', () => {
  const world = settledWorld({ commitMs: 5 })
  world.clog('c1-n1', 'c1-n2')
  world.submit('c1-n1', 'waits')
  world.run(50)
  const host = world.host('c1-n1')
  expect(host.state.releases.length).toBeGreaterThan(0)
  const { signatures } = world.watch
  host.feed({ i: 'resign', to: null, leaving: false })
  world.run(20)
  expect(isLeading(host.state)).toBe(false)
  expect(host.state.releases).toEqual([])
  world.mend('c1-n1', 'c1-n2')
  mastersIs(world, 'c1', 'c1-n2')
  submitsUntilAcknowledged(world, 3)
  expect(world.watch.signatures).toBeGreaterThan(signatures)
  becomesWhole(world)
})

test('[RG2 GU3] a master killed between its stream and its commit goes on under its token without what it lost', () => {
  const world = settledWorld({ commitMs: 40, seed: 3 })
  for (let n = 0; n < 12; n++) {
    world.submit('c1-n1', `k${n}`)
    world.run(200, () => world.host('c1-n1').committing)
    world.run(2)
    world.kill('c1-n1')
    world.start('c1-n1')
    world.run(60)
    expect(violations(world), describeWorld(world)).toEqual([])
  }
  submitsUntilAcknowledged(world, 3)
  becomesWhole(world)
})

test('[RG5] durability required: a cluster whose standby is dead completes nothing until another one is recorded', () => {
  const world = settledWorld({ durability: 'required', nodes: 2 })
  submitsUntilAcknowledged(world, 3)
  world.kill('c1-n2')
  expect(
    world.run(3_000, () => syncSetOf(world, 'c1').length === 1),
    describeWorld(world),
  ).toBe(true)
  const role = world.masterOf('c1')!.state.guard.role
  const held = role.role === 'leading' ? role.held : -1
  // The other three clusters go on.
  submitsUntilAcknowledged(world, 3)
  world.run(2_000)
  const after = world.masterOf('c1')!.state.guard.role
  expect(after.role === 'leading' ? after.held : null).toBe(held)
  world.start('c1-n2')
  submitsUntilAcknowledged(world, 3)
  becomesWhole(world)
})

test('[RG4] nobody is added while the authority is out of reach, so that its death stalls nothing', () => {
  const world = settledWorld()
  for (const node of ['c1-n2', 'c1-n3']) world.kill(node)
  expect(
    world.run(5_000, () => syncSetOf(world, 'c1').length === 1),
    describeWorld(world),
  ).toBe(true)
  world.cutEdge('c1-n1')
  world.start('c1-n2')
  world.run(2_000)
  expect(world.host('c1-n2').state.guard.role).toMatchObject({ attached: true })
  world.kill('c1-n2')
  submitsUntilAcknowledged(world, 3)
  const role = world.masterOf('c1')!.state.guard.role
  expect(role.role === 'leading' && role.held).toBe(world.masterOf('c1')!.state.guard.last.index)
})

test('[RG4] a standby falls silent under load and is replaced, although the guard is never idle', () => {
  const world = settledWorld()
  world.freeze('c1-n2')
  const load = () => {
    world.submit('c2-n1', 'load')
    world.after(5, load)
  }
  load()
  expect(
    world.run(3_000, () => syncSetOf(world, 'c1').includes('c1-n3')),
    describeWorld(world),
  ).toBe(true)
})

test('[EL6 GU5] nodes that restart after a compaction take each other back without fetching anything', () => {
  const world = settledWorld()
  for (let n = 0; n < 82; n++) submitsUntilAcknowledged(world, 1)
  expect(world.host('c1-n1').state.guard.base.index).toBeGreaterThan(0)
  world.kill('c1-n1')
  world.start('c1-n1')
  submitsUntilAcknowledged(world, 2)
  expect(
    world.run(5_000, () => agree(world) && syncSetOf(world, 'c1').length === 2),
    describeWorld(world),
  ).toBe(true)
  const fetched = world
    .nodesOf('c1')
    .flatMap(({ events }) => events.filter(({ event }) => 'event' in event && event.event === 'catching-up'))
  expect(fetched).toEqual([])
}, 30_000)
