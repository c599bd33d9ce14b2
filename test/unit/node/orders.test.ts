import type { UnixMs } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { describeWorld, violations } from '../../support/world/checks.ts'
import { allIsWell, eventsOf, operate } from '../../support/world/recovering.ts'
import { epochOf, settledWorld, submitsUntilAcknowledged, syncSetOf } from '../../support/world/settled.ts'
import type { World } from '../../support/world/world.ts'

function bars(world: World): readonly string[] {
  const { registry } = world.authorities.get('c1' as never)!.state
  return registry.status === 'founded' ? registry.bars : []
}

test('[RG9] an order moves the mastership at once; the barred node shows that it computes what the network does', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 3)
  operate(world, 'c1', { act: 'order', id: 'order-1', node: 'c1-n1' as never })
  expect(
    world.run(1_000, () => world.masterOf('c1')?.node === 'c1-n2'),
    describeWorld(world),
  ).toBe(true)
  expect(bars(world)).toEqual(['c1-n1'])
  world.run(2_000)
  // Nothing was decided since, so nothing has shown that its results are right.
  expect(bars(world)).toEqual(['c1-n1'])
  submitsUntilAcknowledged(world, 2)
  expect(
    world.run(3_000, () => bars(world).length === 0),
    describeWorld(world),
  ).toBe(true)
  allIsWell(world)
})

test('[RG9] without anybody to take over the ordered master goes on, and leaves when a standby has come', () => {
  const world = settledWorld({ nodes: 2 })
  world.kill('c1-n2')
  expect(
    world.run(5_000, () => syncSetOf(world, 'c1').length === 1),
    describeWorld(world),
  ).toBe(true)
  operate(world, 'c1', { act: 'order', id: 'order-1', node: 'c1-n1' as never })
  submitsUntilAcknowledged(world, 2)
  expect(world.masterOf('c1')?.node).toBe('c1-n1')
  world.start('c1-n2')
  expect(
    world.run(10_000, () => world.masterOf('c1')?.node === 'c1-n2'),
    describeWorld(world),
  ).toBe(true)
  submitsUntilAcknowledged(world, 2)
  expect(violations(world)).toEqual([])
})

test('[RG9] an ordered master whose heir dies while it hands over goes on after all, and leaves when the heir is back', () => {
  const world = settledWorld()
  world.run(2_000)
  world.cutEdge('c1-n2')
  for (const node of ['c1-n3', 'c2-n1', 'c2-n2', 'c2-n3']) if (world.hosts.has(node as never)) world.cut('c1-n2', node)
  operate(world, 'c1', { act: 'order', id: 'order-1', node: 'c1-n1' as never })
  const resigning = () => world.host('c1-n1').state.election.role.r === 'resigning'
  expect(world.run(2_000, resigning), describeWorld(world)).toBe(true)
  world.kill('c1-n2')
  expect(
    world.run(20_000, () => epochOf(world, 'c1') === 2 && world.masterOf('c1')?.node === 'c1-n1'),
    describeWorld(world),
  ).toBe(true)
  submitsUntilAcknowledged(world, 2)
  world.mendEdge('c1-n2')
  for (const node of world.hosts.keys()) if (node !== 'c1-n2') world.mend('c1-n2', node)
  world.start('c1-n2')
  expect(
    world.run(20_000, () => ['c1-n2', 'c1-n3'].includes(world.masterOf('c1')?.node ?? '')),
    describeWorld(world),
  ).toBe(true)
  submitsUntilAcknowledged(world, 2)
  expect(violations(world)).toEqual([])
})

test('[RG10] in a pause nobody takes over from a dead master; the claim waits and goes the moment the pause ends', () => {
  const world = settledWorld()
  operate(world, 'c1', { act: 'pause', until: (world.now + 60_000) as number as UnixMs })
  world.kill('c1-n1')
  world.run(5_000)
  expect(world.masterOf('c1')).toBeNull()
  const refused = eventsOfElection(world, 'c1-n2', 'claimRefused')
  expect(refused.map(({ code }) => code)).toContain('PAUSED')
  // It asks again, but not all the time.
  expect(refused.length).toBeLessThan(12)
  operate(world, 'c1', { act: 'resume' })
  expect(
    world.run(500, () => world.masterOf('c1')?.node === 'c1-n2'),
    describeWorld(world),
  ).toBe(true)
  allIsWell(world)
})

test('[EL8] a switch back that is refused leaves the master in office', () => {
  const world = settledWorld({ policy: { settleTimeMs: 60_000 } })
  const resign = () => world.masterOf('c1')!.feed({ i: 'resign', to: null, leaving: false })
  resign()
  expect(world.run(2_000, () => epochOf(world, 'c1') === 2)).toBe(true)
  expect(
    world.run(5_000, () => syncSetOf(world, 'c1').length > 1),
    describeWorld(world),
  ).toBe(true)
  world.run(200)
  const back = world.masterOf('c1')!.node
  resign()
  world.run(10)
  expect(
    world.run(5_000, () => world.masterOf('c1')?.node === back),
    describeWorld(world),
  ).toBe(true)
  expect(eventsOfElection(world, 'c1-n1', 'claimRefused').map(({ code }) => code)).toContain('SETTLING')
  submitsUntilAcknowledged(world, 2)
  expect(violations(world)).toEqual([])
})

test('[EL8] a standby that comes and goes is added again later each time', () => {
  const world = settledWorld({ nodes: 2 })
  const waits: number[] = []
  for (let round = 0; round < 4; round++) {
    world.kill('c1-n2')
    expect(world.run(5_000, () => syncSetOf(world, 'c1').length === 1)).toBe(true)
    const left = world.now
    world.start('c1-n2')
    expect(
      world.run(30_000, () => syncSetOf(world, 'c1').length > 1),
      describeWorld(world),
    ).toBe(true)
    waits.push(world.now - left)
  }
  for (const [round, ms] of waits.entries()) {
    expect(ms).toBeGreaterThanOrEqual(1_000 * 2 ** round)
    expect(ms).toBeLessThan(1_000 * 2 ** round + 1_500)
  }
  expect(eventsOf(world.host('c1-n1'), 'guard-adding').length).toBeGreaterThan(4)
})

test('[EL8] a standby that had to wait is added again also while the chain decides faster than anything is repaired', () => {
  const world = settledWorld({ nodes: 2 })
  const load = () => {
    world.submit('c2-n1', 'load')
    world.after(5, load)
  }
  load()
  world.kill('c1-n2')
  expect(world.run(5_000, () => syncSetOf(world, 'c1').length === 1)).toBe(true)
  world.start('c1-n2')
  expect(
    world.run(4_000, () => syncSetOf(world, 'c1').length > 1),
    describeWorld(world),
  ).toBe(true)
})

test('[EL8 RG5] a master that completes nothing alone takes its standby back at once', () => {
  const world = settledWorld({ nodes: 2, durability: 'required' })
  for (let round = 0; round < 3; round++) {
    world.kill('c1-n2')
    expect(world.run(5_000, () => syncSetOf(world, 'c1').length === 1)).toBe(true)
    world.start('c1-n2')
    expect(
      world.run(500, () => syncSetOf(world, 'c1').length > 1),
      describeWorld(world),
    ).toBe(true)
  }
})

function eventsOfElection(world: World, node: string, name: 'claimRefused') {
  return world.host(node).events.flatMap(({ event }) => ('e' in event && event.e === name ? [event] : []))
}
