import type { AuditEvent, AuditSend } from '@baton/shared/core/audit/types'
import { isLeading } from '@baton/shared/core/node/state'
import { expect, test } from 'vitest'
import { miscounting } from '../../sim/faults/miscounting.ts'
import { describeWorld, violations } from '../../support/world/checks.ts'
import type { WorldOptions } from '../../support/world/network.ts'
import { allIsWell, eventsOf } from '../../support/world/recovering.ts'
import { settledWorld, submitsUntilAcknowledged } from '../../support/world/settled.ts'
import type { World } from '../../support/world/world.ts'

/** A settled world, and what its directory finds and orders, in order. */
function auditedWorld(options: Partial<WorldOptions> = {}) {
  const said: (AuditEvent | AuditSend)[] = []
  const nothing = () => undefined
  const world = settledWorld({
    ...options,
    observer: {
      stepped: nothing,
      registryStepped: nothing,
      stopped: nothing,
      audited: (_before, _input, { events, send }) => said.push(...events, ...send),
    },
  })
  submitsUntilAcknowledged(world, 2)
  const about = () =>
    said.map((each) => ('event' in each ? each.event : each.s)).filter((name) => name !== 'foreignSilence')
  return { world, said, about }
}

function registryOf(world: World) {
  const { registry } = world.authorities.get('c1' as never)!.state
  if (registry.status !== 'founded') throw new Error('not founded')
  return registry
}

/** Blocks, with the time it takes to report them. */
function decides(world: World, blocks: number, done: () => boolean = () => false): void {
  for (let n = 0; n < blocks && !done(); n++) {
    submitsUntilAcknowledged(world, 1)
    world.run(2_500, done)
  }
}

function bad(world: World): void {
  world.miscount('c1-n1', miscounting(world.application))
}

const switched = (world: World) => () => isLeading(world.host('c1-n2').state)

test('[NW4, NW5, GU4] a master that computes wrong results is switched away from by the error that reaches the threshold', () => {
  const { world, about } = auditedWorld()
  bad(world)
  decides(world, 12, switched(world))
  expect(world.masterOf('c1')?.node, describeWorld(world)).toBe('c1-n2')
  const one = 'result-mismatch'
  expect(about()).toEqual([one, one, one, 'threshold-passed', 'order'])
  expect(registryOf(world)).toMatchObject({ bars: ['c1-n1'], orders: [] })
  expect(eventsOf(world.host('c1-n1'), 'differs-from-certificate').length).toBeGreaterThan(0)
  // Its own cluster sees it too, by what it proposes and votes for: who differs from the master only stays electable, and has taken over.
  const told = eventsOf(world.host('c1-n2'), 'differs-from-master')
  expect(told.length).toBeGreaterThan(0)
  for (const { own, master } of told) expect(own).not.toBe(master)
  for (const { node } of world.hosts.values()) {
    if (!node.startsWith('c1-')) expect(eventsOf(world.host(node), 'differs-from-master'), node).toEqual([])
  }
  // Meanwhile and afterwards the chain grows.
  decides(world, 2)
  expect(violations(world)).toEqual([])
})

test('[RG9, NW5] the barred node is cleared when it has executed everything anew and agrees', () => {
  const { world } = auditedWorld()
  bad(world)
  decides(world, 12, switched(world))
  decides(world, 2)
  expect(registryOf(world).bars).toEqual(['c1-n1'])
  world.kill('c1-n1')
  world.wipe('c1-n1')
  world.repair('c1-n1')
  world.start('c1-n1')
  world.run(2_000)
  decides(world, 2)
  expect(registryOf(world).bars).toEqual([])
  allIsWell(world)
})

test('[NW5] a standing order reaches an authority that loses half of what is said, and a directory that restarts', () => {
  const { world, about } = auditedWorld()
  bad(world)
  decides(world, 12, () => {
    // Not one order arrives before the directory has forgotten everything else.
    if (world.directory.state.standing === null) return false
    world.setEdgeAdversity({ loss: 1, duplication: 0, slowness: 1 })
    return true
  })
  expect(world.directory.state.standing).not.toBe(null)
  world.run(3_000)
  world.directory.restart()
  world.setEdgeAdversity({ loss: 0.5, duplication: 0.3, slowness: 1 })
  expect(
    world.run(20_000, () => registryOf(world).master === 'c1-n2'),
    describeWorld(world),
  ).toBe(true)
  expect(about().filter((name) => name === 'order').length).toBeGreaterThan(2)
  world.setEdgeAdversity({ loss: 0, duplication: 0, slowness: 1 })
  expect(world.run(5_000, () => world.directory.state.standing === null)).toBe(true)
  expect(violations(world)).toEqual([])
})

test('[NW5] a cluster that is decided without, many heights in a row, is switched away from and not barred', () => {
  const { world, about } = auditedWorld({ audit: { missedInARow: 2 } })
  // The other masters neither hear it nor are heard; its standby reaches them all.
  for (const node of ['c2-n1', 'c3-n1', 'c4-n1']) world.clog('c1-n1', node)
  decides(world, 14, switched(world))
  expect(world.masterOf('c1')?.node, describeWorld(world)).toBe('c1-n2')
  expect(about().filter((name) => name === 'missed-votes')).toHaveLength(3)
  expect(registryOf(world)).toMatchObject({ bars: [], orders: [] })
  expect(violations(world)).toEqual([])
})

test('[NW5] no master is switched away from on the word of f clusters, whatever they say and how often', () => {
  const { world, about } = auditedWorld(slandering(1))
  decides(world, 10)
  expect(about()).toEqual([])
  expect(registryOf(world).epoch).toBe(1)
  expect(violations(world)).toEqual([])
})

test('[NW4] control: f + 1 clusters that lie bring a healthy master down, and the invariant says so', () => {
  const { world, about } = auditedWorld(slandering(2))
  decides(world, 10)
  expect(about()).toContain('order')
  expect(world.watch.found.map(({ invariant }) => invariant)).toContain('NW4 nobody healthy is found at fault')
})

/** The last `liars` clusters accuse the master of c1 of an invalid proposal at every height. */
function slandering(liars: number): Partial<WorldOptions> {
  return {
    slander: (host, report, masters) => {
      if (Number(host.cluster.slice(1)) <= 4 - liars) return { report, accusations: [] }
      const against = masters.get('c1' as never)!
      const accusations = report.results.map(({ height }) => {
        return { i: 'accusation', by: report, against, height: height as never, round: 0 as never } as const
      })
      return { report, accusations }
    },
  }
}
