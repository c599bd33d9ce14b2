/**
 * Where the nodes of the network listen. The configuration comes first: it is the operator's word. Nodes that joined later are told by
 * the registry (own cluster) and by their own cluster's nodes (other clusters). An address proves nothing: TLS does (ID5).
 */
import type { ClusterId, NodeId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { PeerAddress } from '@baton/shared/ports/peer-links'
import type { MemberView } from '@baton/shared/protocol/control'
import type { Roster } from '@baton/shared/protocol/peer'

export interface AddressBookPorts {
  readonly self: NodeId
  readonly cluster: ClusterId
  readonly configured: readonly { readonly node: NodeId; readonly cluster: ClusterId; readonly address: string }[]
  /** What this node tells others of itself. */
  readonly advertised: string
}

export class AddressBook {
  readonly #ports: AddressBookPorts
  readonly #configured: ReadonlyMap<NodeId, PeerAddress>
  readonly #learned = new Map<NodeId, PeerAddress>()

  constructor(ports: AddressBookPorts) {
    this.#ports = ports
    this.#configured = new Map(ports.configured.map(({ node, address, cluster }) => [node, { address, cluster }]))
  }

  peers(): ReadonlyMap<NodeId, PeerAddress> {
    return new Map([...this.#learned, ...this.#configured])
  }

  /** Of a node that is known; undefined else. */
  clusterOf(node: NodeId): ClusterId | undefined {
    if (node === this.#ports.self) return this.#ports.cluster
    return (this.#configured.get(node) ?? this.#learned.get(node))?.cluster
  }

  /** True when the book has changed. */
  learn(cluster: ClusterId, nodes: readonly { readonly node: NodeId; readonly address: string }[]): boolean {
    let changed = false
    for (const { node, address } of nodes) {
      if (node === this.#ports.self || this.#configured.has(node)) continue
      const known = this.#learned.get(node)
      // One name, one cluster: nobody takes the name of another's node.
      if (known !== undefined && (known.cluster !== cluster || known.address === address)) continue
      if (known === undefined && this.#learnedOf(cluster) >= LIMITS.nodesPerCluster) continue
      this.#learned.set(node, { cluster, address })
      changed = true
    }
    return changed
  }

  learnMembers(members: readonly MemberView[]): boolean {
    const { cluster } = this.#ports
    return this.learn(
      cluster,
      members.map(({ node, peerAddress }) => ({ node, address: peerAddress })),
    )
  }

  /** The nodes of this node's cluster, for the nodes of the others. */
  own(): Roster['nodes'] {
    const { self, cluster, advertised } = this.#ports
    const others = [...this.peers()].flatMap(([node, peer]) =>
      peer.cluster === cluster ? [{ node, address: peer.address }] : [],
    )
    return [{ node: self, address: advertised }, ...others].slice(0, LIMITS.nodesPerCluster)
  }

  #learnedOf(cluster: ClusterId): number {
    return [...this.#learned.values()].filter((peer) => peer.cluster === cluster).length
  }
}
