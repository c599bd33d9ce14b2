import type { NodeContext } from '@baton/shared/core/node/io'
import { nodeStep } from '@baton/shared/core/node/machine'
import type { NodeState } from '@baton/shared/core/node/state'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { ClusterId, Height, LogIndex } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { describeWorld, lost, unsettled, violations } from '../../support/world/checks.ts'
import type { Host } from '../../support/world/host.ts'
import { settledWorld, submitsUntilAcknowledged, syncSetOf } from '../../support/world/settled.ts'
import { certifiedBlocks } from '../../support/world/verification.ts'
import type { World } from '../../support/world/world.ts'

function contextOf(world: World, host: Host): NodeContext {
  const { store } = host
  return { now: world.now, hash: sha256, log: store, chain: store, application: world.application }
}

/** A follower that must re-sync gets an empty message of its master's stream. */
function greeted(world: World, change: Partial<NodeState>, held: number): NodeState {
  const host = world.host('c1-n3')
  const { token, last } = host.state.guard
  const message = { t: 'append', token, after: last, entries: [], held: held as LogIndex } as const
  const from = world.host('c1-n1').node
  return nodeStep(
    { ...host.state, resync: 'as a test', ...change },
    { i: 'peer', from, message },
    contextOf(world, host),
  ).state
}

test('[EL6] a node that follows the stream with all that is held has re-synced', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 2)
  world.run(500)
  expect(greeted(world, {}, world.host('c1-n3').state.guard.last.index).resync).toBe(null)
})

test('[EL6] one that lacks something that is held has not', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 2)
  world.run(500)
  expect(greeted(world, {}, world.host('c1-n3').state.guard.last.index + 1).resync).toBe('as a test')
})

test('[EL6 GU4] one that cannot execute what the network has decided has not, whatever it follows', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 2)
  world.run(500)
  const host = world.host('c1-n3')
  const height = (host.state.chain.tip.height + 1) as Height
  const certificate = { height, round: 0 as never, block: 'f'.repeat(64) as never, votes: [], credentials: [] }
  const decided = new Map([[height as number, { index: null, certificate, certified: false, asked: true }]])
  expect(greeted(world, { decided }, 0).resync).toBe('as a test')
})

test('[EL6 GU4] a node whose master logs a certificate that does not verify is not electable, and says why', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 2)
  world.run(500)
  const host = world.host('c1-n3')
  const height = (host.state.chain.tip.height + 1) as Height
  const block = 'f'.repeat(64) as never
  const certificate = { height, round: 0 as never, block, votes: [], credentials: [] }
  const decided = new Map([[height as number, { index: null, certificate, certified: false, asked: true }]])
  const facts = { transactions: null, masterships: [], commitVerified: false, mastershipOf: () => undefined }
  const refused = { i: 'certified', height, block, ok: false, why: 'no signature is right', facts } as const
  const step = nodeStep({ ...host.state, decided }, refused, contextOf(world, host))
  expect(step.state.resync).toContain('no signature is right')
  expect(step.write).toContainEqual({ w: 'resync', needed: true, why: step.state.resync })
  expect(step.events).toContainEqual({ event: 'certificate-refused', height, why: 'no signature is right' })
  expect(step.state.catchUp).toMatchObject({ target: height })
})

test('[EL6 GU5] a fetched block with its certificate takes the place of a decision that the own log cannot prove', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 2)
  const host = world.host('c1-n3')
  world.kill(host.node)
  submitsUntilAcknowledged(world, 2)
  const height = (host.state.chain.tip.height + 1) as Height
  const { bytes, certificate } = world.host('c1-n1').store.block(height)!
  const message = { t: 'blocks', request: 0, height, blocks: [{ block: bytes, certificate }] } as const
  const blocks = certifiedBlocks(message, host.state)
  const wrong = { height, round: 0 as never, block: 'f'.repeat(64) as never, votes: [], credentials: [] }
  const decided = new Map([[height as number, { index: null, certificate: wrong, certified: false, asked: true }]])
  const input = { i: 'blocks', from: world.host('c1-n2').node, request: 0, height, blocks } as const
  const step = nodeStep({ ...host.state, decided }, input, contextOf(world, host))
  expect(step.state.decided.get(height)).toMatchObject({
    certified: true,
    certificate: { block: blocks[0]!.block.hash },
  })
})

test('[EL6] a standby with a new disk does not stand, and is electable when it has caught up', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 3)
  const standby = world.host('c1-n2')
  world.kill('c1-n1')
  // Else it would take over, and be followed.
  world.kill('c1-n3')
  world.kill(standby.node)
  world.wipe(standby.node)
  world.start(standby.node)
  world.run(5_000)
  expect(standby.state.election.log.complete).toBe(false)
  expect(standby.events.some(({ event }) => 'e' in event && event.e === 'claimSent')).toBe(false)
  world.start('c1-n1')
  world.start('c1-n3')
  expect(
    world.run(10_000, () => unsettled(world).length === 0),
    describeWorld(world),
  ).toBe(true)
})

