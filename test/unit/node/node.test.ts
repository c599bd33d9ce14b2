import { isLeading } from '@baton/shared/core/node/state'
import { afterEach, expect, test } from 'vitest'
import { agree as allAgree, describeWorld, lost, violations } from '../../support/world/checks.ts'
import { World } from '../../support/world/world.ts'

let world: World
afterEach(() => expect(violations(world)).toEqual([]))

const CLUSTERS = ['c1', 'c2', 'c3', 'c4']

/** Four clusters with a master and a standby each, and a chain that moves. */
function settled(options: Partial<ConstructorParameters<typeof World>[0]> = {}): World {
  world = new World({ clusters: 4, nodes: 3, ...options })
  const ready = () => CLUSTERS.every((cluster) => syncSetOf(cluster).length === 2)
  expect(world.run(10_000, ready), diagnosis()).toBe(true)
  return world
}

function syncSetOf(cluster: string): readonly string[] {
  const role = world.masterOf(cluster)?.state.guard.role
  return role?.role === 'leading' ? role.required.syncSet : []
}

function epochOf(cluster: string): number {
  return world.masterOf(cluster)?.state.guard.token.epoch ?? 0
}

function acknowledges(count: number, withinMs = 10_000): void {
  const ids = Array.from({ length: count }, (_, i) => world.submit('c1-n1', `key-${world.now}-${i}`).id)
  expect(
    world.run(withinMs, () => ids.every((id) => world.acknowledged.has(id))),
    diagnosis(),
  ).toBe(true)
}

function agree(): boolean {
  return allAgree(world)
}

function diagnosis(): string {
  return describeWorld(world)
}

test('[GU1 GU2 RG4] four clusters find their standbys, decide blocks and acknowledge transactions', () => {
  settled()
  acknowledges(20)
  for (const cluster of CLUSTERS) expect(epochOf(cluster)).toBe(1)
  world.run(1_000)
  expect(agree()).toBe(true)
  expect(lost(world)).toEqual([])
})

test('[RG2 EL1 EL3] a killed master is replaced by its standby at once, and nothing acknowledged is lost', () => {
  settled()
  acknowledges(10)
  const before = world.now
  world.kill('c1-n1')
  expect(
    world.run(2_000, () => epochOf('c1') === 2),
    diagnosis(),
  ).toBe(true)
  expect(world.now - before).toBeLessThan(100)
  expect(world.masterOf('c1')?.node).toBe('c1-n2')
  acknowledges(10)
  expect(
    world.run(3_000, () => syncSetOf('c1').length === 2),
    diagnosis(),
  ).toBe(true)
  world.start('c1-n1')
  acknowledges(10)
  expect(
    world.run(5_000, () => agree()),
    diagnosis(),
  ).toBe(true)
  world.run(1_000)
  expect(lost(world)).toEqual([])
  expect(epochOf('c1')).toBe(2)
})

test('[RG3 EL1] a frozen master is replaced after silence, and steps down when it wakes up', () => {
  settled()
  acknowledges(5)
  world.freeze('c2-n1')
  expect(
    world.run(5_000, () => world.nodesOf('c2').some((h) => h.node !== 'c2-n1' && isLeading(h.state))),
    diagnosis(),
  ).toBe(true)
  acknowledges(5)
  world.thaw('c2-n1')
  expect(
    world.run(3_000, () => !isLeading(world.host('c2-n1').state)),
    diagnosis(),
  ).toBe(true)
  acknowledges(5)
  world.run(2_000)
  expect(agree(), diagnosis()).toBe(true)
  expect(lost(world)).toEqual([])
})

test('[RG2 GU7] losing a whole site stalls four votes to two, and two standbys bring them back', () => {
  settled()
  acknowledges(10)
  const dead = [...world.hosts.values()].filter((host) => host.site === 'x').map((host) => host.node)
  for (const node of dead) world.kill(node)
  const standby = ['c1', 'c2']
  expect(
    world.run(5_000, () => standby.every((cluster) => epochOf(cluster) === 2)),
    diagnosis(),
  ).toBe(true)
  acknowledges(10)
  for (const node of dead) world.start(node)
  expect(
    world.run(10_000, () => agree() && CLUSTERS.every((cluster) => syncSetOf(cluster).length === 2)),
    diagnosis(),
  ).toBe(true)
  acknowledges(10)
  world.run(1_000)
  expect(lost(world)).toEqual([])
  expect(CLUSTERS.map(epochOf)).toEqual([2, 2, 1, 1])
})

test('[RG4 GU1] a killed standby is taken out of the sync set, and the next node comes in', () => {
  settled()
  world.kill('c3-n2')
  acknowledges(10)
  expect(
    world.run(5_000, () => syncSetOf('c3').includes('c3-n3')),
    diagnosis(),
  ).toBe(true)
  acknowledges(10)
  expect(epochOf('c3')).toBe(1)
})

test('[RG2 EL5] a master that restarts quickly goes on or claims anew, and never votes twice', () => {
  settled()
  acknowledges(5)
  world.kill('c4-n1')
  world.start('c4-n1')
  acknowledges(10)
  expect(
    world.run(3_000, () => world.masterOf('c4') !== null),
    diagnosis(),
  ).toBe(true)
  expect(
    world.run(5_000, () => agree()),
    diagnosis(),
  ).toBe(true)
})

test('[RG7] an hour without the edge changes nothing, and a failover waits for its return', () => {
  settled()
  acknowledges(5)
  world.cutEdge()
  world.run(60_000)
  acknowledges(5)
  expect(CLUSTERS.map(epochOf)).toEqual([1, 1, 1, 1])
  world.kill('c1-n1')
  world.run(5_000)
  expect(world.masterOf('c1')).toBe(null)
  acknowledges(5)
  world.mendEdge()
  expect(
    world.run(10_000, () => epochOf('c1') === 2),
    diagnosis(),
  ).toBe(true)
  acknowledges(5)
  world.run(2_000)
  expect(lost(world)).toEqual([])
}, 30_000)

test('[EL6 GU5] a node that lost its disk catches up by blocks and may stand again', () => {
  settled()
  for (let i = 0; i < 100; i++) acknowledges(1)
  world.kill('c1-n3')
  world.wipe('c1-n3')
  world.start('c1-n3')
  acknowledges(5)
  expect(
    world.run(10_000, () => agree()),
    diagnosis(),
  ).toBe(true)
  world.kill('c1-n2')
  expect(
    world.run(5_000, () => syncSetOf('c1').includes('c1-n3')),
    diagnosis(),
  ).toBe(true)
  acknowledges(5)
  expect(lost(world)).toEqual([])
}, 30_000)

test('[EL3] a clean handover costs no epoch but one, and no transaction', () => {
  settled()
  acknowledges(5)
  world.host('c1-n1').feed({ i: 'resign', to: null, leaving: true })
  expect(
    world.run(3_000, () => world.masterOf('c1')?.node === 'c1-n2'),
    diagnosis(),
  ).toBe(true)
  acknowledges(5)
  expect(epochOf('c1')).toBe(2)
})
