/** RG4, RG8: a master that does not hear the authority, and peers that tell it what the authority has recorded. */
import type { KnownSyncSet, RecordedSyncSet } from '@baton/shared/crypto/recorded-sync-set'
import type { NodeId, Version } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { describeWorld, violations } from '../../support/world/checks.ts'
import { settledWorld, submitsUntilAcknowledged, syncSetOf } from '../../support/world/settled.ts'
import { openSyncSet, signReshape, signSyncSet } from '../../support/world/statements.ts'
import type { World } from '../../support/world/world.ts'

const [A, B, C] = ['c1-n1', 'c1-n2', 'c1-n3'] as const

function recordedSyncSet(world: World): readonly string[] {
  const { registry } = world.authorities.get('c1' as never)!.state
  return registry.status === 'founded' ? registry.syncSet : []
}

/** What c1 completes: the other clusters go on without it. */
function heldOf(world: World): number {
  const { role } = world.host(A).state.guard
  return role.role === 'leading' ? role.held : -1
}

/** A asks for the removal of B, which is recorded, and hears no answer; `last` is the link over which it could be told. */
function deaf(told: (world: World) => void): World {
  const world = settledWorld()
  world.run(500)
  world.cutEdgeOneWay(A, 'answers')
  world.clog(A, B)
  told(world)
  world.submit(A, 'key')
  expect(
    world.run(5_000, () => recordedSyncSet(world).length === 1),
    describeWorld(world),
  ).toBe(true)
  return world
}

test('[RG4] edge→A down, A–B down: C tells A that the removal was recorded, and A goes on alone', () => {
  const world = deaf(() => undefined)
  const held = heldOf(world)
  expect(
    world.run(2_000, () => heldOf(world) > held),
    describeWorld(world),
  ).toBe(true)
  expect(syncSetOf(world, 'c1')).toEqual([A])
  // RG8: with what allows it to on its disk.
  expect(world.host(A).disk.reshape?.reshape.syncSet).toEqual([A])
  submitsUntilAcknowledged(world, 3)
  expect(world.masterOf('c1')?.node).toBe(A)
  expect(violations(world)).toEqual([])
})

test('[RG4] it comes over two peers as well, and by a link that opens later', () => {
  // C hears the authority, and is heard by B only; B hears no authority, and is heard by A.
  const around = settledWorld()
  around.run(500)
  around.cutEdgeOneWay(A, 'answers')
  around.cutEdgeOneWay(B, 'answers')
  around.clogOneWay(A, B)
  around.clogOneWay(C, A)
  around.submit(A, 'key')
  expect(
    around.run(8_000, () => syncSetOf(around, 'c1').length === 1),
    describeWorld(around),
  ).toBe(true)
  expect(violations(around)).toEqual([])

  const later = deaf((world) => world.cut(A, C))
  later.run(3_000)
  expect(syncSetOf(later, 'c1')).toEqual([A, B])
  later.mend(A, C)
  expect(
    later.run(1_000, () => syncSetOf(later, 'c1').length === 1),
    describeWorld(later),
  ).toBe(true)
  expect(violations(later)).toEqual([])
})

/** As a peer would pass it on: `later` versions after the newest that A knows. */
function word(
  world: World,
  later: number,
  syncSet: readonly string[],
  change: Partial<RecordedSyncSet> = {},
): KnownSyncSet {
  const { recorded } = world.host(A).state.syncSetWord!
  const { network, cluster, generation, epoch } = recorded
  const version = (recorded.version + later) as Version
  const nodes = syncSet as readonly NodeId[]
  const reshape = signReshape({ network, cluster, generation, epoch, version, node: A as NodeId, syncSet: nodes })
  return openSyncSet(signSyncSet({ ...recorded, version, syncSet: nodes, reshape, ...change }))!
}

function tell(world: World, syncSet: KnownSyncSet): unknown {
  world.host(A).feed({ i: 'syncSet', from: C as NodeId, syncSet })
  world.run(0.1)
  const { role } = world.host(A).state.guard
  return role.role === 'leading' ? role.required : null
}

test('[RG4, RG1, ID4] an older word, one of another token and one that its master has not signed change nothing', () => {
  const world = settledWorld()
  world.run(500)
  const { recorded } = world.host(A).state.syncSetWord!
  const before = tell(world, word(world, 0, [A, B]))
  expect(before).toMatchObject({ syncSet: [A, B] })
  expect(tell(world, word(world, 0, [A]))).toEqual(before)
  expect(tell(world, word(world, -1, [A]))).toEqual(before)
  expect(tell(world, word(world, 1, [A], { reshape: null }))).toEqual(before)
  expect(tell(world, word(world, 1, [A], { epoch: (recorded.epoch + 1) as never }))).toEqual(before)
  expect(violations(world)).toEqual([])
})

test('[RG8] a master that has shown itself to a registry takes no word of a peer before it has heard that registry', () => {
  const world = settledWorld()
  world.run(500)
  const host = world.host(A)
  const { view } = host.state.election
  const before = tell(world, word(world, 0, [A, B]))
  host.feed({ i: 'authority', up: false })
  host.feed({ i: 'authority', up: true, challenge: null })
  expect(tell(world, word(world, 1, [A]))).toEqual(before)
  // The view of a registry that stands still, or of another generation, does not say that it counts on what was shown later.
  host.feed({ i: 'view', view: { ...view!, frozen: 'restored' } })
  expect(tell(world, word(world, 1, [A]))).toEqual(before)
  host.feed({ i: 'view', view: { ...view!, generation: 1 as never } })
  expect(tell(world, word(world, 1, [A]))).toEqual(before)
  host.feed({ i: 'view', view: view! })
  expect(tell(world, word(world, 1, [A]))).toMatchObject({ syncSet: [A] })
})
