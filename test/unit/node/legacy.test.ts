import { bindingActs, completeLegacy, isWhole } from '@baton/shared/core/node/legacy'
import { nodeStep } from '@baton/shared/core/node/machine'
import type { NodeState } from '@baton/shared/core/node/state'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { type Height, type NodeId, sameToken, type Token } from '@baton/shared/ids'
import type { Legacy } from '@baton/shared/protocol/peer'
import { expect, test } from 'vitest'
import { describeWorld } from '../../support/world/checks.ts'
import type { Host } from '../../support/world/host.ts'
import {
  actsUnder,
  allIsWell,
  eventsOf,
  killCluster,
  loseSyncSet,
  recovers,
  recoveryEnds,
  startCluster,
  untilTurnOfC1,
  worldToRecover,
} from '../../support/world/recovering.ts'
import { epochOf } from '../../support/world/settled.ts'
import type { World } from '../../support/world/world.ts'

/** The block that c1 precommits at `height` according to this node's log; null while it has not. */
function precommitOf(host: Host, height: Height): string | null {
  for (const { record } of host.state.acts) {
    if (record.kind === 'vote' && record.type === 'precommit' && record.height === height) return record.block
  }
  return null
}

/**
 * c1 proposes and precommits a block whose precommit nobody else gets, then loses master and standby. The others have no polka, and cannot
 * decide without c1, since c4 is down. The third node was down and knows nothing of the height.
 */
function unseenPrecommit(): { readonly world: World; readonly height: Height; readonly block: string } {
  const world = worldToRecover()
  const height = untilTurnOfC1(world)
  killCluster(world, 'c4')
  world.kill('c1-n3')
  world.clog('c2-n1', 'c3-n1')
  world.submit('c1-n1', 'locked')
  const old = world.host('c1-n1')
  expect(
    world.run(1_000, () => precommitOf(old, height) !== null),
    describeWorld(world),
  ).toBe(true)
  const block = precommitOf(old, height)!
  const { signatures } = world.watch
  for (const node of world.hosts.keys()) if (!node.startsWith('c1')) world.cut('c1-n1', node)
  expect(world.run(100, () => world.watch.signatures > signatures)).toBe(true)
  expect(precommitOf(world.host('c1-n2'), height)).toBe(block)
  loseSyncSet(world)
  for (const node of world.hosts.keys()) if (!node.startsWith('c1')) world.mend('c1-n1', node)
  world.mend('c2-n1', 'c3-n1')
  world.start('c1-n3')
  return { world, height, block }
}

test.each(['c1-n1', 'c1-n2'])(
  '[RC3 GU7] %s returns: its precommit, which nobody else has seen, binds the new master',
  (node) => {
    const { world, height, block } = unseenPrecommit()
    const host = recovers(world, 'c1-n3')
    world.run(2_000)
    expect(host.state.recovery?.horizon).toBeNull()
    expect(actsUnder(host, 2)).toEqual([])
    world.start(node)
    recoveryEnds(world, host, 5_000)
    expect(eventsOf(host, 'legacy-taken').map(({ from }) => from)).toEqual([node])
    expect(eventsOf(world.host(node), 'legacy-handed-over').length).toBe(1)
    expect(
      world.run(5_000, () => host.state.chain.tip.height >= height),
      describeWorld(world),
    ).toBe(true)
    expect(host.store.block(height)?.hash).toBe(block)
    expect(actsUnder(host, 2)[0]).toBe(height)
    startCluster(world, 'c4')
    allIsWell(world)
  },
)

test('[RC3] a member of the last clean sync set that becomes the recovering master itself has all that is needed', () => {
  const { world, height, block } = unseenPrecommit()
  recovers(world, 'c1-n3')
  world.kill('c1-n3')
  // Outside the sync set by now, so it must wait for recoverAfter like anyone, and learn of the grant.
  world.start('c1-n2')
  const host = recovers(world, 'c1-n2')
  recoveryEnds(world, host, 1_000)
  expect(epochOf(world, 'c1')).toBe(3)
  expect(
    world.run(5_000, () => host.state.chain.tip.height >= height),
    describeWorld(world),
  ).toBe(true)
  expect(host.store.block(height)?.hash).toBe(block)
  startCluster(world, 'c4')
  allIsWell(world)
})

test('[RC3] what was taken over is in the log, so that the end can be told after a restart', () => {
  const { world, height, block } = unseenPrecommit()
  const host = recovers(world, 'c1-n3')
  world.run(1_000)
  world.start('c1-n1')
  expect(world.run(5_000, () => eventsOf(host, 'legacy-taken').length > 0)).toBe(true)
  world.kill(host.node)
  world.kill('c1-n1')
  world.start(host.node)
  recoveryEnds(world, host, 5_000)
  expect(
    world.run(5_000, () => host.state.chain.tip.height >= height),
    describeWorld(world),
  ).toBe(true)
  expect(host.store.block(height)?.hash).toBe(block)
  startCluster(world, 'c4')
  allIsWell(world)
})

