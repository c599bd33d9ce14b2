/**
 * One seeded run: a network drawn from the seed, clients that submit throughout, faults at random, checks after each of them; then
 * everything is mended, and the network must become whole with nothing lost. The same seed gives the same run.
 */
import type { SignedTransaction } from '@baton/shared/core/ledger/types'
import { isLeading } from '@baton/shared/core/node/state'
import { LIMITS } from '@baton/shared/limits'
import { describeWorld, lost, unsettled, violations } from './checks.ts'
import type { Host } from './host.ts'
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

type FaultName =
  | 'kill'
  | 'killCommitting'
  | 'restart'
  | 'restartAsking'
  | 'start'
  | 'freeze'
  | 'thaw'
  | 'cut'
  | 'clog'
  | 'mend'
  | 'cutEdge'
  | 'mendEdge'
  | 'edgeDown'
  | 'edgeUp'
  | 'deploy'
  | 'resign'
  | 'wipe'
  | 'site'

const FAULTS: readonly FaultName[] = [
  'kill',
  'killCommitting',
  'restart',
  'restartAsking',
  'freeze',
  'cut',
  'clog',
  'cutEdge',
  'edgeDown',
  'deploy',
  'resign',
  'wipe',
  'site',
]

/** How long the mended network may take to become whole. */
const WHOLE_WITHIN_MS = 60_000

export function runSeed(seed: number, faultsMax = 25): SeedResult {
  const kept = LIMITS.logHeightsKept
  try {
    return new FaultRun(seed, faultsMax).run()
  } finally {
    setLogHeightsKept(kept)
  }
}

/** Short logs make compaction, and followers that fall behind it, common. */
function setLogHeightsKept(heights: number): void {
  const limits: { logHeightsKept: number } = LIMITS
  limits.logHeightsKept = heights
}

const RARE: ReadonlySet<string> = new Set([
  'guard-truncated',
  'guard-behind',
  'guard-suspect',
  'guard-adding',
  'guard-sync-set',
  'catching-up',
  'stepped-down',
  'promoted',
])

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

class FaultRun {
  readonly #seed: number
  readonly #random: Random
  readonly #world: World
  readonly #story: string[] = []
  readonly #kinds: readonly FaultName[]
  readonly #downMax: number
  readonly #pauseMs: number
  readonly #faults: number
  readonly #submitMs: number
  #submitting = true
  /** What clients have no answer for yet, and when they asked last. */
  readonly #open = new Map<string, { readonly signed: SignedTransaction; at: number }>()

