/** Links to all peers over mutually authenticated TLS 1.3 (ID5): the port in `shared/src/ports/peer-links.ts`. */

import type { Trust } from '@baton/shared/crypto/authority-keys'
import type { NodeCertificate } from '@baton/shared/crypto/statement-types'
import type { NodeId } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'
import type { LinkCloseReason, PeerAddress, PeerLinks, PeerLinksHandler } from '@baton/shared/ports/peer-links'
import { PEER_PROTOCOL } from '@baton/shared/protocol/peer'
import type { ProtocolRange } from '@baton/shared/protocol/versions'
import type { TlsIdentity } from '../identity/load-identity.ts'
import type { Admission, Objection } from './peer-links/admission.ts'
import { PROBE_MS } from './peer-links/constants.ts'
import { Dialer } from './peer-links/dialer.ts'
import { type Inbound, inboundLinks } from './peer-links/inbound.ts'
import { Link, type OpenedSocket } from './peer-links/link.ts'
import { dial } from './peer-links/outbound.ts'
import { probeAddress } from './peer-links/probe.ts'

export interface PeerLinksOptions {
  readonly self: NodeId
  readonly genesis: Trust
  readonly tls: TlsIdentity
  readonly clock: Clock
  /** Port 0: any free one. */
  readonly listen: { readonly host: string; readonly port: number }
  readonly peers: ReadonlyMap<NodeId, PeerAddress>
  readonly handler: PeerLinksHandler
  /** Default: what this program speaks. */
  readonly protocol?: ProtocolRange
  /** ID2, ID8: what speaks against a certificate that verifies, or null. Default: nothing. */
  readonly objection?: (certificate: NodeCertificate) => Objection | null
}

/** Links that can show a renewed certificate. */
export interface TlsLinks extends PeerLinks {
  /** From now on, on new links; those that are open stay. */
  show(tls: TlsIdentity): void
}

export function peerLinks(options: PeerLinksOptions): TlsLinks {
  return new TlsPeerLinks(options)
}

class TlsPeerLinks implements TlsLinks {
  readonly #options: PeerLinksOptions
  readonly #admission: Admission
  readonly #inbound: Inbound
  readonly #links = new Map<NodeId, Link>()
  readonly #dialers = new Map<NodeId, Dialer>()
  #peers: ReadonlyMap<NodeId, PeerAddress>
  #tls: TlsIdentity
  #running = false

  constructor(options: PeerLinksOptions) {
    this.#options = options
    this.#tls = options.tls
    this.#peers = options.peers
    this.#admission = {
      genesis: options.genesis,
      self: options.self,
      clock: options.clock,
      objection: options.objection ?? (() => null),
      clusterOf: (node) => {
        const peer = this.#peers.get(node)
        return peer?.claimed === true ? undefined : peer?.cluster
      },
    }
    this.#inbound = inboundLinks({
      listen: options.listen,
      tls: options.tls,
      admission: this.#admission,
      protocol: options.protocol ?? PEER_PROTOCOL,
      onOpened: (opened) => this.#opened(opened),
      onRefused: (refused) => options.handler.onRefused(refused),
    })
  }

  show(tls: TlsIdentity): void {
    this.#tls = tls
    this.#inbound.show(tls)
  }

  async start(): Promise<void> {
    await this.#inbound.start()
    this.#running = true
    this.setPeers(this.#peers)
  }

  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    for (const dialer of this.#dialers.values()) dialer.stop()
    this.#dialers.clear()
    await Promise.all([...this.#links.values()].map((link) => link.closeInOrder()))
    await this.#inbound.stop()
  }

  port(): number {
    return this.#inbound.port()
  }

  send(to: NodeId, frame: Uint8Array): boolean {
    return this.#links.get(to)?.send(frame) ?? false
  }

  flush(): void {
    for (const link of this.#links.values()) link.flush()
  }

  bufferedBytes(to: NodeId): number {
    return this.#links.get(to)?.bufferedBytes() ?? 0
  }

  isOpen(to: NodeId): boolean {
    return this.#links.has(to)
  }

  protocolOf(node: NodeId): number | null {
    return this.#links.get(node)?.peer.protocol ?? null
  }

  open() {
    return [...this.#links.values()].map((link) => link.peer)
  }

  setPeers(peers: ReadonlyMap<NodeId, PeerAddress>): void {
    const gone = [...this.#peers.keys()].filter((node) => !peers.has(node))
    this.#peers = new Map(peers)
    if (!this.#running) return
    for (const node of gone) {
      this.#dialers.get(node)?.stop()
      this.#dialers.delete(node)
      this.#links.get(node)?.close('removed')
    }
    for (const node of peers.keys()) {
      // The lower id dials: then two links between the same two nodes never cross.
      if (node <= this.#options.self || this.#dialers.has(node)) continue
      const dialer = this.#dialerOf(node)
      this.#dialers.set(node, dialer)
      if (!this.#links.has(node)) dialer.dial()
    }
  }

  terminate(node: NodeId): void {
    this.#links.get(node)?.close('terminated')
  }

  async probe(node: NodeId, timeoutMs: number = PROBE_MS) {
    const peer = this.#peers.get(node)
    return peer === undefined ? 'timeout' : probeAddress(peer.address, timeoutMs)
  }

  #dialerOf(node: NodeId): Dialer {
    return new Dialer({
      attempt: async (signal) => {
        const peer = this.#peers.get(node)
        if (peer === undefined) return { result: 'unreachable' }
        const { protocol = PEER_PROTOCOL } = this.#options
        return dial({ node, peer, tls: this.#tls, admission: this.#admission, protocol, signal })
      },
      onOpened: (opened) => this.#opened(opened),
      onRefused: (refused) => this.#options.handler.onRefused(refused),
    })
  }

  /** The newest link of a pair wins: an older one is what its dialler has already given up. */
  #opened(opened: OpenedSocket): void {
    const { node } = opened.peer
    if (!this.#running) {
      opened.webSocket.terminate()
      return
    }
    this.#links.get(node)?.close('replaced')
    const link: Link = new Link(opened, {
      onMessage: (frame) => this.#options.handler.onMessage(node, frame),
      onClose: (reason) => this.#closed(link, reason),
    })
    this.#links.set(node, link)
    this.#options.handler.onOpen(opened.peer)
    link.begin()
  }

  #closed(link: Link, reason: LinkCloseReason): void {
    const { node } = link.peer
    if (this.#links.get(node) === link) this.#links.delete(node)
    this.#options.handler.onClose(node, reason)
    if (this.#running) this.#dialers.get(node)?.dial()
  }
}
