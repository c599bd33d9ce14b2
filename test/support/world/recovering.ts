/** Worlds in which a cluster has lost its whole sync set, and what tests of section 6 ask them. */
import { decodeRecord } from '@baton/shared/codec/record'
import type { NodeEvent } from '@baton/shared/core/node/io'
import { isLeading } from '@baton/shared/core/node/state'
import type { OperatorAction } from '@baton/shared/core/registry/messages'
import type { Height } from '@baton/shared/ids'
import { expect } from 'vitest'
import { describeWorld, lost, unsettled, violations } from './checks.ts'
import type { Host } from './host.ts'
import { clustersOf, settledWorld, submitsUntilAcknowledged } from './settled.ts'
import type { World } from './world.ts'

export const RECOVER_AFTER = 3_000

/** As `settledWorld`, with a short `recoverAfter`, and a few blocks. */
export function worldToRecover(options: Parameters<typeof settledWorld>[0] = {}): World {
  const world = settledWorld({ ...options, policy: { recoverAfterMs: RECOVER_AFTER, ...options.policy } })
  if (options.clusters === undefined || options.clusters > 0) submitsUntilAcknowledged(world, 3)
  world.run(300)
  return world
}

/** Master and standby die at once. */
export function loseSyncSet(world: World, cluster = 'c1'): void {
  for (const n of [1, 2]) world.kill(`${cluster}-n${n}`)
}

export function killCluster(world: World, cluster: string): void {
  for (const { node } of world.nodesOf(cluster)) world.kill(node)
}

export function startCluster(world: World, cluster: string): void {
  for (const { node } of world.nodesOf(cluster)) world.start(node)
}

export function recovers(world: World, node: string): Host {
  const host = world.host(node)
  expect(
    world.run(10 * RECOVER_AFTER, () => isLeading(host.state) && host.state.recovery !== null),
    describeWorld(world),
  ).toBe(true)
  return host
}

export function recoveryEnds(world: World, host: Host, withinMs = 20_000): void {
  expect(
    world.run(withinMs, () => isLeading(host.state) && host.state.recovery === null),
    describeWorld(world),
  ).toBe(true)
}

type Named = Extract<NodeEvent, { event: string }>

export function eventsOf<Name extends Named['event']>(
  host: Host,
  name: Name,
): readonly Extract<Named, { event: Name }>[] {
  return host.events.map(({ event }) => event).filter((event) => 'event' in event && event.event === name) as never
}

/** Heights of the acts that this node wrote under `epoch`, in log order. */
export function actsUnder(host: Host, epoch: number): readonly number[] {
  return host.disk.entries.flatMap(({ kind, body, token }) => {
    if (token.epoch !== epoch || (kind !== 'vote' && kind !== 'proposal')) return []
    const record = decodeRecord(kind, body)
    return record.ok && 'height' in record.value ? [record.value.height] : []
  })
}

export function operate(world: World, cluster: string, action: OperatorAction): void {
  const authority = [...world.authorities.values()].find((one) => one.cluster === cluster)!
  const from = { channel: 'an operator', request: 1 }
  authority.input({ i: 'operator', from, by: 'ops', why: 'a test', action })
}

/** Everybody is back: one master each, whole sync sets, nothing lost, nothing broken. */
export function allIsWell(world: World): void {
  for (const { node, alive } of world.hosts.values()) if (!alive) world.start(node)
  expect(
    world.run(30_000, () => unsettled(world).length === 0),
    describeWorld(world),
  ).toBe(true)
  submitsUntilAcknowledged(world, 2)
  expect(
    world.run(5_000, () => unsettled(world).length === 0),
    describeWorld(world),
  ).toBe(true)
  expect(violations(world)).toEqual([])
  expect(lost(world)).toEqual([])
}

/** Decides blocks until c1 proposes the next one: clusters take turns by height. */
export function untilTurnOfC1(world: World): Height {
  const { chain } = world.host('c2-n1').state
  for (let height = chain.tip.height + 1; ; height++) {
    world.run(1_000)
    if (height % clustersOf(world).length === 0) return height as Height
    submitsUntilAcknowledged(world, 1)
    height = world.host('c2-n1').state.chain.tip.height
  }
}