test('[RC3 EL6] a log that was cut for one recovering master is not shown to the next', () => {
  const { world, height } = unseenPrecommit()
  const first = recovers(world, 'c1-n3')
  world.start('c1-n2')
  const returned = world.host('c1-n2')
  // The master dies between the acknowledgement and the end of the recovery, with its disk.
  world.cutEdge('c1-n3')
  expect(world.run(5_000, () => returned.state.crossed !== null)).toBe(true)
  expect(sameToken(returned.state.crossed!, first.state.guard.token)).toBe(true)
  world.kill('c1-n3')
  world.host('c1-n3').wipe()
  const second = recovers(world, 'c1-n2')
  world.run(2_000)
  expect(second.state.recovery).not.toBeNull()
  expect(actsUnder(second, 3)).toEqual([])
  world.mendEdge('c1-n3')
  startCluster(world, 'c4')
  recoveryEnds(world, second)
  expect(eventsOf(second, 'recovery-horizon')[0]!.height).toBeGreaterThanOrEqual(height)
  allIsWell(world)
})

test('[RC3 EL6] an emptied disk of a member of the last clean sync set ends nothing', () => {
  const { world } = unseenPrecommit()
  const host = recovers(world, 'c1-n3')
  world.host('c1-n1').wipe()
  world.start('c1-n1')
  world.run(5_000)
  expect(host.state.recovery).not.toBeNull()
  expect(actsUnder(host, 2)).toEqual([])
  expect(eventsOf(world.host('c1-n1'), 'legacy-handed-over')).toEqual([])
  startCluster(world, 'c4')
  recoveryEnds(world, host)
  allIsWell(world)
})

test('[RC3 GU1] a log may be cut when what it showed is held, not before', () => {
  const world = worldToRecover({ nodes: 4 })
  killCluster(world, 'c4')
  loseSyncSet(world)
  const host = recovers(world, world.host('c1-n3').state.guard.last.index > 0 ? 'c1-n3' : 'c1-n4')
  const standby = 'c1-n4'
  const syncSet = () => (host.state.guard.role.role === 'leading' ? host.state.guard.role.required.syncSet : [])
  expect(
    world.run(5_000, () => syncSet().includes(standby as NodeId)),
    describeWorld(world),
  ).toBe(true)
  world.cutEdge(host.node)
  world.clog(host.node, standby)
  world.start('c1-n1')
  const returned = world.host('c1-n1')
  expect(world.run(2_000, () => eventsOf(host, 'legacy-taken').length > 0)).toBe(true)
  // Shorter than the standby takes to suspect its master.
  world.run(200)
  expect(returned.state.crossed).toBeNull()
  expect(returned.state.guard.role).toMatchObject({ role: 'following', master: null })
  world.mend(host.node, standby)
  expect(world.run(2_000, () => returned.state.crossed !== null)).toBe(true)
  world.mendEdge(host.node)
  recoveryEnds(world, host)
  startCluster(world, 'c4')
  allIsWell(world)
})

test('[RC3] a log that was shown is marked on disk before it is cut, and is not shown again after a restart', () => {
  const { world } = unseenPrecommit()
  const host = recovers(world, 'c1-n3')
  world.cutEdge('c1-n3')
  world.start('c1-n2')
  const returned = world.host('c1-n2')
  expect(world.run(5_000, () => eventsOf(returned, 'legacy-handed-over').length > 0)).toBe(true)
  world.run(100)
  world.kill('c1-n2')
  world.start('c1-n2')
  world.run(1_000)
  expect(returned.state.crossed).toMatchObject({ epoch: 2 })
  expect(eventsOf(returned, 'legacy-handed-over')).toHaveLength(1)
  expect(eventsOf(host, 'legacy-taken')).toHaveLength(1)
  world.mendEdge('c1-n3')
  recoveryEnds(world, host)
  startCluster(world, 'c4')
  allIsWell(world)
})

