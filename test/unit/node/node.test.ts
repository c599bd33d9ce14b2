import { expect, test } from 'vitest'
import { World } from '../../support/world/world.ts'

test('[GU2 NW3] four clusters decide blocks and acknowledge transactions', () => {
  const world = new World({ clusters: 4, nodes: 3 })
  expect(world.run(5_000, () => ['c1', 'c2', 'c3', 'c4'].every((cluster) => world.masterOf(cluster) !== null))).toBe(true)
  const id = world.submit('c1-n1', 'a')
  const ok = world.run(5_000, () => world.acknowledged.has(id))
  if (!ok) { for (const h of world.hosts.values()) console.log(h.node, h.state.election.role.r, h.state.guard.role.role, h.state.consensus.kind, h.state.chain.tip.height); console.log(world.rejected.slice(-20)); for (const e of world.host('c1-n1').events.slice(-20)) console.log(JSON.stringify(e)) }
  expect(ok).toBe(true)
})
