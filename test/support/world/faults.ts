/** Faults at random on the hosts, links and sessions of a world, masters and standbys first. */
import { unreachable } from '@baton/shared/assert'
import { isLeading } from '@baton/shared/core/node/state'
import type { Host } from './host.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

export type FaultName =
  | 'kill'
  | 'killCommitting'
  | 'restart'
  | 'whileAsking'
  | 'freeze'
  | 'cut'
  | 'clog'
  | 'cutEdge'
  | 'edgeDown'
  | 'deploy'
  | 'resign'
  | 'wipe'
  | 'site'

export const FAULTS: readonly FaultName[] = [
  'kill',
  'killCommitting',
  'restart',
  'whileAsking',
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

export class Faults {
  /** Every fault with its time, in order. */
  readonly story: string[] = []
  readonly #world: World
  readonly #random: Random
  readonly #kinds: readonly FaultName[]
  readonly #downMax: number

  /** At most `downMax` hosts are dead or frozen at once. */
  constructor(world: World, random: Random, kinds: readonly FaultName[], downMax: number) {
    this.#world = world
    this.#random = random
    this.#kinds = kinds
    this.#downMax = downMax
  }

  /** One fault, or something mended: as often as not, so that long runs do not only decay. */
  strike(): void {
    const random = this.#random
    const world = this.#world
    const hosts = [...world.hosts.values()]
    const out = hosts.filter((host) => !host.alive || host.frozen)
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
      case 'whileAsking':
        this.#whileAsking()
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
        unreachable(kind)
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

  /** While a master's addition to its sync set is on its way, decided or not: it dies, its answer is lost, its addition is gone. */
  #whileAsking(): void {
    const random = this.#random
    const world = this.#world
    const host = this.#somebodyAdding()
    const role = host?.state.guard.role
    if (host === undefined || role?.role !== 'leading') return
    world.run(random.between(0, 6))
    if (random.chance(0.6)) {
      this.#tell(`cuts ${host.node}, which asks for another sync set, from the edge`)
      world.cutEdge(host.node)
    }
    const [added] = role.required.pending
    if (added !== undefined && random.chance(0.6)) {
      this.#tell(`takes ${added}, which ${host.node} adds, away from it`)
      if (random.chance(0.5)) world.kill(added)
      else world.cut(host.node, added)
    }
    if (random.chance(0.6)) {
      this.#tell(`restarts ${host.node}, which asks for another sync set`)
      world.kill(host.node)
      world.run(random.between(0, 30))
      world.start(host.node)
    }
  }

  /** Takes a standby away and brings it back, so that its cluster needs another one or the same again. */
  #somebodyAdding(): Host | undefined {
    const world = this.#world
    const hosts = [...world.hosts.values()]
    const adds = ({ alive, state: { guard } }: Host): boolean =>
      alive && guard.role.role === 'leading' && guard.role.required.pending.length > 0
    const { registry } = world.authorities.get(this.#random.pick(hosts).cluster)!.state
    if (registry.status !== 'founded') return undefined
    const standby = registry.syncSet.find((node) => node !== registry.master)
    if (standby !== undefined) {
      this.#tell(`takes the standby ${standby} away for a while`)
      world.kill(standby)
      world.run(1_000, () => hosts.some(adds))
      world.start(standby)
    }
    world.run(2_000, () => hosts.some(adds))
    return hosts.find(adds)
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
    this.story.push(`${this.#world.now.toFixed(1)} ${what}`)
  }
}
