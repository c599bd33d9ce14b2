/** GU1, RG4: what is called held is on the disk of every node that could be granted the next epoch, and stays there. */
import { type ClusterId, sameToken } from '@baton/shared/ids'
import type { HeldClaim, Host } from '../host.ts'
import { electableWith, isVoid, type Scene, standsStill } from './scene.ts'

export class Held {
  readonly #scene: Scene
  /** The highest position of each cluster that some master called held. */
  readonly #held = new Map<ClusterId, HeldClaim>()

  constructor(scene: Scene) {
    this.#scene = scene
  }

  /** A master acts on `claim`. */
  called(host: Host, claim: HeldClaim): void {
    if (isVoid(this.#scene, host.cluster, claim.token) || isInherited(this.#scene, host.cluster, claim)) return
    for (const other of electableWith(this.#scene, host)) {
      if (other.hasDurably(claim.index, claim.hash)) continue
      const where = `which is not on the disk of ${other.node}`
      this.#scene.breach('GU1 held is on every required disk', `${host.node} calls ${claim.index} held, ${where}`)
    }
    const known = this.#held.get(host.cluster)
    // A clean successor begins with nothing to call held, and has all of this in its log.
    if (known === undefined || claim.index >= known.index) this.#held.set(host.cluster, claim)
  }

  of(cluster: ClusterId): HeldClaim | undefined {
    return this.#held.get(cluster)
  }

  /** A recovering grant says that what was held may be lost. */
  lost(cluster: ClusterId): void {
    this.#held.delete(cluster)
  }

  /** After every change of the registry or of a disk. */
  check(cluster: ClusterId): void {
    const claim = this.#held.get(cluster)
    if (claim === undefined) return
    const { registry } = this.#scene.authorities.get(cluster)!.state
    if (registry.status !== 'founded' || standsStill(registry)) return
    for (const node of registry.syncSet) {
      const host = this.#scene.hosts.get(node)!
      if (host.hasDurably(claim.index, claim.hash)) host.wiped = false
      else if (!host.wiped) {
        const what = `${node} may be granted and lacks the held index ${claim.index}`
        this.#scene.breach('RG4 electable nodes have what is held', what)
      }
    }
  }

  recount(): void {
    for (const cluster of this.#held.keys()) this.check(cluster)
    for (const host of this.#scene.hosts.values()) this.#chained(host)
  }

  /** GU3: a log on disk is one unbroken chain. */
  #chained({ node, disk }: Host): void {
    let previous = disk.base.hash
    let { index } = disk.base
    for (const entry of disk.entries) {
      if (entry.previous !== previous || entry.index !== index + 1) {
        this.#scene.breach('the recount agrees', `the log of ${node} breaks at ${entry.index}`)
        return
      }
      previous = entry.hash
      index = entry.index
    }
  }
}

/** RG6: a recovering master remembers what was held before it; that this is lost is what its grant says. It calls nothing held yet. */
function isInherited({ authorities }: Scene, cluster: ClusterId, { token, index, barrier }: HeldClaim): boolean {
  const { grants } = authorities.get(cluster)!
  return index < barrier && grants.some((grant) => grant.recovering && sameToken(grant, token))
}
