/** Negative control: what the invariants say must be impossible happens as soon as the guard releases what only the master's own disk has. */
import type { GuardState } from '@baton/shared/core/guard/state'
import { expect, test, vi } from 'vitest'
import { describeWorld, violations } from '../../support/world/checks.ts'
import { untilTurnOfC1 } from '../../support/world/recovering.ts'
import { settledWorld } from '../../support/world/settled.ts'

const guard = vi.hoisted(() => ({ isOff: false }))
vi.mock('@baton/shared/core/guard/held', async (original) => {
  const held = await original<typeof import('@baton/shared/core/guard/held')>()
  const heldIndex: typeof held.heldIndex = (state: GuardState, role) =>
    guard.isOff ? state.last.index : held.heldIndex(state, role)
  return { ...held, heldIndex }
})

/**
 * The master of c1 is cut off from its cluster when its turn to propose comes, and dies a moment later; its standby has never heard of the
 * block, and has the turn now.
 */
function proposesAlone(isOff: boolean): readonly string[] {
  const world = settledWorld({ failsQuietly: true })
  untilTurnOfC1(world)
  const epoch = world.masterOf('c1')!.state.guard.token.epoch
  guard.isOff = isOff
  try {
    for (const standby of ['c1-n2', 'c1-n3']) world.cut('c1-n1', standby)
    world.submit('c1-n1', 'key')
    world.run(20)
    world.kill('c1-n1')
    const succeeded = () => (world.masterOf('c1')?.state.guard.token.epoch ?? 0) > epoch
    expect(world.run(10_000, succeeded), describeWorld(world)).toBe(true)
    world.submit('c1-n2', 'another key')
    world.run(1_000)
    return violations(world)
  } finally {
    guard.isOff = false
  }
}

test('[GU2] with the guard switched off a cluster proposes and votes twice', () => {
  const broken = proposesAlone(true)
  for (const act of ['proposal', 'prevote']) {
    expect(
      broken.some((each) => /NW3 no two acts for one place: c1 .*/.test(each) && each.includes(` ${act} as `)),
    ).toBe(true)
  }
})

test('[GU2] with it the same situation breaks nothing', () => {
  expect(proposesAlone(false)).toEqual([])
})
