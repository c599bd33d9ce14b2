/** Messages to peers as frames, each in the version of its link (PV2). */
import type { NodeId } from '@baton/shared/ids'
import type { PeerLinks } from '@baton/shared/ports/peer-links'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import { encodePeerAs } from '@baton/shared/protocol/peer-codec'
import type { Metrics } from '../adapters/metrics.ts'

export class PeerWire {
  readonly #links: () => Pick<PeerLinks, 'send' | 'protocolOf'>
  readonly #metrics: Pick<Metrics, 'add'>
  /** The last message and its frames by version: one that goes to several peers is encoded once. */
  #encoded: { readonly message: PeerMessage; readonly frames: Map<number, Uint8Array | null> } | null = null

  constructor(links: () => Pick<PeerLinks, 'send' | 'protocolOf'>, metrics: Pick<Metrics, 'add'>) {
    this.#links = links
    this.#metrics = metrics
  }

  /** False when there is no open link, or when its version lacks the message. */
  send(to: NodeId, message: PeerMessage): boolean {
    const links = this.#links()
    const version = links.protocolOf(to)
    const frame = version === null ? null : this.#frame(version, message)
    if (frame === null || !links.send(to, frame)) return false
    this.#metrics.add('baton_peer_sent_bytes_total', frame.length)
    return true
  }

  #frame(version: number, message: PeerMessage): Uint8Array | null {
    if (this.#encoded?.message !== message) this.#encoded = { message, frames: new Map() }
    const { frames } = this.#encoded
    const known = frames.get(version)
    if (known !== undefined) return known
    const frame = encodePeerAs(version, message)
    frames.set(version, frame)
    return frame
  }
}
