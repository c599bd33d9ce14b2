/**
 * Authenticated links between the nodes of a network (ID5): at most one per pair, kept up by the node with the lower
 * id. Frames arrive whole, in order, at most once; what was queued when a link closes is lost.
 */
import type { NodeCertificate } from '../crypto/statement-types.ts'
import type { ClusterId, NodeId } from '../ids.ts'

/** Where a node listens, and whose it must be. */
export interface PeerAddress {
  /** `host:port`. */
  readonly address: string
  readonly cluster: ClusterId
  /** Only nodes of that cluster have said so: a node of another one may have the name. */
  readonly claimed?: true
}

export interface LinkedPeer {
  readonly node: NodeId
  readonly cluster: ClusterId
  /** Verified to the cluster's owner, unexpired when the link was made (ID8). */
  readonly certificate: NodeCertificate
  /** Version of the peer protocol in use (PV1). */
  readonly protocol: number
}

/**
 * Why a link is gone: `lost` (the process died or the network broke), `closed` (the peer closed it in order), `replaced`
 * (the peer made a newer one), `terminated` (by `terminate`), `queue-full` (the peer reads too slowly), `protocol` (the
 * peer broke the framing), `removed` (no longer among the peers), `stopped` (this node stops).
 */
export type LinkCloseReason =
  | 'lost'
  | 'closed'
  | 'replaced'
  | 'terminated'
  | 'queue-full'
  | 'protocol'
  | 'removed'
  | 'stopped'

/** Why a link was not made. The same codes travel to the other side, so that both logs name them. */
export const PEER_REFUSALS = [
  'tls',
  'tls-resumed',
  'no-certificate',
  'certificate-malformed',
  'algorithm',
  'key-mismatch',
  'wrong-network',
  'not-signed-by-owner',
  'expired',
  'revoked',
  'replaced',
  'other-node',
  'own-identity',
  'wrong-direction',
  'protocol',
  'timeout',
] as const
export type PeerRefusal = (typeof PEER_REFUSALS)[number]

export interface RefusedLink {
  readonly reason: PeerRefusal
  readonly why: string
  /** Which side refused. */
  readonly by: 'us' | 'them'
  readonly direction: 'inbound' | 'outbound'
  /** `host:port` of the other side. */
  readonly address: string
  /** The node dialled, or the one its certificate names, verified or not; null when unknown. */
  readonly node: NodeId | null
}

export interface PeerLinksHandler {
  onOpen(peer: LinkedPeer): void
  /** Before `onClose` and after `onOpen` of the same link. */
  onMessage(node: NodeId, frame: Uint8Array): void
  onClose(node: NodeId, reason: LinkCloseReason): void
  onRefused(refused: RefusedLink): void
}

/** `refused`: no process listens there any more (EL1); `open`: one does, perhaps frozen; `timeout`: no proof of either. */
export type ProbeResult = 'refused' | 'open' | 'timeout'

export interface PeerLinks {
  /** Listens and begins to dial. @throws BatonError PORT_TAKEN, CONFIG_INVALID (address not of this host) */
  start(): Promise<void>
  /** Closes every link after what is queued, at most 250 ms later. */
  stop(): Promise<void>
  /** The port bound, once started. */
  port(): number
  /**
   * Queues a frame, which must not be changed afterwards. False when there is no open link; above
   * `LIMITS.peerQueueBytes` the link is closed. Frames of one turn of the event loop leave together at its end.
   */
  send(to: NodeId, frame: Uint8Array): boolean
  /** Lets go at once what `send` has gathered in this turn: before a long synchronous act such as an fsync. */
  flush(): void
  /** Bytes queued and not yet taken by the operating system. */
  bufferedBytes(to: NodeId): number
  isOpen(to: NodeId): boolean
  /** The version of the peer protocol on the open link; null when there is none. */
  protocolOf(node: NodeId): number | null
  /** The nodes with an open link. */
  open(): readonly LinkedPeer[]
  /** Replaces the peers: new ones are dialled, links of those gone are closed. */
  setPeers(peers: ReadonlyMap<NodeId, PeerAddress>): void
  /** Closes the link of a silent peer without waiting for it; it is dialled again. */
  terminate(node: NodeId): void
  /** A raw TCP connect to the peer's address. Unknown peers give `timeout`. */
  probe(node: NodeId, timeoutMs?: number): Promise<ProbeResult>
}
