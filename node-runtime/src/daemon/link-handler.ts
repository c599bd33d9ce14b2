/** What happens on peer links, handed on to the parts of the node that it concerns. */
import type { NodeInput } from '@baton/shared/core/node/io'
import type { ClusterId, NodeId } from '@baton/shared/ids'
import type { LinkedPeer, PeerLinksHandler } from '@baton/shared/ports/peer-links'
import { PEER_PROTOCOL, type PeerMessage, POLKAS_SINCE } from '@baton/shared/protocol/peer'
import type { Metrics } from '../adapters/metrics.ts'
import type { MemberBridge } from './arbiter/member-bridge.ts'
import type { Membership } from './membership.ts'
import type { PeerInbox } from './peer-inbox.ts'
import type { PeerWire } from './peer-wire.ts'
import type { RefusalLog } from './refusal-log.ts'

export interface LinkHandlerPorts {
  readonly enqueue: (input: NodeInput) => void
  readonly metrics: Metrics
  readonly refusals: Pick<RefusalLog, 'refused'>
  /** The greeting on a new link. */
  readonly hello: () => PeerMessage
  readonly wire: PeerWire
  readonly membership: Membership
  readonly inbox: PeerInbox
  /** Of an open link. */
  readonly protocolOf: (node: NodeId) => number | null
  readonly linkClosed: (node: NodeId) => void
  /** MJ1: null where the authority keeps the registry. */
  readonly member: Pick<MemberBridge, 'linkOpened' | 'linkClosed'> | null
}

export function linkHandler(ports: LinkHandlerPorts): PeerLinksHandler {
  const { enqueue, metrics, refusals, hello, wire, membership, inbox, protocolOf, linkClosed, member } = ports
  /** Of every node that ever had a link here. */
  const linkedClusters = new Map<NodeId, ClusterId>()
  return {
    onOpen(peer: LinkedPeer) {
      metrics.add('baton_peer_links_opened_total', 1)
      linkedClusters.set(peer.node, peer.cluster)
      const { node, cluster, protocol } = peer
      enqueue({ i: 'link', peer: node, cluster, up: true, older: protocol < POLKAS_SINCE })
      // Before the greeting: what that shows may be signed with keys that only these tell of (ID1).
      membership.linkOpened(peer)
      wire.send(peer.node, hello())
      member?.linkOpened(peer)
    },
    onMessage(node, frame) {
      metrics.add('baton_peer_received_bytes_total', frame.length)
      inbox.receive(node, frame, protocolOf(node) ?? PEER_PROTOCOL.min)
    },
    onClose(node, reason) {
      metrics.add('baton_peer_links_closed_total', 1, { reason })
      linkClosed(node)
      member?.linkClosed(node)
      const cluster = linkedClusters.get(node)
      if (cluster !== undefined) enqueue({ i: 'link', peer: node, cluster, up: false })
    },
    onRefused({ reason, by, direction, why, address, node }) {
      metrics.add('baton_peer_links_refused_total', 1, { reason, by })
      // Whose name is on a link that comes in, nobody has proven; each comes from another port.
      const source = direction === 'outbound' && node !== null ? node : hostOf(address)
      const fields = { reason, by, address, peer: node }
      const sentence = `a link with ${node ?? address} is refused by ${by}: ${why}`
      refusals.refused({ event: 'link-refused', kind: `${reason} by ${by}`, source, why, fields, sentence })
    },
  }
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}
