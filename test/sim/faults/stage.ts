/** Where faults act: a world, whom to hit, what has been done and what undoes it. */
import type { Registry } from '@baton/shared/core/registry/types'
import type { Host } from '../../support/world/host.ts'
import type { Random } from '../../support/world/random.ts'
import type { World } from '../../support/world/world.ts'

export interface Fault {
  /** Strikes per virtual second when it is drawn, before the seed's own factor. */
  readonly weight: number
  /** Does it, and sees to its end. Null when it does not apply now. */
  readonly strike: (stage: Stage, random: Random) => string | null
}

export class Stage {
  readonly world: World
  /** Every strike with its time, in order. */
  readonly story: string[] = []
  readonly strikes = new Map<string, number>()
  /** Of registries, by cluster. */
  readonly backups = new Map<string, Registry>()
  readonly #downMax: number
  readonly #forgetful = new Set<string>()
  /** What undoes the faults that still last. */
  readonly #undo = new Set<() => void>()
  #over = false

  /** At most `downMax` hosts are dead or paused at once. */
  constructor(world: World, downMax: number) {
    this.world = world
    this.#downMax = downMax
  }

  get hosts(): readonly Host[] {
    return [...this.world.hosts.values()]
  }

  get over(): boolean {
    return this.#over
  }

  told(kind: string, what: string): void {
    this.strikes.set(kind, (this.strikes.get(kind) ?? 0) + 1)
    this.story.push(`${this.world.now.toFixed(1)} ${kind}: ${what}`)
  }

  /** Masters and standbys are hit more often than the others. */
  victim(random: Random): Host {
    const host = random.pick(this.hosts)
    const { registry } = this.world.authorities.get(host.cluster)!.state
    if (registry.status !== 'founded' || random.chance(0.3)) return host
    return this.world.host(random.chance(0.5) ? registry.master : random.pick(registry.syncSet))
  }

  /** Mostly of its own cluster. Null when it is alone. */
  peerOf(host: Host, random: Random): Host | null {
    const own = this.hosts.filter((other) => other !== host && other.cluster === host.cluster)
    const all = this.hosts.filter((other) => other !== host)
    const among = own.length > 0 && random.chance(0.7) ? own : all
    return among.length === 0 ? null : random.pick(among)
  }

  mayFail(host: Host): boolean {
    const down = this.hosts.filter((other) => !other.alive || other.frozen)
    return host.alive && !host.frozen && down.length < this.#downMax
  }

  /**
   * Section 6: what was acknowledged is kept while clusters that lie and clusters that have lost their memory are at most f. True when
   * this one may lose it, for good.
   */
  mayForget(cluster: string): boolean {
    if (this.#forgetful.has(cluster)) return true
    const clusters = this.world.genesis.clusters.length
    const liars = new Set(this.hosts.filter(({ traitor }) => traitor).map((host) => host.cluster as string))
    if (liars.has(cluster) || liars.size + this.#forgetful.size >= Math.floor((clusters - 1) / 3)) return false
    this.#forgetful.add(cluster)
    return true
  }

  /** The same bound on clusters that lie: one more may, for good, when none of its nodes is at fault already. */
  mayLie(cluster: string): boolean {
    const faulty = new Set(this.#forgetful)
    for (const host of this.hosts) if (host.traitor || host.miscounts) faulty.add(host.cluster)
    const clusters = this.world.genesis.clusters.length
    return !faulty.has(cluster) && faulty.size < Math.floor((clusters - 1) / 3)
  }

  /** The process dies, and comes back later. */
  kill(host: Host, forMs: number): void {
    this.world.kill(host.node)
    this.during(forMs, () => this.world.start(host.node))
  }

  /** After `ms`, or when the faults are over, whichever comes first. */
  during(ms: number, undo: () => void): void {
    const once = () => {
      if (this.#undo.delete(once)) undo()
    }
    this.#undo.add(once)
    this.world.after(ms, once)
  }

  /** In `ms`, unless the faults are over by then. */
  soon(ms: number, act: () => void): void {
    this.world.after(ms, () => {
      if (!this.#over) act()
    })
  }

  /** When `holds`, looked at every `everyMs`; given up after `withinMs`. */
  once(holds: () => boolean, everyMs: number, withinMs: number, act: () => void): void {
    if (withinMs <= 0 || this.#over) return
    if (holds()) act()
    else this.world.after(everyMs, () => this.once(holds, everyMs, withinMs - everyMs, act))
  }

  /** No fault strikes any more, and what lasts is undone. */
  end(): void {
    this.#over = true
    for (const undo of [...this.#undo]) undo()
  }
}
