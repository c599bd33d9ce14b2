/** An owner revokes the key of a node, and certifies another one for it later (ID8). Who hears of it when is drawn. */
import type { Host } from '../../support/world/host.ts'
import type { Fault, Stage } from './stage.ts'

/** Links are looked at this often: the driver closes those of a revoked node, but for a master in office. */
const SWEEP_MS = 250

export const revocationFaults = {
  revoke: {
    weight: 0.15,
    strike: (stage, random) => {
      const host = stage.victim(random)
      const authority = stage.world.authorities.get(host.cluster)!
      // MJ1: the members of such an arbiter are fixed with the cluster, and what ends the vote of one is not settled.
      if (authority.arbiter === 'majority') return null
      // One at a time: an owner that revokes all its nodes has no cluster.
      if (authority.revoked.size > 0 || stage.hosts.some(({ revoked }) => revoked.has(host.node))) return null
      const revocation = new Revocation(stage, host)
      // A notice goes from everybody to everybody: the authority may be the last to hear of it.
      stage.world.after(random.between(0, 3_000), () => revocation.reachesAuthority())
      for (const other of stage.hosts) stage.world.after(random.between(0, 3_000), () => revocation.reaches(other))
      stage.during(random.between(3_000, 15_000), () => revocation.end())
      return host.node
    },
  },
} satisfies Record<string, Fault>

class Revocation {
  readonly #stage: Stage
  readonly #host: Host
  readonly #knowing = new Set<Host>()
  readonly #cut = new Set<Host>()
  #over = false

  constructor(stage: Stage, host: Host) {
    this.#stage = stage
    this.#host = host
    this.#sweep()
  }

  reachesAuthority(): void {
    if (!this.#over) this.#stage.world.authorities.get(this.#host.cluster)!.revoke(this.#host.node)
  }

  /** On its disk from now on; only what is revoked in the own cluster concerns its machine. */
  reaches(other: Host): void {
    if (this.#over) return
    this.#knowing.add(other)
    if (other.cluster !== this.#host.cluster) return
    other.revoked = new Set([this.#host.node])
    other.feed({ i: 'revoked', nodes: [this.#host.node] })
  }

  /** Its owner has certified another key. */
  end(): void {
    const { world } = this.#stage
    this.#over = true
    for (const other of this.#cut) world.mend(other.node, this.#host.node)
    for (const other of this.#knowing) {
      other.revoked = new Set()
      if (other.cluster === this.#host.cluster) other.feed({ i: 'revoked', nodes: [] })
    }
    world.authorities.get(this.#host.cluster)!.revoked.delete(this.#host.node)
    world.reconnect(this.#host.node)
  }

  #sweep(): void {
    if (this.#over) return
    const { world } = this.#stage
    const { node, cluster } = this.#host
    for (const other of this.#knowing) {
      if (other === this.#host) continue
      const inOffice = other.state.masterships.get(cluster)?.node === node
      if (inOffice && this.#cut.delete(other)) world.mend(other.node, node)
      if (inOffice || this.#cut.has(other)) continue
      this.#cut.add(other)
      world.cut(other.node, node)
    }
    world.after(SWEEP_MS, () => this.#sweep())
  }
}
