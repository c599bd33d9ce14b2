/**
 * Where the nodes of the network listen. The configuration comes first: it is the operator's word. Nodes that joined later are told by
 * the registry (own cluster) and by their own cluster's nodes (other clusters). An address proves nothing: TLS does (ID5). Nor does a node's word
 * that a name belongs to its cluster: what a certificate has shown counts against it, and until then every cluster that claims a name is tried in turn.
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
  /** What each cluster says of a name; the first is tried now. */
  readonly #claims = new Map<NodeId, ReadonlyMap<ClusterId, string>>()
  /** Whose certificate a name was seen with. */
  readonly #proven = new Map<NodeId, ClusterId>()

  constructor(ports: AddressBookPorts) {
    this.#ports = ports
    this.#configured = new Map(ports.configured.map(({ node, address, cluster }) => [node, { address, cluster }]))
  }

  peers(): ReadonlyMap<NodeId, PeerAddress> {
    const learned = [...this.#claims].map(([node, claims]) => [node, this.#peerOf(node, claims)] as const)
    return new Map([...learned, ...this.#configured])
  }

  /** True when the book has changed. */
  learn(cluster: ClusterId, nodes: readonly { readonly node: NodeId; readonly address: string }[]): boolean {
    let changed = false
    for (const { node, address } of nodes) {
      if (node === this.#ports.self || this.#configured.has(node)) continue
      const claims = this.#claims.get(node) ?? new Map<ClusterId, string>()
      if (claims.get(cluster) === address) continue
      if (!claims.has(cluster) && this.#claimsOf(cluster) >= LIMITS.nodesPerCluster) continue
      this.#claims.set(node, new Map([...claims, [cluster, address]]))
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

  /** This node's certificate is of this cluster, and leads to its owner. True when the book has changed. */
  prove(node: NodeId, cluster: ClusterId): boolean {
    const changed = this.#proven.get(node) !== cluster && this.#claims.has(node)
    this.#proven.set(node, cluster)
    return changed
  }

  /** Names that several clusters claim, and that nobody has shown a certificate for: the next one's word is tried. True when there are any. */
  tryNextClaims(): boolean {
    const disputed = [...this.#claims].filter(([node, claims]) => claims.size > 1 && !this.#proven.has(node))
    for (const [node, claims] of disputed) {
      const [first, ...rest] = claims
      this.#claims.set(node, new Map([...rest, first!]))
    }
    return disputed.length > 0
  }

  /** The nodes of this node's cluster, for the nodes of the others. */
  own(): Roster['nodes'] {
    const { self, cluster, advertised } = this.#ports
    const others = [...this.peers()].flatMap(([node, peer]) =>
      peer.cluster === cluster ? [{ node, address: peer.address }] : [],
    )
    return [{ node: self, address: advertised }, ...others].slice(0, LIMITS.nodesPerCluster)
  }

  #peerOf(node: NodeId, claims: ReadonlyMap<ClusterId, string>): PeerAddress {
    const [claimant, address] = [...claims][0]!
    const cluster = this.#proven.get(node)
    if (cluster === undefined) return { address, cluster: claimant, claimed: true }
    return { address: claims.get(cluster) ?? address, cluster }
  }

  #claimsOf(cluster: ClusterId): number {
    return [...this.#claims.values()].filter((claims) => claims.has(cluster)).length
  }
}