test('[RC3] only a whole log of a member of the last clean sync set counts', () => {
  const clean = { token: epoch(3), syncSet: ['c1-n1' as NodeId] }
  expect(isWhole({ crossed: null, lastToken: epoch(3) }, clean)).toBe(true)
  expect(isWhole({ crossed: epoch(3), lastToken: epoch(2) }, clean)).toBe(true)
  expect(isWhole({ crossed: epoch(4), lastToken: epoch(3) }, clean)).toBe(false)
  expect(isWhole({ crossed: null, lastToken: epoch(4) }, clean)).toBe(false)
  expect(isWhole({ crossed: null, lastToken: epoch(0) }, clean)).toBe(false)

  const { world } = unseenPrecommit()
  const host = recovers(world, 'c1-n3')
  world.run(500)
  const { last } = world.host('c1-n1').state.guard
  const message = {
    t: 'legacy',
    token: host.state.guard.token,
    crossed: null,
    lastToken: epoch(1),
    height: host.state.chain.tip.height,
    first: true,
    after: { index: last.index, hash: last.hash },
    entries: [],
    last: true,
  } as const
  const show = (from: string, change: Partial<Legacy> = {}) => {
    const input = { i: 'peer', from: from as NodeId, message: { ...message, ...change } } as const
    const { links } = host.state
    const state = { ...host.state, links: new Map(links).set(input.from, host.cluster) }
    const { store } = host
    const { now, application } = world
    const context = { now, hash: sha256, log: store, chain: store, application }
    const { events, send } = nodeStep(state, input, context)
    const taken = events.some((event) => 'event' in event && event.event === 'legacy-taken')
    const released = send.some((one) => one.s === 'peer' && one.message.t === 'legacyAck' && one.message.done)
    return { taken, released }
  }
  expect(show('c1-n1')).toEqual({ taken: true, released: true })
  expect(show('c1-n9')).toEqual({ taken: false, released: true })
  expect(show('c1-n1', { lastToken: epoch(2) })).toEqual({ taken: false, released: true })
  // Lower heights are compacted in it: this master must be there first.
  expect(show('c1-n1', { height: message.height + 1 })).toEqual({ taken: false, released: false })
  expect(show('c1-n1', { token: epoch(1) })).toEqual({ taken: false, released: false })
})

test('[RC3] two members hand their logs over at once, neither starts the other again (seed 20029682)', () => {
  const { world } = unseenPrecommit()
  const host = recovers(world, 'c1-n3')
  world.run(500)
  const { store } = host
  const { now, application } = world
  const context = { now, hash: sha256, log: store, chain: store, application }
  const links = new Map(host.state.links).set('c1-n1' as NodeId, host.cluster).set('c1-n2' as NodeId, host.cluster)
  let state: NodeState = { ...host.state, links }
  const show = (from: NodeId, part: 'first' | 'last') => {
    const { base, entries } = world.host(from).disk
    const half = Math.floor(entries.length / 2)
    const isFirst = part === 'first'
    const end = isFirst ? base : entries[half - 1]!
    const message = {
      t: 'legacy',
      token: state.guard.token,
      crossed: null,
      lastToken: epoch(1),
      height: state.chain.tip.height,
      first: isFirst,
      after: { index: end.index, hash: end.hash },
      entries: isFirst ? entries.slice(0, half) : entries.slice(half),
      last: !isFirst,
    } as const
    const step = nodeStep(state, { i: 'peer', from, message }, context)
    state = step.state
    return step.events.some((event) => 'event' in event && event.event === 'legacy-taken')
  }
  expect(show('c1-n1' as NodeId, 'first')).toBe(false)
  expect(show('c1-n2' as NodeId, 'first')).toBe(false)
  expect(show('c1-n1' as NodeId, 'last')).toBe(true)
})

function epoch(number: number): Token {
  return { generation: 0, epoch: number } as Token
}

test('[RC3 GU7] what is taken over replaces the acts before it, which the clean epoch may have given up; half of it binds nobody', () => {
  const world = worldToRecover()
  const { state } = world.host('c1-n1')
  const vote = { kind: 'vote', height: 9 as Height, round: 0 as never, type: 'prevote', block: null } as const
  const at = (index: number) => ({ index: index as never, record: vote })
  const mark = { from: 'c1-n2' as NodeId, height: 8 as Height, token: state.guard.token }
  const begin = { ...mark, part: 'begin', index: 5 as never } as const
  const acts = [at(3), at(6), at(9)]
  expect(bindingActs({ ...state, acts, legacies: [] })).toEqual(acts)
  const half = { ...state, acts, legacies: [begin] }
  expect(bindingActs(half)).toEqual(acts.slice(1))
  expect(completeLegacy(half)).toBeNull()
  const whole = { ...half, legacies: [begin, { ...begin, part: 'end', index: 7 as never } as const] }
  expect(bindingActs(whole)).toEqual(acts.slice(1))
  expect(completeLegacy(whole)).toMatchObject({ from: 'c1-n2', index: 7 })
  const again = { ...whole, legacies: [...whole.legacies, { ...begin, index: 8 as never }] }
  expect(bindingActs(again)).toEqual(acts.slice(2))
  expect(completeLegacy(again)).toBeNull()
})
