/** Nodes with real identities and real TLS links, each recording what happens to it. */
import { exportPrivatePem, generateKeyPair, type KeyPair } from '@baton/shared/crypto/keys'
import type { NodeCertificate } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, Instant, Jws, NodeId, UnixMs } from '@baton/shared/ids'
import type { LinkCloseReason, PeerAddress, RefusedLink } from '@baton/shared/ports/peer-links'
import type { ProtocolRange } from '@baton/shared/protocol/versions'
import { onTestFinished } from 'vitest'
import { peerLinks, type TlsLinks } from '../../../../node-runtime/src/adapters/peer-links.ts'
import type { TlsIdentity } from '../../../../node-runtime/src/identity/load-identity.ts'
import { createX509 } from '../../../../node-runtime/src/identity/x509-create.ts'
import { C1, GENESIS, NETWORK, OWNER_C1, SITE_X } from '../../../support/fixed-network.ts'

export const NOW = 1_770_000_000_000 as UnixMs
export const DAY_MS = 86_400_000

export interface Certified {
  readonly keys: KeyPair
  readonly jws: Jws
  readonly tls: TlsIdentity
}

/** A node of cluster c1, certified by its owner; `overrides` and `owner` make it a wrong one. */
export async function certify(
  node: string,
  { owner = OWNER_C1, ...overrides }: Partial<NodeCertificate> & { owner?: KeyPair } = {},
): Promise<Certified> {
  const keys = await generateKeyPair()
  const payload: NodeCertificate = {
    network: NETWORK,
    cluster: C1,
    node: node as NodeId,
    key: keys.publicKey,
    site: SITE_X,
    issuedAt: (NOW - DAY_MS) as UnixMs,
    expiresAt: (NOW + DAY_MS) as UnixMs,
    ...overrides,
  }
  const jws = await signStatement('certificate', payload, owner.privateKey)
  return { keys, jws, tls: { key: await exportPrivatePem(keys), cert: await createX509(keys, jws) } }
}

export interface TestNode {
  readonly id: NodeId
  readonly links: TlsLinks
  /** `+node`, `-node reason`, in order. */
  readonly events: string[]
  readonly frames: { readonly from: NodeId; readonly frame: Uint8Array }[]
  readonly refused: RefusedLink[]
  address(): string
}

export interface TestNodeOptions {
  readonly identity?: Certified
  readonly genesis?: Genesis
  readonly now?: UnixMs
  readonly host?: string
  readonly port?: number
  readonly protocol?: ProtocolRange
  readonly onFrame?: (from: NodeId, frame: Uint8Array) => void
  readonly revoked?: (certificate: NodeCertificate) => string | null
}

/** A listening node without peers; stopped when the test ends. */
export async function startNode(id: string, options: TestNodeOptions = {}): Promise<TestNode> {
  const identity = options.identity ?? (await certify(id))
  const events: string[] = []
  const frames: TestNode['frames'] = []
  const refused: RefusedLink[] = []
  const links = peerLinks({
    self: id as NodeId,
    genesis: options.genesis ?? GENESIS,
    tls: identity.tls,
    clock: { now: () => performance.now() as Instant, wallNow: () => options.now ?? NOW },
    listen: { host: options.host ?? '127.0.0.1', port: options.port ?? 0 },
    peers: new Map(),
    ...(options.protocol === undefined ? {} : { protocol: options.protocol }),
    objection: (certificate) => {
      const why = options.revoked?.(certificate) ?? null
      return why === null ? null : { reason: 'revoked', why }
    },
    handler: {
      onOpen: ({ node }) => void events.push(`+${node}`),
      onMessage: (from, frame) => {
        if (options.onFrame) options.onFrame(from, frame)
        else frames.push({ from, frame })
      },
      onClose: (node: NodeId, reason: LinkCloseReason) => void events.push(`-${node} ${reason}`),
      onRefused: (one) => void refused.push(one),
    },
  })
  await links.start()
  onTestFinished(() => links.stop())
  return { id: id as NodeId, links, events, frames, refused, address: () => `127.0.0.1:${links.port()}` }
}

/** Tells every node of all others. */
export function introduce(...nodes: readonly TestNode[]): void {
  for (const node of nodes) node.links.setPeers(peersOf(nodes.filter((other) => other !== node)))
}

export function peersOf(nodes: readonly TestNode[]): Map<NodeId, PeerAddress> {
  return new Map(nodes.map((node) => [node.id, { address: node.address(), cluster: C1 }]))
}

export function peerAt(node: string, address: string, cluster: ClusterId = C1): Map<NodeId, PeerAddress> {
  return new Map([[node as NodeId, { address, cluster }]])
}
