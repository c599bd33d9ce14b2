/** Liveness mode: a chosen core is healed, everything else stays as it is, and the network must go on within a bound. */
import { faultsTolerated } from '@baton/shared/core/ledger/types'
import { isLeading } from '@baton/shared/core/node/state'
import type { ClusterId } from '@baton/shared/ids'
import { describeWorld, lost, unsettled } from '../../support/world/checks.ts'
import type { Clients } from '../../support/world/clients.ts'
import { Random } from '../../support/world/random.ts'
import type { World } from '../../support/world/world.ts'
import { circumstancesOf, type Damage, damageOf, goesOnWithinMs } from './damage.ts'
import { diagnose } from './diagnosis.ts'
import type { RunSpec } from './spec.ts'

/** How long it took, in virtual ms from the moment of healing. */
export interface Timing {
  readonly damage: Damage
  /** Until every cluster that is waited for had one master and two more heights; null: it is an operator's to end. */
  readonly goesOnMs: number | null
  /** Until every node was electable and every client answered; null: that was not asked for. */
  readonly wholeMs: number | null
}

export interface Liveness {
  readonly stuck: Stuck | null
  readonly timing: Timing
}

export interface Stuck {
  /** What keeps it from going on, in a few words. */
  readonly cause: string
  readonly sentences: readonly string[]
  readonly world: string
}

/** Every node electable, every sync set full, every client answered: a node that left often waits so long before it is added (EL8). */
const WHOLE_WITHIN_MS = 60_000

export function becomesWhole(world: World, clients: Clients, spec: RunSpec): Liveness {
  const away = drawAway(world, spec)
  const untouched = (cluster: ClusterId) => !away.clusters.has(cluster) && !isTraitor(world, cluster)
  const awaited = clustersOf(world).filter(untouched)
  const damage = damageOf(world, awaited)
  heal(world, away)
  const before = heightsOf(world, awaited)
  const goesOn = () =>
    awaited.every((cluster) => leaders(world, cluster) === 1) &&
    [...heightsOf(world, awaited)].every(([cluster, height]) => height >= (before.get(cluster) ?? 0) + 2)
  const broke = () => world.watch.found.length > 0
  const healedAt = world.now
  // RG6: no other cluster would hear its votes, so nobody can say that there are none.
  const alone = spec.clusters === 1 && damage === 'recovery'
  const waits = () => alone || waitsForAnOperator(world, spec, healedAt)
  tidyUp(world)
  const withinMs = goesOnWithinMs(damage, circumstancesOf(world))
  if (!runs(world, withinMs, () => broke() || goesOn() || waits())) {
    const why = diagnose(world, awaited, before)
    const bound = `within ${Math.round(withinMs)} ms of healing, with damage: ${damage}`
    return { stuck: stuck(world, why, 'does not go on', [bound]), timing: { damage, goesOnMs: null, wholeMs: null } }
  }
  const timing: Timing = { damage, goesOnMs: waits() ? null : world.now - healedAt, wholeMs: null }
  if (waits() || away.nodes.size > 0 || awaited.length < spec.clusters) return { stuck: null, timing }
  clients.stop()
  const whole = () => unsettled(world).length === 0 && clients.answered()
  if (!runs(world, WHOLE_WITHIN_MS, () => broke() || whole() || waits())) {
    const why = unsettled(world)[0] ?? 'clients without an answer'
    return { stuck: stuck(world, why, 'does not become whole'), timing }
  }
  if (waits()) return { stuck: null, timing }
  const wholeMs = world.now - healedAt
  world.run(200)
  const missing = lost(world)
  const lose = missing.length === 0 ? null : stuck(world, missing[0]!, 'has lost something')
  return { stuck: lose, timing: { ...timing, wholeMs } }
}

/**
 * RC4: with f = 0, or when more clusters are faulty or recovering than f, too few are left to acknowledge: nobody but an operator ends the
 * wait, at a risk that no invariant can forgive. What must come is the alert of every recovering master; of a cluster that lies, nothing need come.
 */
function waitsForAnOperator(world: World, spec: RunSpec, since: number): boolean {
  const recovering = clustersOf(world).filter((cluster) => {
    const { registry } = world.authorities.get(cluster)!.state
    return !isTraitor(world, cluster) && registry.status === 'founded' && registry.recovery !== null
  })
  if (recovering.length === 0 || recovering.length + liars(world) <= faultsTolerated(spec.clusters)) return false
  return recovering.every((cluster) =>
    world.masterOf(cluster)?.events.some(({ at, event }) => {
      return at >= since && 'event' in event && event.event === 'recovery-stuck'
    }),
  )
}

