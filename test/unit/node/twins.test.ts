/** Two copies of one node with one key and one name: both run the real core, and the cluster counts as one that lies. */
import { isLeading } from '@baton/shared/core/node/state'
import { expect, test } from 'vitest'
import { run } from '../../sim/run/run.ts'
import { drawSpec } from '../../sim/run/spec.ts'
import { describeWorld, violations } from '../../support/world/checks.ts'
import type { Host } from '../../support/world/host.ts'
import { World } from '../../support/world/world.ts'

const reachesSecond = ({ place, cluster }: Host) => place.endsWith("'") || cluster === 'c2'

/** c1 and c2 do not see each other, c1 sees the first copy of each twin, c2 the second. */
function apart(liars: readonly string[]): World {
  const world = new World({ clusters: 4, nodes: 1, heartbeatBlockMs: 500, commitMs: 5, jitterMs: 5 })
  const masters = () => world.genesis.clusters.every(({ cluster }) => world.masterOf(cluster) !== null)
  expect(world.run(5_000, masters), describeWorld(world)).toBe(true)
  world.run(1_000)
  for (const cluster of liars) world.twins.make(world.host(`${cluster}-n1`), reachesSecond)
  // One that was made before another could not know of its second copy.
  for (const cluster of liars) world.twins.route(world.host(`${cluster}-n1`), reachesSecond)
  world.cut('c1-n1', 'c2-n1')
  for (let n = 0; n < 100; n++) world.after(200 * n, () => world.submit('c1-n1', `key-${n}`))
  world.run(10_000)
  return world
}

function accused(world: World): readonly string[] {
  const events = [...world.hosts.values()].filter(({ traitor }) => !traitor).flatMap((host) => host.events)
  return events.flatMap(({ event }) =>
    'kind' in event && event.kind === 'equivocation' ? [event.evidence.cluster as string] : [],
  )
}

test('[NW4] the two copies of a master both lead, contradict each other, are found out, and fork nothing', () => {
  const world = apart(['c4'])
  const second = world.twins.seconds.get('c4-n1' as never)!
  expect([isLeading(world.host('c4-n1').state), isLeading(second.state)]).toEqual([true, true])
  // Each of the others hears one copy only; c3 now the one, now the other.
  const first = world.host('c4-n1')
  world.mend('c1-n1', 'c2-n1')
  // Without c1 what c4 proposes is decided by nobody while c2 and c3 hear different blocks: there is time to hear both.
  world.kill('c1-n1')
  for (let n = 0; n < 200 && accused(world).length === 0; n++) {
    world.twins.route(first, (peer) => reachesSecond(peer) || (n % 2 === 0 && peer.cluster === 'c3'))
    world.run(50)
  }
  expect(new Set(accused(world))).toEqual(new Set(['c4']))
  world.start('c1-n1')
  const tip = world.host('c2-n1').state.chain.tip.height
  expect(tip).toBeGreaterThan(5)
  const goesOn = () => ['c1-n1', 'c2-n1', 'c3-n1'].every((node) => world.host(node).state.chain.tip.height > tip + 4)
  expect(world.run(20_000, goesOn), describeWorld(world)).toBe(true)
  expect(violations(world)).toEqual([])
})

test('[NW4] two copies of f + 1 masters do fork the chain: what the invariants say is not for free', () => {
  const world = apart(['c3', 'c4'])
  expect(world.watch.found.map(({ invariant }) => invariant)).toContain('one block per height')
})

test('[NW4, NW5] under drawn faults a network with twins breaks no promise to anybody else, and goes on', () => {
  let twins = 0
  for (let seed = 1; seed <= 6; seed++) {
    const spec = { ...drawSpec(seed), clusters: 4, nodes: 2, traitors: [], real: false, safetyMs: 4_000 }
    const { miscount: _, ...faults } = spec.faults
    const result = run({ ...spec, faults: { ...faults, twins: 1 } })
    expect(result.violations, `seed ${seed}\n${result.story.join('\n')}\n${result.world}`).toEqual([])
    twins += result.strikes.twins ?? 0
  }
  expect(twins).toBeGreaterThan(3)
}, 120_000)
