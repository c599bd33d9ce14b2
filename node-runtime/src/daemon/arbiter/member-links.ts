/** Which links of a member of a majority are with members (MJ1): by the names of genesis, and the keys that their owner has given them last. */
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { presentKey } from '@baton/shared/crypto/member-keys'
import type { ClusterId, NodeId, PublicKey } from '@baton/shared/ids'
import type { Log } from '@baton/shared/ports/log'
import type { LinkedPeer } from '@baton/shared/ports/peer-links'
import { ARBITER_SINCE } from '@baton/shared/protocol/peer'

export interface MemberLinksPorts {
  readonly cluster: ClusterId
  readonly own: { readonly node: NodeId; readonly key: PublicKey }
  readonly trust: Trust
  /** A link with a member is there, or is none any more. */
  readonly changed: (node: NodeId, up: boolean) => void
  readonly log: Log
}

export class MemberLinks {
  readonly #ports: MemberLinksPorts
  /** With nodes of this cluster, and those of them that count. */
  readonly #open = new Map<NodeId, LinkedPeer>()
  readonly #linked = new Set<NodeId>()

  constructor(ports: MemberLinksPorts) {
    this.#ports = ports
  }

  has(node: NodeId): boolean {
    return this.#linked.has(node)
  }

  opened(peer: LinkedPeer): void {
    const { node, cluster, protocol } = peer
    if (cluster !== this.#ports.cluster) return
    this.#open.set(node, peer)
    if (!this.#counts(peer)) {
      this.#drop(node)
    } else if (protocol < ARBITER_SINCE) {
      const why = `${node} runs a program that knows no arbiter of members: it counts as out of reach until it is upgraded`
      this.#ports.log.warn({ event: 'member-too-old', peer: node, protocol }, why)
    } else {
      this.#linked.add(node)
      this.#ports.changed(node, true)
    }
  }

  closed(node: NodeId): void {
    this.#open.delete(node)
    this.#drop(node)
  }

  /**
   * The owner may have given a member another key. Whoever has the one before is no member from now on, before anything of a member with the new
   * one is heard: of the two at most one is ever told what this member holds, and so has a vote.
   */
  keysChanged(): void {
    for (const peer of this.#open.values()) {
      if (!this.#counts(peer)) this.#drop(peer.node)
      else if (!this.#linked.has(peer.node)) this.opened(peer)
    }
  }

  /** Its own key was replaced: nobody counts with it any more. */
  get isReplaced(): boolean {
    const { node, key } = this.#ports.own
    return this.presentKey(node) !== key
  }

  /** Undefined: it is no member. */
  presentKey(node: NodeId): PublicKey | undefined {
    return presentKey(this.#ports.trust, this.#ports.cluster, node)
  }

  #counts({ node, certificate }: LinkedPeer): boolean {
    return !this.isReplaced && this.presentKey(node) === certificate.key
  }

  #drop(node: NodeId): void {
    if (this.#linked.delete(node)) this.#ports.changed(node, false)
  }
}
