import { shownBy } from '@baton/shared/core/node/recorded-reshape'
import type { ClusterId, NodeId, Version } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { describeWorld } from '../../support/world/checks.ts'
import { epochOf, settledWorld, syncSetOf } from '../../support/world/settled.ts'

const reshapeOn = (node: string, world: ReturnType<typeof settledWorld>) => world.host(node).disk.reshape?.reshape

test('[RG8] every node of the cluster keeps the newest statement about the sync set that a view has confirmed', () => {
  const world = settledWorld()
  expect(
    world.run(3_000, () => syncSetOf(world, 'c1').length > 1),
    describeWorld(world),
  ).toBe(true)
  world.run(500)
  const syncSet = syncSetOf(world, 'c1')
  for (const node of ['c1-n1', 'c1-n2'])
    expect(reshapeOn(node, world)).toMatchObject({ node: 'c1-n1', epoch: 1, syncSet })
})

test('[RG8] a master that goes on alone has on disk what allows it to', () => {
  const world = settledWorld()
  world.run(3_000, () => syncSetOf(world, 'c1').length > 1)
  for (const other of ['c1-n2', 'c1-n3']) world.kill(other)
  const alone = () => {
    const { role } = world.host('c1-n1').state.guard
    return role.role === 'leading' && role.required.syncSet.length === 1
  }
  // Looked at in the first moment in which the guard counts without the standby.
  expect(world.run(5_000, alone), describeWorld(world)).toBe(true)
  expect(reshapeOn('c1-n1', world)?.syncSet).toEqual(['c1-n1'])
})

test('[RG8] it survives the process, and an older one or one that is known changes nothing', () => {
  const world = settledWorld()
  world.run(3_000, () => syncSetOf(world, 'c1').length > 1)
  world.run(500)
  const host = world.host('c1-n1')
  const kept = host.disk.reshape!
  world.kill('c1-n1')
  world.start('c1-n1')
  world.run(500)
  expect(host.state.reshape).toEqual(kept)
  const view = host.state.election.view!
  const older = { ...kept.reshape, version: (kept.reshape.version - 1) as Version, syncSet: ['c1-n1' as NodeId] }
  for (const reshape of [{ reshape: older, statement: kept.statement }, kept]) {
    host.feed({ i: 'view', view, reshape })
    world.run(100)
    expect(host.disk.reshape).toEqual(kept)
  }
})

test('[RG8] a node shows its highest grant, and the statement only while it was made under that grant', () => {
  const world = settledWorld()
  world.run(3_000, () => syncSetOf(world, 'c1').length > 1)
  world.run(500)
  const { state } = world.host('c1-n2')
  const own = state.masterships.get(state.config.election.cluster)!
  expect(shownBy(state)).toEqual({ credential: own.credential, reshape: state.reshape!.statement })
  world.kill('c1-n1')
  expect(
    world.run(5_000, () => epochOf(world, 'c1') === 2),
    describeWorld(world),
  ).toBe(true)
  world.run(100)
  const later = world.host('c1-n2').state
  const shown = shownBy(later)
  expect(shown.credential).toEqual(later.masterships.get(later.config.election.cluster)!.credential)
  expect(shown.credential).not.toEqual(own.credential)
  expect(shown.reshape === null || later.reshape!.reshape.epoch === 2).toBe(true)
  expect(shownBy({ ...later, masterships: new Map() })).toEqual({ credential: null, reshape: null })
})

test('[RG8] a master that has lost its disk shows nothing, though others have told it of its grant', () => {
  const world = settledWorld()
  world.run(500)
  // Nobody else may be granted meanwhile: its registry does not answer.
  for (const { node } of world.nodesOf('c1')) world.cutEdge(node)
  world.kill('c1-n1')
  world.wipe('c1-n1')
  world.start('c1-n1')
  const told = () => world.host('c1-n1').state.masterships.get('c1' as ClusterId) !== undefined
  expect(world.run(5_000, told), describeWorld(world)).toBe(true)
  expect(shownBy(world.host('c1-n1').state)).toEqual({ credential: null, reshape: null })
  expect(shownBy(world.host('c1-n2').state).credential).not.toBeNull()
})

test('[RG4, RG8] an addition that waits for its answer is not given up by the view of a registry that stands still', () => {
  const world = settledWorld()
  const host = world.host('c1-n1')
  const required = () => host.disk.required!
  // Its standby dies, and the next one is asked for; the answer does not come.
  world.kill('c1-n2')
  expect(
    world.run(10_000, () => required().pending.includes('c1-n3' as NodeId)),
    describeWorld(world),
  ).toBe(true)
  world.cutEdge('c1-n1')
  const view = host.state.election.view!
  const version = (Math.max(view.version, required().version) + 9) as Version
  const shown = { ...view, version, syncSet: required().syncSet }
  // It may have recorded the addition, and forgotten that with the copy it was put back to. It counts on from there.
  host.feed({ i: 'view', view: { ...shown, frozen: 'restored' } })
  world.run(100)
  expect(required().pending).toEqual(['c1-n3'])
  // The same from one that is in order: the addition can never be recorded any more.
  host.feed({ i: 'view', view: { ...shown, version: (version + 1) as Version } })
  world.run(100)
  expect(required().pending).toEqual([])
})
