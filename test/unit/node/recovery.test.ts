import { isLeading } from '@baton/shared/core/node/state'
import { expect, test } from 'vitest'
import { describeWorld, violations } from '../../support/world/checks.ts'
import {
  actsUnder,
  allIsWell,
  eventsOf,
  killCluster,
  loseSyncSet,
  operate,
  RECOVER_AFTER,
  recovers,
  recoveryEnds,
  startCluster,
  worldToRecover,
} from '../../support/world/recovering.ts'
import { epochOf, submitsUntilAcknowledged } from '../../support/world/settled.ts'

test('[RC1 RC2 RC3 RG6] master and standby are dead: a third node takes over, and votes from H + 2 on', () => {
  const world = worldToRecover()
  const before = world.host('c2-n1').state.chain.tip.height
  loseSyncSet(world)
  const host = recovers(world, 'c1-n3')
  recoveryEnds(world, host)
  const [horizon] = eventsOf(host, 'recovery-horizon')
  expect(horizon?.height).toBe(before + 1)
  submitsUntilAcknowledged(world, 5)
  const acts = actsUnder(host, 2)
  expect(acts.length).toBeGreaterThan(0)
  expect(Math.min(...acts)).toBeGreaterThanOrEqual(horizon!.height + 2)
  allIsWell(world)
})

test('[RC2] an idle chain is asked for the blocks that it takes', () => {
  const world = worldToRecover({ heartbeatBlockMs: 600_000 })
  const before = world.host('c2-n1').state.chain.tip.height
  loseSyncSet(world)
  const host = recovers(world, 'c1-n3')
  recoveryEnds(world, host, 5_000)
  expect(host.state.chain.tip.height).toBe(before + 2)
  allIsWell(world)
})

test('[RC1] a cluster that has not acknowledged is waited for, and its next master acknowledges', () => {
  const world = worldToRecover()
  killCluster(world, 'c4')
  loseSyncSet(world)
  const host = recovers(world, 'c1-n3')
  world.run(2_000)
  expect(host.state.recovery?.acks.size).toBe(2)
  expect(host.state.recovery?.horizon).toBeNull()
  expect(actsUnder(host, 2)).toEqual([])
  for (const node of ['c4-n2', 'c4-n3']) world.start(node)
  expect(
    world.run(10_000, () => world.masterOf('c4')?.node === 'c4-n2'),
    describeWorld(world),
  ).toBe(true)
  recoveryEnds(world, host)
  allIsWell(world)
})

test('[RC3 RG2] a recovering master that restarts goes on as recovering, and begins anew to ask', () => {
  const world = worldToRecover()
  killCluster(world, 'c4')
  loseSyncSet(world)
  const host = recovers(world, 'c1-n3')
  world.run(1_000)
  world.kill(host.node)
  world.start(host.node)
  expect(world.run(2_000, () => isLeading(host.state))).toBe(true)
  world.run(1_000)
  expect(epochOf(world, 'c1')).toBe(2)
  expect(host.state.recovery?.acks.size).toBe(2)
  expect(actsUnder(host, 2)).toEqual([])
  startCluster(world, 'c4')
  recoveryEnds(world, host)
  allIsWell(world)
})

test('[RC3] the end of a recovery outlives a restart without the authority', () => {
  const world = worldToRecover()
  loseSyncSet(world)
  const host = recovers(world, 'c1-n3')
  recoveryEnds(world, host)
  world.cutEdge()
  world.kill(host.node)
  world.start(host.node)
  expect(world.run(2_000, () => isLeading(host.state))).toBe(true)
  expect(host.state.recovery).toBeNull()
  submitsUntilAcknowledged(world, 2)
  world.mendEdge()
  allIsWell(world)
})

test('[RC1 RG6] the recovering master dies and its standby goes on under the mark', () => {
  const world = worldToRecover({ nodes: 4 })
  killCluster(world, 'c4')
  loseSyncSet(world)
  expect(
    world.run(10 * RECOVER_AFTER, () => world.nodesOf('c1').some(({ state }) => state.recovery !== null)),
    describeWorld(world),
  ).toBe(true)
  const first = world.masterOf('c1')!
  const standby = world.host(first.node === 'c1-n3' ? 'c1-n4' : 'c1-n3')
  const role = () => first.state.guard.role
  expect(
    world.run(5_000, () => {
      const now = role()
      return now.role === 'leading' && now.required.syncSet.includes(standby.node)
    }),
    describeWorld(world),
  ).toBe(true)
  world.kill(first.node)
  expect(
    world.run(5_000, () => isLeading(standby.state)),
    describeWorld(world),
  ).toBe(true)
  expect(standby.state.recovery).not.toBeNull()
  world.run(1_000)
  expect(actsUnder(standby, 3)).toEqual([])
  startCluster(world, 'c4')
  recoveryEnds(world, standby)
  allIsWell(world)
})

test('[RC4] a second cluster that recovers at once makes both wait, with an alert, until an operator ends it', () => {
  const world = worldToRecover()
  loseSyncSet(world, 'c1')
  loseSyncSet(world, 'c2')
  const first = recovers(world, 'c1-n3')
  const second = recovers(world, 'c2-n3')
  world.run(3 * RECOVER_AFTER)
  for (const host of [first, second]) {
    expect(host.state.recovery?.horizon).toBeNull()
    expect(eventsOf(host, 'recovery-stuck').at(-1)?.missing).toEqual([host === first ? 'c2' : 'c1'])
  }
  expect(violations(world)).toEqual([])
  operate(world, 'c1', { act: 'end-recovery' })
  recoveryEnds(world, first)
  recoveryEnds(world, second)
  allIsWell(world)
})

test('[RC4] with f = 0 only an operator ends a recovery', () => {
  const world = worldToRecover({ clusters: 2 })
  loseSyncSet(world)
  const host = recovers(world, 'c1-n3')
  world.run(3 * RECOVER_AFTER)
  expect(eventsOf(host, 'recovery-stuck').length).toBeGreaterThan(0)
  expect(host.state.recovery).not.toBeNull()
  operate(world, 'c1', { act: 'end-recovery' })
  recoveryEnds(world, host)
  allIsWell(world)
})