test('[EL6] one with a new disk takes no entries that it has not asked for: its master sent them to the process before (seed 20016358)', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 3)
  const standby = world.host('c1-n2')
  const { disk, state } = world.host('c1-n1')
  world.kill(standby.node)
  world.wipe(standby.node)
  world.cutEdge(standby.node)
  world.start(standby.node)
  world.run(200)
  const { base, entries } = disk
  const after = { index: base.index, hash: base.hash }
  const message = { t: 'append', token: state.guard.token, after, entries: entries.slice(0, 2), held: 0 } as never
  standby.feed({ i: 'peer', from: 'c1-n1' as never, message })
  expect(standby.state.guard).toMatchObject({ role: { master: 'c1-n1', attached: false }, last: { index: 0 } })
  world.mendEdge(standby.node)
  expect(
    world.run(10_000, () => unsettled(world).length === 0),
    describeWorld(world),
  ).toBe(true)
})

test('[EL6 RG5] a master that needs it as its second disk waits for it no longer than it takes to catch up', () => {
  const world = settledWorld({ nodes: 2, durability: 'required' })
  submitsUntilAcknowledged(world, 3)
  const standby = world.host('c1-n2')
  world.kill(standby.node)
  world.wipe(standby.node)
  world.run(2_000)
  world.start(standby.node)
  // The master streams nothing more until the standby is electable: its last block is what tells.
  expect(
    world.run(3_000, () => unsettled(world).length === 0),
    describeWorld(world),
  ).toBe(true)
})

test('[EL6 RG2] a master that comes back with an empty disk is no master any more, though the registry names it', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 2)
  const [master, standby] = ['c1-n1', 'c1-n2']
  world.kill(standby)
  world.kill(master)
  world.wipe(master)
  world.start(master)
  world.run(5_000)
  expect(world.host(master).state.resync).not.toBe(null)
  expect(world.masterOf('c1')).toBe(null)
  world.start(standby)
  expect(
    world.run(10_000, () => unsettled(world).length === 0),
    describeWorld(world),
  ).toBe(true)
  expect(world.watch.breaches).toEqual([])
})

test('[EL6 RG4] a standby with a new disk is not taken back before it has re-synced: it never says that it is electable', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 3)
  const standby = world.host('c1-n2')
  world.kill(standby.node)
  world.wipe(standby.node)
  world.start(standby.node)
  const added = () =>
    world
      .host('c1-n1')
      .events.filter(({ event }) => 'event' in event && event.event === 'guard-adding' && event.peer === standby.node)
  const before = added().length
  expect(world.run(10_000, () => standby.state.resync !== null)).toBe(true)
  world.run(10_000, () => standby.state.resync === null || added().length > before)
  expect(added()).toHaveLength(before)
})

test('[EL6] one that has less than its master says it has itself has not, whatever is called held', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 2)
  world.run(500)
  const { election } = world.host('c1-n3').state
  const [master] = [...election.peers].filter(([node]) => node === 'c1-n1')
  const heartbeat = { ...master![1].heartbeat!, durableIndex: (master![1].heartbeat!.durableIndex + 300) as LogIndex }
  const peers = new Map(election.peers).set(master![0], { ...master![1], heartbeat })
  expect(greeted(world, { election: { ...election, peers } }, 0).resync).toBe('as a test')
})

test('[EL6, RG2, GU1] an emptied disk is no second one for an old master that comes back: it may have followed a later one', () => {
  const world = settledWorld({ clusters: 1 })
  submitsUntilAcknowledged(world, 5)
  const [, heir] = syncSetOf(world, 'c1')
  const third = world.nodesOf('c1' as ClusterId).find(({ node }) => node !== 'c1-n1' && node !== heir)!.node
  world.kill('c1-n1')
  const tookOver = () => world.masterOf('c1')?.node === heir && syncSetOf(world, 'c1').includes(third)
  expect(world.run(10_000, tookOver), describeWorld(world)).toBe(true)
  submitsUntilAcknowledged(world, 5)

  world.cutEdge()
  world.kill(third)
  world.kill(heir!)
  world.wipe(heir!)
  world.start(heir!)
  world.start('c1-n1')
  // It leads at its old token, as its disk allows, and must hold nothing.
  world.run(5_000)
  expect(violations(world)).toEqual([])
  expect(world.authorities.get('c1' as ClusterId)!.state.registry).toMatchObject({ epoch: 2, master: heir })

  world.mendEdge()
  world.start(third)
  expect(
    world.run(30_000, () => unsettled(world).length === 0),
    describeWorld(world),
  ).toBe(true)
  submitsUntilAcknowledged(world, 5)
  expect(violations(world)).toEqual([])
  expect(lost(world)).toEqual([])
})
