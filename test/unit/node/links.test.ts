/** The links table: A is the master of c1, B its standby, E the edge. */
import { expect, test } from 'vitest'
import { agree, describeWorld } from '../../support/world/checks.ts'
import { epochOf, settledWorld, submitsUntilAcknowledged, syncSetOf } from '../../support/world/settled.ts'
import type { World } from '../../support/world/world.ts'

const A = 'c1-n1'
const B = 'c1-n2'
const C = 'c1-n3'

function goesOn(world: World): void {
  const held = heldOf(world)
  submitsUntilAcknowledged(world, 5)
  expect(heldOf(world), describeWorld(world)).toBeGreaterThan(held)
}

function heldOf(world: World): number {
  const role = world.masterOf('c1')?.state.guard.role
  return role?.role === 'leading' ? role.held : -1
}

test('[RG3] A–B up, A–E down, B–E up: nothing, because B reports that A is alive', () => {
  const world = settledWorld()
  world.cutEdge(A)
  world.run(5_000)
  goesOn(world)
  expect(world.masterOf('c1')?.node).toBe(A)
  expect(epochOf(world, 'c1')).toBe(1)
  expect(syncSetOf(world, 'c1')).toEqual([A, B])
})

test.each(['cut', 'clog'] as const)(
  '[RG4] A–B down (%s), A–E up: A removes B and goes on, and B comes back as ordinary',
  (way) => {
    const world = settledWorld()
    world[way](A, B)
    // Over a silent link it shows with the next record.
    world.submit(A, 'key')
    expect(
      world.run(5_000, () => !syncSetOf(world, 'c1').includes(B)),
      describeWorld(world),
    ).toBe(true)
    goesOn(world)
    expect(epochOf(world, 'c1')).toBe(1)
    world.mend(A, B)
    goesOn(world)
    expect(
      world.run(5_000, () => agree(world) && world.host(B).state.guard.role.role === 'following'),
      describeWorld(world),
    ).toBe(true)
    expect(world.host(B).state.guard.role).toMatchObject({ attached: true })
  },
)

test('[RG3 RG4] A–B down, A–E down, B–E up: B is promoted after masterTtl, although C hears A, which says that it is stalled', () => {
  const world = settledWorld()
  world.cut(A, B)
  world.cutEdge(A)
  submitsUntilAcknowledged(world, 1)
  expect(
    world.run(6_000, () => world.masterOf('c1')?.node === B),
    describeWorld(world),
  ).toBe(true)
  expect(
    world.run(2_000, () => world.host(A).state.guard.role.role === 'following'),
    describeWorld(world),
  ).toBe(true)
  goesOn(world)
})

test('[RG4] A–B down, A–E up, B–E down: A removes B and goes on', () => {
  const world = settledWorld()
  world.cut(A, B)
  world.cutEdge(B)
  expect(
    world.run(5_000, () => !syncSetOf(world, 'c1').includes(B)),
    describeWorld(world),
  ).toBe(true)
  goesOn(world)
  expect(epochOf(world, 'c1')).toBe(1)
})

test('[RG2] A–B up, A–E up, B–E down: nothing; when A dies, the claim of B goes through a peer', () => {
  const world = settledWorld()
  world.cutEdge(B)
  world.run(3_000)
  expect(epochOf(world, 'c1')).toBe(1)
  world.kill(A)
  expect(
    world.run(5_000, () => world.masterOf('c1')?.node === B),
    describeWorld(world),
  ).toBe(true)
  goesOn(world)
})

test('[RG7] A–B up, A–E and B–E down: the configuration is frozen, the chain goes on', () => {
  const world = settledWorld()
  world.cutEdge(A)
  world.cutEdge(B)
  world.run(5_000)
  goesOn(world)
  expect(epochOf(world, 'c1')).toBe(1)
  expect(syncSetOf(world, 'c1')).toEqual([A, B])
})

test('[GU1 RG2] all down: A stalls, and B never promotes itself', () => {
  const world = settledWorld({ nodes: 2 })
  world.cut(A, B)
  world.cutEdge(A)
  world.cutEdge(B)
  const held = heldOf(world)
  // Three of four clusters go on.
  submitsUntilAcknowledged(world, 5)
  world.run(10_000)
  expect(heldOf(world)).toBe(held)
  expect(world.masterOf('c1')?.node).toBe(A)
  expect(world.host(B).state.guard.role.role).toBe('following')
})

test('[GU1 RG5] all down: A goes on when it is alone in the sync set', () => {
  const world = settledWorld({ nodes: 2 })
  world.kill(B)
  expect(
    world.run(5_000, () => syncSetOf(world, 'c1').length === 1),
    describeWorld(world),
  ).toBe(true)
  world.cutEdge(A)
  world.cut(A, B)
  world.start(B)
  goesOn(world)
})

test('[RG4] a standby that stops answering while the edge is away stalls its cluster, which goes on when the edge is back', () => {
  const world = settledWorld()
  world.cutEdge()
  world.kill(B)
  const held = heldOf(world)
  submitsUntilAcknowledged(world, 3)
  world.run(5_000)
  expect(heldOf(world)).toBe(held)
  world.mendEdge()
  expect(
    world.run(5_000, () => syncSetOf(world, 'c1').includes(C)),
    describeWorld(world),
  ).toBe(true)
  goesOn(world)
})
