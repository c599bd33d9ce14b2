/** The membership of a node as its daemon runs it, over a real folder: its links and its wire are lists. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeInput } from '@baton/shared/core/node/io'
import { peekCertificate, verifyCertificate } from '@baton/shared/crypto/certificate-chain'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { Mastership, NodeCertificate } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Jws, NodeId, PublicKey } from '@baton/shared/ids'
import type { LinkedPeer } from '@baton/shared/ports/peer-links'
import type { MemberView } from '@baton/shared/protocol/control'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import { onTestFinished } from 'vitest'
import { Membership, type MembershipPorts } from '../../../node-runtime/src/daemon/membership.ts'
import { NodeNotices } from '../../../node-runtime/src/daemon/node-notices.ts'
import type { LoggedRefusal } from '../../../node-runtime/src/daemon/refusal-log.ts'
import { C1, C1B, DELEGATE, GENESIS, NODE, OWNER_C1, PAYLOADS } from '../../support/fixed-network.ts'

export const NOW = PAYLOADS.certificate.issuedAt

export async function certificateOf(change: Partial<NodeCertificate>, by: KeyPair = OWNER_C1) {
  const jws = await signStatement('certificate', { ...PAYLOADS.certificate, ...change }, by.privateKey)
  const read = peekCertificate(jws)
  if (!read.ok) throw new Error(read.why)
  return { jws, certificate: read.value }
}

/** A certificate of c1-b under a token, for this key. */
export async function underToken(key: PublicKey) {
  const token = await signStatement('joinToken', PAYLOADS.joinToken, OWNER_C1.privateKey)
  return certificateOf({ node: C1B, key, token }, DELEGATE)
}

export function memberOf(node: NodeId, certificate: Jws, peerAddress = 'host:1'): MemberView {
  return {
    ...{ node, certificate, peerAddress },
    apiAddress: 'host:2',
    site: PAYLOADS.certificate.site,
    priority: 0,
    noFailover: false,
  }
}

export async function opened() {
  const dataFolder = mkdtempSync(join(tmpdir(), 'baton-membership-'))
  onTestFinished(() => rmSync(dataFolder, { recursive: true, force: true }))
  const own = await certificateOf({})
  const masterships = new Map<string, Mastership>()
  const open: LinkedPeer[] = []
  const terminated: NodeId[] = []
  const fed: NodeInput[] = []
  const told: (readonly Jws[])[] = []
  const refused: LoggedRefusal[] = []
  let orders: readonly { readonly node: NodeId }[] = []
  const sent: { readonly to: NodeId; readonly nodes: number; readonly notices: number }[] = []
  const links = {
    open: () => open,
    terminate: (node: NodeId) => void terminated.push(node),
    setPeers: () => {},
  }
  const wire = {
    send(to: NodeId, message: PeerMessage) {
      if (message.t !== 'roster') throw new Error('no roster')
      sent.push({ to, nodes: message.nodes.length, notices: message.notices.length })
      return true
    },
  }
  const notices = new NodeNotices({ genesis: GENESIS, dataFolder, onTaken: () => {} })
  const config = {
    genesis: GENESIS,
    node: 'c1-a',
    cluster: C1,
    peers: [],
    advertise: { peer: 'self:1' },
    authorityUrl: 'http://127.0.0.1:1',
  }
  const ports = {
    config,
    identity: { keys: NODE, certificateJws: own.jws },
    notices,
    state: () => ({ masterships, election: { view: { orders } } }),
    enqueue: (input: NodeInput) => void fed.push(input),
    authority: () => ({ tellNotices: (fresh: readonly Jws[]) => void told.push(fresh), learnAgain: () => {} }),
    links: () => links,
    wire: () => wire,
    wallNow: () => NOW,
    verify: (jws: string) => verifyCertificate(GENESIS, jws),
    log: { warn() {}, info() {}, error() {} },
    refusals: { refused: (refusal: LoggedRefusal) => void refused.push(refusal) },
  } as unknown as MembershipPorts
  const ordered = (...nodes: NodeId[]) => {
    orders = nodes.map((node) => ({ node }))
  }
  const membership = await Membership.open(ports)
  return { membership, dataFolder, masterships, open, terminated, sent, fed, told, refused, ordered }
}

export const revocationOf = (node: NodeId, key: PublicKey) =>
  signStatement(
    'revocation',
    { ...PAYLOADS.revocation, id: `of-${node}`, subject: { kind: 'node', node, key } },
    OWNER_C1.privateKey,
  )
