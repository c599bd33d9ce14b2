import { formatToken } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { violations } from '../../support/world/checks.ts'
import { allIsWell, operate } from '../../support/world/recovering.ts'
import { settledWorld, syncSetOf } from '../../support/world/settled.ts'
import type { World } from '../../support/world/world.ts'

const SUBMIT_EVERY_MS = 1
const TIMEOUT_MS = 60_000
const LOAD_MS = 60

/** Heights with at least one precommit of c1 that left its cluster, since the world began. */
function watched(options: Parameters<typeof settledWorld>[0]): { readonly world: World; readonly voted: Set<number> } {
  const voted = new Set<number>()
  const world = settledWorld({
    ...options,
    observer: {
      stepped(host, _before, input) {
        if (host.cluster !== 'c1' || input.i !== 'signed' || input.signed.act !== 'vote') return
        if (input.signed.vote.type === 'precommit') voted.add(input.signed.vote.height)
      },
      registryStepped: () => undefined,
      audited: () => undefined,
      stopped: () => undefined,
    },
  })
  // Standbys report once a second that their logs are whole.
  world.run(2_000)
  return { world, voted }
}

/** Clients never pause, and send to the node that loses the mastership. */
function load(world: World, ms: number): readonly string[] {
  const ids: string[] = []
  for (const end = world.now + ms; world.now < end; world.run(SUBMIT_EVERY_MS)) {
    ids.push(world.submit('c1-n1', `key-${ids.length}-${world.now}`).id)
  }
  return ids
}

test.each([
  ['without any delay of the disks', { commitMs: 0 }],
  ['with slow disks', { commitMs: 1, jitterMs: 1 }],
])(
  '[EL8, RG3, GU2] a planned switchover under load %s: no block is decided without the cluster',
  (_, options) => {
    for (const seed of [1, 2, 3]) {
      const { world, voted } = watched({ ...options, seed })
      const ids = [...load(world, LOAD_MS)]
      const from = world.host('c1-n1').state.chain.tip.height
      const heir = syncSetOf(world, 'c1').find((node) => node !== 'c1-n1')!
      operate(world, 'c1', { act: 'switchover', id: 's-1', to: heir as never, at: 0 as never })
      ids.push(...load(world, LOAD_MS))
      const master = world.masterOf('c1')
      expect(master?.node).toBe(heir)
      expect(formatToken(master!.state.guard.token)).toBe('2')
      const to = master!.state.chain.tip.height
      expect(to - from).toBeGreaterThan(5)
      const missed = Array.from({ length: to - from }, (_, place) => from + 1 + place).filter(
        (height) => !voted.has(height),
      )
      expect(missed, `seed ${seed}: of ${from} to ${to}`).toEqual([])
      expect(world.run(2_000, () => ids.every((id) => world.acknowledged.has(id as never)))).toBe(true)
      allIsWell(world)
    }
  },
  TIMEOUT_MS,
)

test('[EL8, RG10] a switchover that is paused in between leaves the master in office, and the chain never waits', () => {
  const { world, voted } = watched({})
  const from = world.host('c1-n1').state.chain.tip.height
  operate(world, 'c1', { act: 'switchover', id: 's-1', to: 'c1-n2' as never, at: 0 as never })
  operate(world, 'c1', { act: 'pause', until: (world.now + 60_000) as never })
  load(world, LOAD_MS)
  expect(world.masterOf('c1')).toMatchObject({ node: 'c1-n1' })
  const to = world.host('c1-n1').state.chain.tip.height
  for (let height = from + 1; height <= to; height += 1) expect(voted.has(height)).toBe(true)
  expect(violations(world)).toEqual([])
})