  constructor(seed: number, faultsMax: number) {
    this.#seed = seed
    const random = new Random(seed * 16)
    this.#random = random
    setLogHeightsKept(random.pick([8, 16, 64]))
    const kinds = FAULTS.filter(() => random.chance(0.5))
    this.#kinds = kinds.length === 0 ? ['kill', 'restart'] : kinds
    this.#downMax = random.pick([1, 2, 4, 12])
    this.#pauseMs = random.pick([50, 300, 1_500])
    this.#faults = 5 + random.integer(faultsMax - 4)
    this.#submitMs = random.pick([15, 50, 200])
    this.#world = new World({
      clusters: 4,
      nodes: random.pick([2, 3, 3, 4]),
      seed,
      durability: random.chance(0.2) ? 'required' : 'preferred',
      syncReplicas: random.pick([1, 1, 2]),
      commitMs: random.pick([0, 0.2, 2, 15]),
      jitterMs: random.pick([0, 1, 10, 100]),
      heartbeatBlockMs: 2_000,
    })
  }

  run(): SeedResult {
    const world = this.#world
    world.run(this.#random.between(20, 3_000))
    this.#submitAgain()
    let found = violations(world)
    for (let n = 0; n < this.#faults && found.length === 0; n++) {
      this.#fault()
      world.run(this.#random.between(0, 2) ** 2 * this.#pauseMs, () => world.watch.breaches.length > 0)
      found = violations(world)
    }
    if (found.length === 0) found = this.#mended()
    return {
      seed: this.#seed,
      found,
      story: this.#story,
      heights: Math.max(...[...world.hosts.values()].map(({ state }) => state.chain.tip.height)),
      acknowledged: world.acknowledged.size,
      signatures: world.watch.signatures,
      switches: [...world.authorities.values()].reduce((sum, { grants }) => sum + Math.max(0, grants.length - 1), 0),
      reached: reachedIn(world),
      world: found.length === 0 ? '' : describeWorld(world),
    }
  }

  #mended(): readonly string[] {
    const world = this.#world
    this.#tell('mends everything')
    world.mendEdge()
    const hosts = [...world.hosts.values()]
    for (const { node } of hosts) {
      world.thaw(node)
      world.start(node)
      world.mendEdge(node)
    }
    for (const a of hosts) for (const b of hosts) if (a.node < b.node) world.mend(a.node, b.node)
    const before = world.acknowledged.size
    const until = world.now + WHOLE_WITHIN_MS
    while (world.now < until && violations(world).length === 0) {
      world.run(500)
      if (unsettled(world).filter((why) => why !== 'tips differ').length === 0 && world.acknowledged.size > before)
        break
    }
    this.#submitting = false
    world.run(Math.max(0, until - world.now), () => unsettled(world).length === 0 && this.#answered())
    world.run(1_000)
    const found = [...violations(world), ...unsettled(world)]
    if (found.length === 0 && world.acknowledged.size <= before) found.push('nothing is acknowledged any more')
    if (found.length === 0) found.push(...lost(world))
    return found
  }

  #answered(): boolean {
    return [...this.#open.keys()].every((id) => this.#world.acknowledged.has(id as never))
  }

  #submitAgain(): void {
    const world = this.#world
    const { now } = world
    for (const [id, entry] of this.#open) {
      if (world.acknowledged.has(id as never)) this.#open.delete(id)
      else if (now - entry.at >= 500) {
        entry.at = now
        world.resubmit(entry.signed)
      }
    }
    if (this.#submitting && this.#open.size < 200) {
      const signed = world.submit(this.#random.pick([...world.hosts.keys()]), `k${this.#random.integer(50)}`)
      this.#open.set(signed.id, { signed, at: now })
    }
    world.after(this.#submitting ? this.#random.between(0, 2) * this.#submitMs : 100, () => this.#submitAgain())
  }

  #fault(): void {
    const random = this.#random
    const world = this.#world
    const hosts = [...world.hosts.values()]
    const out = hosts.filter((host) => !host.alive || host.frozen)
    // As often as not something is mended instead, so that long runs do not only decay.
    if (random.chance(0.4) || out.length >= this.#downMax) {
      this.#mendSomething(out)
      return
    }
    const host = this.#victim(hosts)
    const peer = this.#peerOf(host, hosts)
    const kind = random.pick(this.#kinds)
    switch (kind) {
      case 'kill':
        this.#tell(`kills ${host.node}`)
        world.kill(host.node)
        return
      case 'killCommitting':
        this.#tell(`kills ${host.node} in the middle of a commit`)
        world.run(200, () => host.committing)
        world.kill(host.node)
        return
      case 'restart':
        this.#tell(`restarts ${host.node}`)
        world.run(20, () => host.committing)
        world.kill(host.node)
        world.run(random.between(0, 30))
        world.start(host.node)
        return
      case 'restartAsking':
        this.#restartAsking()
        return
      case 'freeze':
        this.#tell(`freezes ${host.node}`)
        if (host.alive) world.freeze(host.node)
        return
      case 'cut':
        this.#tell(`cuts ${host.node} from ${peer.node}`)
        world.cut(host.node, peer.node)
        return
      case 'clog':
        this.#tell(`clogs ${host.node} and ${peer.node}`)
        world.clog(host.node, peer.node)
        return
      case 'cutEdge':
        this.#tell(`cuts ${host.node} from the edge`)
        world.cutEdge(host.node)
        return
      case 'edgeDown':
        this.#tell('takes the edge down')
        world.cutEdge()
        return
      case 'deploy':
        this.#tell('restarts the authorities')
        if (!world.edgeUp) return
        world.cutEdge()
        world.run(random.between(0, 50))
        world.mendEdge()
        return
      case 'resign':
        this.#tell(`asks ${host.node} to hand over`)
        if (host.alive && isLeading(host.state)) host.feed({ i: 'resign', to: null, leaving: false })
        return
      case 'wipe':
        this.#wipe(host)
        return
      case 'site': {
        const site = random.pick(['x', 'y'])
        this.#tell(`kills site ${site}`)
        for (const each of hosts) if (each.site === site) world.kill(each.node)
        return
      }
      default:
        return
    }
  }

  /** Masters and standbys are hit more often than the others. */
  #victim(hosts: readonly Host[]): Host {
    const random = this.#random
    const host = random.pick(hosts)
    const { registry } = this.#world.authorities.get(host.cluster)!.state
    if (registry.status !== 'founded' || random.chance(0.3)) return host
    return this.#world.host(random.chance(0.5) ? registry.master : random.pick(registry.syncSet))
  }

  #peerOf(host: Host, hosts: readonly Host[]): Host {
    const own = hosts.filter((other) => other !== host && other.cluster === host.cluster)
    const all = hosts.filter((other) => other !== host)
    return this.#random.pick(this.#random.chance(0.7) ? own : all)
  }

  /** A master dies while its request for another sync set is on its way, decided or not. */
  #restartAsking(): void {
    const random = this.#random
    const world = this.#world
    const asks = ({ alive, state }: Host): boolean => {
      const { role } = state.guard
      return alive && role.role === 'leading' && role.reshaping?.step === 'asked'
    }
    const hosts = [...world.hosts.values()]
    world.run(1_500, () => hosts.some(asks))
    const host = hosts.find(asks)
    if (host === undefined) return
    world.run(random.between(0, 6))
    this.#tell(`restarts ${host.node}, which asks for another sync set`)
    world.kill(host.node)
    world.run(random.between(0, 30))
    if (random.chance(0.3)) world.cutEdge(host.node)
    world.start(host.node)
  }

  /** Only a node whose disk nobody counts on. */
  #wipe(host: Host): void {
    const world = this.#world
    const { registry } = world.authorities.get(host.cluster)!.state
    const counted = registry.status !== 'founded' || registry.syncSet.includes(host.node)
    const pending = world.nodesOf(host.cluster).some(({ disk, state }) => {
      const role = state.guard.role
      const inMemory = role.role === 'leading' && role.required.pending.includes(host.node)
      return inMemory || (disk.required?.pending.includes(host.node) ?? false)
    })
    if (counted || pending) return
    this.#tell(`wipes ${host.node}`)
    world.kill(host.node)
    world.wipe(host.node)
    world.start(host.node)
  }

  #mendSomething(out: readonly Host[]): void {
    const random = this.#random
    const world = this.#world
    if (out.length > 0 && random.chance(0.8)) {
      const host = random.pick(out)
      this.#tell(`brings ${host.node} back`)
      world.thaw(host.node)
      world.start(host.node)
      return
    }
    const hosts = [...world.hosts.keys()]
    if (!world.edgeUp) {
      this.#tell('brings the edge back')
      world.mendEdge()
    }
    for (const a of hosts) {
      if (random.chance(0.5)) world.mendEdge(a)
      for (const b of hosts) if (a < b && random.chance(0.5)) world.mend(a, b)
    }
    this.#tell('mends half of the links')
  }

  #tell(what: string): void {
    this.#story.push(`${this.#world.now.toFixed(1)} ${what}`)
  }
}
