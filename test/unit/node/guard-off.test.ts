/** Negative control: what the invariants say must be impossible happens as soon as the guard counts disks that have nothing. */
import type { NodeId } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { describeWorld, violations } from '../../support/world/checks.ts'
import type { Host } from '../../support/world/host.ts'
import { untilTurnOfC1 } from '../../support/world/recovering.ts'
import { settledWorld } from '../../support/world/settled.ts'

const STANDBYS = ['c1-n2', 'c1-n3'] as NodeId[]

/**
 * What the master of c1 says to its cluster does not arrive from its turn to propose on, and it dies a moment later; its standby has never
 * heard of the block, and has the turn now. Nor does it hear of it from the other clusters, which may have decided it meanwhile.
 */
function proposesAlone(isOff: boolean): readonly string[] {
  const world = settledWorld({ failsQuietly: true })
  untilTurnOfC1(world)
  const master = world.masterOf('c1')!
  const { epoch } = master.state.guard.token
  for (const standby of STANDBYS) {
    world.clogOneWay(master.node, standby)
    for (const { node, cluster } of world.hosts.values()) if (cluster !== 'c1') world.cut(standby, node)
  }
  world.submit(master.node, 'key')
  for (let ms = 0; ms < 100; ms++) {
    if (isOff) for (const standby of STANDBYS) acknowledgeAll(master, standby)
    world.run(1)
  }
  world.kill(master.node)
  const succeeded = () => (world.masterOf('c1')?.state.guard.token.epoch ?? 0) > epoch
  expect(world.run(10_000, succeeded), describeWorld(world)).toBe(true)
  world.submit(world.masterOf('c1')!.node, 'another key')
  world.run(1_000)
  return violations(world)
}

/** An acknowledgement that nobody gave: to this master the guard is switched off. */
function acknowledgeAll(master: Host, from: NodeId): void {
  const { token, last } = master.state.guard
  master.feed({ i: 'peer', from, message: { t: 'appendAck', token, durable: last } })
}

test('[GU2] with the guard switched off a cluster proposes and votes twice', () => {
  const broken = proposesAlone(true)
  for (const act of ['proposal', 'prevote']) {
    expect(
      broken.some((each) => /NW3 no two acts for one place: c1 .*/.test(each) && each.includes(` ${act} as `)),
      broken.join('\n'),
    ).toBe(true)
  }
})

test('[GU2] with it the same situation breaks nothing', () => {
  expect(proposesAlone(false)).toEqual([])
})
