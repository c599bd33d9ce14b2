/** Others at the other end of a peer link: one with the real identity of a stopped node, and strangers. */
import { exportPrivatePem, generateKeyPair } from '@baton/shared/crypto/keys'
import { signStatement } from '@baton/shared/crypto/statements'
import type { NodeId, UnixMs } from '@baton/shared/ids'
import type { PeerAddress, PeerLinks } from '@baton/shared/ports/peer-links'
import { systemClock } from '../../node-runtime/src/adapters/clock.ts'
import { peerLinks } from '../../node-runtime/src/adapters/peer-links.ts'
import { waitFor } from '../../node-runtime/src/demo/wait.ts'
import { loadIdentity, type TlsIdentity } from '../../node-runtime/src/identity/load-identity.ts'
import { createX509 } from '../../node-runtime/src/identity/x509-create.ts'
import type { NodeFiles } from '../../node-runtime/src/network/init.ts'
import type { E2eNetwork } from './e2e-network.ts'

const LINKED_MS_MAX = 20_000
const HOUR_MS = 3_600_000

/** What a node shows on its links, read from its own files. */
export async function identityOf(network: E2eNetwork, node: NodeFiles): Promise<TlsIdentity> {
  const { genesis } = network.files
  return (await loadIdentity({ ...node, genesis }, systemClock.wallNow())).tls
}

/** The name and cluster of a node, but certified by somebody who does not own the cluster. */
export async function foreignIdentity(network: E2eNetwork, node: NodeFiles): Promise<TlsIdentity> {
  const [keys, nobody] = await Promise.all([generateKeyPair(), generateKeyPair()])
  const now = Date.now()
  const certificate = await signStatement(
    'certificate',
    {
      network: network.files.genesis.network,
      cluster: node.cluster,
      node: node.node,
      site: node.site,
      key: keys.publicKey,
      issuedAt: (now - HOUR_MS) as UnixMs,
      expiresAt: (now + HOUR_MS) as UnixMs,
    },
    nobody.privateKey,
  )
  return { key: await exportPrivatePem(keys), cert: await createX509(keys, certificate) }
}

/** Takes the place of a node that does not run: same key, certificate and port, and frames of the test's choice. */
export class Impostor {
  readonly peers: readonly NodeId[]
  /** Everything it was sent, oldest first, at most `RECEIVED_MAX`. */
  readonly received: Uint8Array[]
  readonly #links: PeerLinks

  private constructor(links: PeerLinks, peers: readonly NodeId[], received: Uint8Array[]) {
    this.#links = links
    this.peers = peers
    this.received = received
  }

  /** Resolves when it has a link with every other node. */
  static async inPlaceOf(network: E2eNetwork, name: string): Promise<Impostor> {
    const own = network.node(name).files
    const others = network.files.nodes.filter(({ node }) => node !== own.node)
    const [host, port] = own.peerAddress.split(':') as [string, string]
    const received: Uint8Array[] = []
    const links = peerLinks({
      self: own.node,
      genesis: network.files.genesis,
      tls: await identityOf(network, own),
      clock: systemClock,
      listen: { host, port: Number(port) },
      peers: new Map(
        others.map(({ node, cluster, peerAddress }): [NodeId, PeerAddress] => [
          node,
          { address: peerAddress, cluster },
        ]),
      ),
      handler: {
        onOpen: () => undefined,
        onClose: () => undefined,
        onRefused: () => undefined,
        onMessage: (_, frame) => {
          if (received.length < RECEIVED_MAX) received.push(frame.slice())
        },
      },
    })
    await links.start()
    const impostor = new Impostor(
      links,
      others.map(({ node }) => node),
      received,
    )
    try {
      await waitFor(`links of the impostor of ${name}`, LINKED_MS_MAX, () =>
        others.every(({ node }) => links.isOpen(node)),
      )
    } catch (error) {
      await links.stop()
      throw error
    }
    return impostor
  }

  /** To every peer that it has a link with. */
  broadcast(frame: Uint8Array): void {
    for (const peer of this.peers) this.#links.send(peer, frame)
  }

  /** Resolves when everything has been handed to the operating system. */
  drained(): Promise<true> {
    return waitFor('the impostor to have sent', LINKED_MS_MAX, () =>
      this.peers.every((peer) => this.#links.bufferedBytes(peer) === 0),
    )
  }

  stop(): Promise<void> {
    return this.#links.stop()
  }
}

const RECEIVED_MAX = 400
