import { forgetAfter } from '@baton/shared/core/node/interpret'
import type { NodeContext } from '@baton/shared/core/node/io'
import { nodeStep } from '@baton/shared/core/node/machine'
import type { NodeState } from '@baton/shared/core/node/state'
import { beginTurn } from '@baton/shared/core/node/turn'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Height, Instant, LogIndex, NodeId } from '@baton/shared/ids'
import type { Blocks } from '@baton/shared/protocol/peer'
import { expect, test } from 'vitest'
import { agree, describeWorld, violations } from '../../support/world/checks.ts'
import type { Host } from '../../support/world/host.ts'
import { settledWorld, submitsUntilAcknowledged } from '../../support/world/settled.ts'
import { certifiedBlocks } from '../../support/world/verification.ts'
import type { World } from '../../support/world/world.ts'

function contextOf(world: World, host: Host): NodeContext {
  const { store } = host
  return { now: world.now, hash: sha256, log: store, chain: store, application: world.application }
}

/** The blocks that `from` has and `to` has not. */
function blocksFor(from: Host, to: Host): Blocks {
  const blocks: Blocks['blocks'][number][] = []
  for (let height = to.state.chain.tip.height + 1; height <= from.state.chain.tip.height; height++) {
    const { bytes, certificate } = from.store.block(height as Height)!
    blocks.push({ block: bytes, certificate })
  }
  return { t: 'blocks', request: 0, height: from.state.chain.tip.height, blocks }
}

function withNewBlocks(world: World): void {
  const ids = Array.from({ length: 3 }, (_, i) => world.submit('c2-n1', `more-${i}`).id)
  const height = world.host('c2-n1').state.chain.tip.height
  expect(
    world.run(450, () => ids.every((id) => world.host('c2-n1').store.transaction(id) !== null)),
    describeWorld(world),
  ).toBe(true)
  expect(world.host('c2-n1').state.chain.tip.height).toBeGreaterThan(height)
}

test('[GU5] a follower whose log skips a decision that its master had fetched as a block fetches it too', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 3)
  // The standby and the ordinary node hear nothing from their master any more; the other clusters decide on.
  const standby = world.host('c1-n2')
  world.clog('c1-n1', 'c1-n2')
  world.clog('c1-n1', 'c1-n3')
  withNewBlocks(world)
  const blocks = blocksFor(world.host('c2-n1'), standby)
  expect(blocks.blocks.length).toBeGreaterThan(0)
  const certified = certifiedBlocks(blocks, standby.state)
  standby.feed({ i: 'blocks', from: 'c2-n1' as NodeId, request: 0, height: blocks.height as Height, blocks: certified })
  world.run(50)
  expect(standby.state.chain.tip.height).toBe(blocks.height)
  world.kill('c1-n1')
  expect(
    world.run(3_000, () => world.masterOf('c1')?.node === 'c1-n2'),
    describeWorld(world),
  ).toBe(true)
  submitsUntilAcknowledged(world, 3)
  expect(
    world.run(5_000, () => agree(world)),
    describeWorld(world),
  ).toBe(true)
  expect(violations(world)).toEqual([])
})

test('[GU2] what a new master had fetched is acknowledged only when its standbys have it', () => {
  const world = settledWorld({ syncReplicas: 2 })
  submitsUntilAcknowledged(world, 3)
  for (const node of ['c1-n2', 'c1-n3']) world.clog('c1-n1', node)
  withNewBlocks(world)
  const heir = world.host('c1-n2')
  const blocks = certifiedBlocks(blocksFor(world.host('c2-n1'), heir), heir.state)
  const { height } = world.host('c2-n1').state.chain.tip
  heir.feed({ i: 'blocks', from: 'c2-n1' as NodeId, request: 0, height, blocks })
  world.run(50)
  expect(heir.state.chain.tip.height).toBe(height)
  // The other one shall not stand.
  world.freeze('c1-n3')
  world.kill('c1-n1')
  expect(
    world.run(5_000, () => world.masterOf('c1')?.node === heir.node),
    describeWorld(world),
  ).toBe(true)
  world.thaw('c1-n3')
  world.run(1_000)
  expect(violations(world)).toEqual([])
  const decisions = heir.disk.entries.filter(({ kind, token }) => kind === 'decided' && token.epoch === 2)
  expect(decisions.length).toBeGreaterThanOrEqual(blocks.length)
})

test('[GU5] peers that have not got the block yet are asked again after a while, not at once for ever', () => {
  const world = settledWorld()
  const host = world.host('c1-n3')
  const peer = 'c1-n2' as NodeId
  const waiting: NodeState = {
    ...host.state,
    heights: new Map([[peer, 10]]),
    catchUp: { target: 10 as Height, base: null, request: 7, peer, askedAt: world.now, failed: new Set() },
  }
  const nothing = { i: 'blocks', from: peer, request: 7, height: 0 as Height, blocks: [] } as const
  const step = nodeStep(waiting, nothing, contextOf(world, host))
  expect(step.send.filter((send) => send.s === 'peer' && send.message.t === 'getBlocks')).toEqual([])
  expect(step.timers).toContainEqual({ name: 'blocks', after: 50 })
  const again = nodeStep(step.state, { i: 'timer', name: 'blocks' }, contextOf(world, host))
  expect(again.send).toMatchObject([{ s: 'peer', to: peer, message: { t: 'getBlocks', from: 1, to: 10 } }])
})

test('[GU3 GU6] a truncated decision is no place to compact to', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 3)
  const host = world.host('c1-n2')
  const last = host.state.executedAt.at(-1)!
  const turn = beginTurn(host.state, contextOf(world, host))
  forgetAfter(turn, (last.index - 1) as LogIndex)
  expect(turn.state.executedAt.every(({ index }) => index < last.index)).toBe(true)
  expect(turn.state.executedAt).toHaveLength(host.state.executedAt.length - 1)
})

test('[GU1 GU5] blocks that a new master had fetched and not executed go into its log', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 2)
  const standby = world.host('c1-n2')
  world.clog('c1-n1', 'c1-n2')
  world.clog('c1-n1', 'c1-n3')
  withNewBlocks(world)
  const blocks = certifiedBlocks(blocksFor(world.host('c2-n1'), standby), standby.state)
  const context = contextOf(world, standby)
  const input = { i: 'blocks', from: 'c2-n1' as NodeId, request: 0, height: 9 as Height, blocks } as const
  const fetched = nodeStep(standby.state, input, context)
  // The grant comes before they are executed.
  const { mastership, ...grant } = fetched.state.election.grant!
  const next = { ...mastership, epoch: (mastership.epoch + 1) as never, node: standby.node }
  const asked = { token: { generation: next.generation, epoch: next.epoch }, nonce: 'claimed' }
  const state: NodeState = { ...fetched.state, election: { ...fetched.state.election, asked } }
  const full = { network: world.genesis.network, recovering: false, issuedAt: 0 as never }
  const granted = nodeStep(
    state,
    {
      i: 'granted',
      from: null,
      grants: [{ mastership: next, grant: { ...full, ...next, ...grant, nonce: 'claimed', syncSet: [standby.node] } }],
    },
    { ...context, now: (world.now + 1) as Instant },
  )
  const kinds = granted.write.flatMap((write) => (write.w === 'entry' ? [write.entry.kind] : []))
  expect(kinds[0]).toBe('barrier')
  expect(kinds.filter((kind) => kind === 'decided')).toHaveLength(blocks.length)
  expect(kinds.filter((kind) => kind === 'body')).toHaveLength(blocks.length)
})
