import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { times } from '../../support/long.ts'
import { A, B, C, World } from './world.ts'

const NODES = [A, B, C]
const node = fc.constantFrom(...NODES)
const link = fc.constantFrom([A, B] as const, [A, C] as const, [B, C] as const)

/** One fault or repair, then some time. Long waits are as likely as short ones: both sides of every timeout. */
const act = fc.oneof(
  fc.record({ do: fc.constantFrom('kill', 'start', 'freeze', 'thaw', 'cutEdge', 'healEdge', 'handOver'), node }),
  fc.record({ do: fc.constantFrom('cut', 'heal'), link }),
  fc.record({ do: fc.constantFrom('stopAuthority', 'startAuthority') }),
)
const schedule = fc.array(fc.tuple(act, fc.oneof(fc.nat(20), fc.nat(600), fc.nat(4_000))), {
  minLength: 3,
  maxLength: 25,
})
type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never

function perform(world: World, one: Act): void {
  if ('node' in one) {
    if (one.do === 'handOver') {
      if (world.role(one.node) === 'master' && !world.host(one.node).frozen) {
        world.input(one.node, { i: 'resign', to: null, leaving: false })
      }
    } else world[one.do](one.node)
  } else if ('link' in one) world[one.do](...one.link)
  else world[one.do]()
}

function repair(world: World): void {
  world.startAuthority()
  for (const one of NODES) {
    world.thaw(one)
    world.healEdge(one)
    world.start(one)
  }
  world.heal(A, B)
  world.heal(A, C)
  world.heal(B, C)
}

/**
 * `World` checks after every step: the machine's invariants, one master per token, tokens never fall, every held record
 * in the log of every later master. Here the end is added: repaired, the cluster has one master and goes on.
 */
describe('any schedule of faults', () => {
  it('[EL5] never has two masters at one token, loses nothing held, and recovers', () => {
    fc.assert(
      fc.property(schedule, (acts) => {
        const world = new World()
        world.settle()
        for (const [one, wait] of acts) {
          perform(world, one)
          world.advance(wait)
        }
        repair(world)
        world.advance(10_000)
        expect(world.masters(), world.describe()).toHaveLength(1)
        const held = world.held()
        world.advance(1_000)
        expect(world.held(), world.describe()).toBeGreaterThan(held)
      }),
      { numRuns: Number(process.env.ELECTION_RUNS ?? times(40, 15)), seed: 7 },
    )
  }, 120_000)
})
