import { isLeading } from '@baton/shared/core/node/state'
import { expect, test } from 'vitest'
import { describeWorld, lost, unsettled, violations } from '../../support/world/checks.ts'
import { settledWorld, submitsUntilAcknowledged } from '../../support/world/settled.ts'
import type { World } from '../../support/world/world.ts'

const RECOVER_AFTER = 3_000

function settled(options: Parameters<typeof settledWorld>[0] = {}): World {
  const world = settledWorld({ ...options, policy: { recoverAfterMs: RECOVER_AFTER, ...options.policy } })
  submitsUntilAcknowledged(world, 5)
  return world
}

function loseSyncSet(world: World): void {
  world.kill('c1-n1')
  world.kill('c1-n2')
}

test('[RC1] a third node takes over when master and standby are dead', () => {
  const world = settled()
  loseSyncSet(world)
  const c3 = world.host('c1-n3')
  expect(
    world.run(20_000, () => isLeading(c3.state)),
    describeWorld(world),
  ).toBe(true)
  expect(
    world.run(20_000, () => c3.state.recovery === null),
    describeWorld(world),
  ).toBe(true)
  submitsUntilAcknowledged(world, 5)
  for (const n of ['c1-n1', 'c1-n2']) world.start(n)
  expect(
    world.run(20_000, () => unsettled(world).length === 0),
    describeWorld(world),
  ).toBe(true)
  expect(violations(world)).toEqual([])
  expect(lost(world)).toEqual([])
})
