/**
 * One seeded run: a network drawn from the seed, clients that submit throughout, faults at random, checks after each of them; then
 * everything is mended, and the network must become whole with nothing lost. The same seed gives the same run.
 */
import { LIMITS } from '@baton/shared/limits'
import { describeWorld, lost, unsettled, violations } from './checks.ts'
import { Clients } from './clients.ts'
import { FAULTS, Faults } from './faults.ts'
import { Random } from './random.ts'
import { World } from './world.ts'

export interface SeedResult {
  readonly seed: number
  /** What went wrong; empty when nothing did. */
  readonly found: readonly string[]
  /** Every fault with its time, in order. */
  readonly story: readonly string[]
  readonly heights: number
  readonly acknowledged: number
  readonly signatures: number
  /** Masterships granted besides the first of each cluster. */
  readonly switches: number
  /** Rare states that were reached, and how often. */
  readonly reached: Readonly<Record<string, number>>
  /** The world at the end, when something went wrong. */
  readonly world: string
}

/** How long the mended network may take to become whole. */
const WHOLE_WITHIN_MS = 60_000
const FAULTS_MIN = 5

const RARE: ReadonlySet<string> = new Set([
  'guard-truncated',
  'guard-behind',
  'guard-suspect',
  'guard-adding',
  'guard-sync-set',
  'catching-up',
  'stepped-down',
  'promoted',
  'recovery-began',
  'recovery-horizon',
  'recovery-ended',
  'recovery-stuck',
  'legacy-taken',
  'legacy-handed-over',
])

export function runSeed(seed: number, faultsMax = 25): SeedResult {
  const kept = LIMITS.logHeightsKept
  const random = new Random(seed * 16)
  // Short logs make compaction, and followers that fall behind it, common.
  setLogHeightsKept(random.pick([8, 16, 64]))
  try {
    return runDrawn(seed, random, faultsMax)
  } finally {
    setLogHeightsKept(kept)
  }
}

function setLogHeightsKept(heights: number): void {
  const limits: { logHeightsKept: number } = LIMITS
  limits.logHeightsKept = heights
}

function runDrawn(seed: number, random: Random, faultsMax: number): SeedResult {
  const world = new World({
    clusters: 4,
    nodes: random.pick([2, 3, 3, 4]),
    seed,
    durability: random.chance(0.2) ? 'required' : 'preferred',
    syncReplicas: random.pick([1, 1, 2]),
    commitMs: random.pick([0, 0.2, 2, 15]),
    jitterMs: random.pick([0, 1, 10, 100]),
    heartbeatBlockMs: 2_000,
    // A stream of its own: the draws of older seeds stay what they were.
    policy: { recoverAfterMs: new Random(seed * 16 + 9).pick([1_500, 3_000, 10_000, 30_000]) },
  })
  const drawn = FAULTS.filter(() => random.chance(0.5))
  const faults = new Faults(world, random, drawn.length === 0 ? FAULTS : drawn, random.pick([1, 2, 4, 12]))
  const clients = new Clients(world, random, random.pick([15, 50, 200]))
  const pauseMs = random.pick([50, 300, 1_500])
  const strikes = FAULTS_MIN + random.integer(faultsMax - FAULTS_MIN + 1)
  world.run(random.between(20, 3_000))
  clients.start()
  let found = violations(world)
  for (let n = 0; n < strikes && found.length === 0; n++) {
    faults.strike()
    world.run(random.between(0, 2) ** 2 * pauseMs, () => world.watch.breaches.length > 0)
    found = violations(world)
  }
  if (found.length === 0) found = afterMending(world, clients)
  return {
    seed,
    found,
    story: faults.story,
    heights: Math.max(...[...world.hosts.values()].map(({ state }) => state.chain.tip.height)),
    acknowledged: world.acknowledged.size,
    signatures: world.watch.signatures,
    switches: [...world.authorities.values()].reduce((sum, { grants }) => sum + Math.max(0, grants.length - 1), 0),
    reached: reachedIn(world),
    world: found.length === 0 ? '' : describeWorld(world),
  }
}

/** What is wrong once all is mended and has had its time. */
function afterMending(world: World, clients: Clients): readonly string[] {
  mendAll(world)
  const before = world.acknowledged.size
  const until = world.now + WHOLE_WITHIN_MS
  while (world.now < until && violations(world).length === 0) {
    world.run(500)
    const wrong = unsettled(world).filter((why) => why !== 'tips differ')
    if (wrong.length === 0 && world.acknowledged.size > before) break
  }
  clients.stop()
  world.run(Math.max(0, until - world.now), () => unsettled(world).length === 0 && clients.answered())
  world.run(1_000)
  const found = [...violations(world), ...unsettled(world)]
  if (found.length === 0 && world.acknowledged.size <= before) found.push('nothing is acknowledged any more')
  if (found.length === 0) found.push(...lost(world))
  return found
}

function mendAll(world: World): void {
  const hosts = [...world.hosts.keys()]
  world.mendEdge()
  for (const node of hosts) {
    world.thaw(node)
    world.start(node)
    world.mendEdge(node)
  }
  for (const a of hosts) for (const b of hosts) if (a < b) world.mend(a, b)
}

function reachedIn(world: World): Record<string, number> {
  const reached: Record<string, number> = {}
  for (const { events } of world.hosts.values()) {
    for (const { event } of events) {
      if (!('event' in event) || !RARE.has(event.event)) continue
      const name = event.event === 'promoted' && event.resumed ? 'resumed' : event.event
      reached[name] = (reached[name] ?? 0) + 1
    }
  }
  return reached
}