/** Some cluster needs everybody: it has lost its memory, or must show what is left of it. */
function isRecovering(world: World): boolean {
  return [...world.authorities.values()].some(({ state: { registry } }) => {
    if (registry.status !== 'founded') return true
    const whole = registry.syncSet.some((node) => {
      const { wiped, state } = world.host(node)
      return !wiped && state.resync === null
    })
    return registry.recovery !== null || registry.frozen !== null || registry.restore !== null || !whole
  })
}

interface Away {
  readonly clusters: ReadonlySet<string>
  readonly nodes: ReadonlySet<string>
}

/**
 * Half of the runs heal everything. The others leave up to f clusters dead, and of the rest the nodes that the registry does not count on.
 */
function drawAway(world: World, spec: RunSpec): Away {
  const random = new Random(spec.seed * 16 + 6)
  const clusters = new Set<string>()
  const nodes = new Set<string>()
  if (random.chance(0.5) || isRecovering(world)) return { clusters, nodes }
  const f = faultsTolerated(spec.clusters)
  if (liars(world) === 0) for (let n = 0; n < f; n++) clusters.add(random.pick(clustersOf(world)))
  for (const host of world.hosts.values()) {
    const { registry } = world.authorities.get(host.cluster)!.state
    const counted = registry.status !== 'founded' || registry.syncSet.includes(host.node)
    const drawnAway = !counted && spec.durability === 'preferred' && random.chance(0.5)
    // MJ1: a member that lost its disk has no vote before all others have told it what they hold.
    const mayStay = drawnAway && world.authorities.get(host.cluster)!.arbiter === 'edge'
    if (clusters.has(host.cluster) || mayStay) nodes.add(host.node)
  }
  return { clusters, nodes }
}

function heal(world: World, away: Away): void {
  world.setLinkAdversity(null)
  world.setEdgeAdversity({ loss: 0, duplication: 0, slowness: 1 })
  world.mendEdge()
  for (const authority of world.authorities.values()) authority.undouble()
  for (const host of world.hosts.values()) {
    host.diskFault = 'none'
    host.diskSlowness = 1
    if (away.nodes.has(host.node)) {
      world.kill(host.node)
      continue
    }
    world.thaw(host.node)
    world.start(host.node)
    world.mendEdge(host.node)
    // What is still on a slow way would hold up everything that is said after it: a session that is anew has nothing on its way.
    world.reconnect(host.node)
  }
  const nodes = [...world.hosts.keys()]
  for (const a of nodes) for (const b of nodes) if (a < b) world.mend(a, b)
  // What an unfaithful link has lost, a closed one would have: the ends must notice.
  world.renewLinks()
}

/** Operators lift what bars they can, again and again: no lack of candidates is left that they could end. */
function tidyUp(world: World): void {
  for (const authority of world.authorities.values()) {
    const { registry } = authority.state
    if (registry.status !== 'founded') continue
    for (const node of registry.bars) authority.operate({ act: 'clear', node })
  }
  world.after(1_000, () => tidyUp(world))
}

function runs(world: World, withinMs: number, done: () => boolean): boolean {
  for (let ms = 0; ms < withinMs; ms += 100) {
    if (done()) return true
    world.run(100)
  }
  return done()
}

function stuck(world: World, cause: string, what: string, more: readonly string[] = []): Stuck {
  return {
    cause: `${what}: ${cause.replace(/[0-9]+/g, '#')}`,
    sentences: [`${what}: ${cause}`, ...more],
    world: describeWorld(world),
  }
}

function leaders(world: World, cluster: string): number {
  return world.nodesOf(cluster).filter(({ alive, state }) => alive && isLeading(state)).length
}

function heightsOf(world: World, clusters: readonly string[]): ReadonlyMap<string, number> {
  const heightOf = (cluster: string) => Math.max(...world.nodesOf(cluster).map(({ state }) => state.chain.tip.height))
  return new Map(clusters.map((cluster) => [cluster, heightOf(cluster)]))
}

function clustersOf(world: World): readonly ClusterId[] {
  return world.genesis.clusters.map(({ cluster }) => cluster)
}

function liars(world: World): number {
  return clustersOf(world).filter((cluster) => isTraitor(world, cluster)).length
}

function isTraitor(world: World, cluster: string): boolean {
  return world.nodesOf(cluster).some(({ traitor }) => traitor)
}
