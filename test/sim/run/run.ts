/**
 * One seed: a network, clients that submit throughout, faults in safety mode, then a healed core in liveness mode. The same spec gives
 * the same run, event for event.
 */
import { describeWorld } from '../../support/world/checks.ts'
import { Clients } from '../../support/world/clients.ts'
import type { Breach } from '../../support/world/invariants/scene.ts'
import { Random } from '../../support/world/random.ts'
import { World } from '../../support/world/world.ts'
import { FAULT_KINDS, type FaultKind } from '../faults/kinds.ts'
import { Stage } from '../faults/stage.ts'
import { Traitors } from '../faults/traitors.ts'
import { becomesWhole, type Timing } from './liveness.ts'
import { withBounds } from './settings.ts'
import { faultStream, type RunSpec } from './spec.ts'
import { Trace } from './trace.ts'

export interface RunResult {
  readonly seed: number
  /** What went wrong, first things first; empty when nothing did. */
  readonly violations: readonly string[]
  /** The first broken invariant, or how liveness failed. */
  readonly broken: string | null
  readonly hash: string
  readonly events: number
  readonly evaluations: number
  readonly simulatedMs: number
  readonly heights: number
  readonly acknowledged: number
  readonly switches: number
  /** Null when liveness was not asked for. */
  readonly timing: Timing | null
  readonly strikes: Readonly<Record<string, number>>
  readonly reached: Readonly<Record<string, number>>
  readonly story: readonly string[]
  /** The network at the end, when something went wrong. */
  readonly world: string
}

export interface RunOptions {
  /** Nodes that stop on an assertion are no violation: only invariants are. */
  readonly failsQuietly?: boolean
}

/**
 * A network is founded under the eyes of an operator. A founder that dies before its first token is on disk looks, when it comes back, like
 * one whose disk was emptied, and must not go on by itself (EL6).
 */
const FOUNDED_WITHIN_MS = 10_000

export function run(spec: RunSpec, options: RunOptions = {}): RunResult {
  return withBounds(spec, () => runWorld(spec, options))
}

function runWorld(spec: RunSpec, { failsQuietly = false }: RunOptions): RunResult {
  const trace = new Trace(() => world.watch.recount())
  const traitors = new Traitors(spec)
  const { seed, clusters, nodes, syncReplicas, durability, commitMs, jitterMs, heartbeatBlockMs, real } = spec
  const { recoverAfterMs, settleTimeMs, switchesPerHour } = spec
  const world: World = new World({
    seed,
    clusters,
    nodes,
    syncReplicas,
    durability: nodes === 1 ? 'preferred' : durability,
    commitMs,
    jitterMs,
    heartbeatBlockMs,
    policy: { recoverAfterMs, settleTimeMs, switchesPerHour },
    codec: real,
    ed25519: real,
    failsQuietly,
    observer: trace,
    tamper: traitors.tamper.bind(traitors),
    slander: traitors.slander,
    majorities: spec.majorities ?? 0,
    audit: spec.missedInARow === undefined ? {} : { missedInARow: spec.missedInARow },
  })
  const start = world.now
  traitors.enter(world)
  setClocks(world, spec)
  const stage = new Stage(world, spec.downMax)
  const clients = new Clients(world, new Random(seed * 16 + 4), spec.loadEveryMs)
  const broke = () => world.watch.found.length > 0 && spec.goesOn !== true

  world.run(FOUNDED_WITHIN_MS, () => broke() || isFounded(world))
  world.run(spec.calmMs, broke)
  clients.start()
  for (const [kind, rate] of Object.entries(spec.faults)) strikeOften(stage, kind as FaultKind, rate, seed)
  world.run(spec.safetyMs, broke)
  stage.end()
  const liveness = broke() || !spec.liveness ? null : becomesWhole(world, clients, spec)
  const stuck = liveness?.stuck ?? null
  world.watch.recount()
  const violations = [...world.watch.breaches, ...(stuck?.sentences ?? [])]
  return {
    seed,
    violations,
    broken: (world.watch.found[0] as Breach | undefined)?.invariant ?? stuck?.cause ?? null,
    hash: trace.hash,
    events: trace.events,
    evaluations: world.watch.evaluations,
    simulatedMs: world.now - start,
    heights: Math.max(...[...world.hosts.values()].map(({ state }) => state.chain.tip.height)),
    acknowledged: world.acknowledged.size,
    switches: [...world.authorities.values()].reduce((sum, { grants }) => sum + Math.max(0, grants.length - 1), 0),
    timing: liveness?.timing ?? null,
    strikes: Object.fromEntries(stage.strikes),
    reached: Object.fromEntries(trace.reached),
    story: stage.story,
    world: violations.length === 0 ? '' : (stuck?.world ?? describeWorld(world)),
  }
}

function isFounded(world: World): boolean {
  return world.genesis.clusters.every(({ founder }) => world.host(founder).durableToken !== null)
}

/** A Poisson process of its own stream. */
function strikeOften(stage: Stage, kind: FaultKind, perSecond: number, seed: number): void {
  const random = faultStream(seed, kind)
  const next = () => {
    stage.soon((-Math.log(1 - random.next()) / perSecond) * 1_000, () => {
      const what = FAULT_KINDS[kind].strike(stage, random)
      if (what !== null) stage.told(kind, what)
      next()
    })
  }
  next()
}

function setClocks(world: World, { seed, clockPpm }: RunSpec): void {
  const random = new Random(seed * 16 + 5)
  const rate = () => 1 + (random.between(-1, 1) * clockPpm) / 1e6
  for (const { clock } of world.hosts.values()) clock.rate = rate()
  for (const { clock } of world.authorities.values()) clock.rate = rate()
}
