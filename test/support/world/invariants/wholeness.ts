/** EL6: a node whose disk was emptied is not electable before it has again what its cluster held when that was lost. */
import { type ClusterId, compareTokens } from '@baton/shared/ids'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import type { HeldClaim, Host } from '../host.ts'
import type { Held } from './held.ts'
import { isVoid, type Scene } from './scene.ts'

export class Wholeness {
  readonly #scene: Scene
  readonly #held: Held
  /** What each emptied node must have before it may call itself electable. */
  readonly #owed = new Map<Host, HeldClaim>()

  constructor(scene: Scene, held: Held) {
    this.#scene = scene
    this.#held = held
  }

  emptied(host: Host): void {
    const claim = this.#held.of(host.cluster)
    if (claim !== undefined) this.#owed.set(host, claim)
  }

  /** What it says of itself. Under an older token than that of the loss it may have met a master that knows no better. */
  says(host: Host, message: PeerMessage): void {
    const owed = this.#owed.get(host)
    if (owed === undefined || message.t !== 'heartbeat' || !message.electable) return
    if (isVoid(this.#scene, host.cluster, owed.token) || compareTokens(message.token, owed.token) < 0) return
    if (host.has(owed.index, owed.hash)) {
      this.#owed.delete(host)
      return
    }
    const what = `${host.node} has an emptied disk, lacks the held index ${owed.index} and calls itself electable`
    this.#scene.breach('EL6 an emptied node is not electable', what)
  }

  /** A recovering grant says that what was held may be lost. */
  lost(cluster: ClusterId): void {
    for (const host of [...this.#owed.keys()]) if (host.cluster === cluster) this.#owed.delete(host)
  }
}
