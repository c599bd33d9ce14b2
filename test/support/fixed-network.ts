/** A small network with fixed keys: the same in every run and in both runtimes. */

import { type KeyPair, keyPairFromSeed } from '@baton/shared/crypto/keys'
import type { StatementPayloads } from '@baton/shared/crypto/statement-types'
import type { ClusterPolicy, Genesis } from '@baton/shared/genesis'
import { POLICY_DEFAULTS } from '@baton/shared/genesis'
import type {
  ClusterId,
  Epoch,
  Generation,
  Hash,
  Jws,
  LogIndex,
  NetworkId,
  NodeId,
  SiteId,
  UnixMs,
  Version,
} from '@baton/shared/ids'

export function fixedKeyPair(number: number): Promise<KeyPair> {
  return keyPairFromSeed(new Uint8Array(32).fill(number))
}

export const [AUTHORITY, OWNER_C1, OWNER_C2, NODE, OUTSIDER, DELEGATE] = (await Promise.all(
  [1, 2, 3, 4, 5, 6].map(fixedKeyPair),
)) as [KeyPair, KeyPair, KeyPair, KeyPair, KeyPair, KeyPair]

export const NETWORK = 'receivables' as NetworkId
export const C1 = 'c1' as ClusterId
export const C2 = 'c2' as ClusterId
export const C1A = 'c1-a' as NodeId
export const C1B = 'c1-b' as NodeId
export const C2A = 'c2-a' as NodeId
export const SITE_X = 'site-x' as SiteId
export const HASH_A = 'aa'.repeat(32) as Hash
export const HASH_B = 'bb'.repeat(32) as Hash
export const OPAQUE_JWS = 'eyJhIjoxfQ.eyJiIjoyfQ.c2ln' as Jws

export const LAN: ClusterPolicy = {
  heartbeatMs: 50,
  suspectAfterMs: 500,
  masterTtlMs: 1_000,
  ...POLICY_DEFAULTS,
  startupGraceMs: 2_000,
  durability: 'preferred',
  syncReplicas: 1,
}

export const GENESIS: Genesis = {
  format: 'baton-genesis/1',
  network: NETWORK,
  createdAt: '2026-01-01T00:00:00Z',
  authorityKeys: [AUTHORITY.publicKey],
  application: 'ledger',
  heartbeatBlockMs: 10_000,
  clusters: [
    { cluster: C1, ownerKeys: [OWNER_C1.publicKey], founder: C1A, policy: LAN },
    { cluster: C2, ownerKeys: [OWNER_C2.publicKey], founder: C2A, policy: LAN },
  ],
}

const ISSUED = 1_767_225_600_000 as UnixMs
const inCluster = { network: NETWORK, cluster: C1 }
const underToken = { ...inCluster, generation: 0 as Generation, epoch: 3 as Epoch }

const saidOf = (block: Hash | null) => {
  return { generation: 0 as Generation, epoch: 2 as Epoch, block, validRound: null, signature: 'A'.repeat(86) }
}

/** One payload of every kind. */
export const PAYLOADS: StatementPayloads = {
  grant: {
    ...underToken,
    version: 7 as Version,
    node: C1A,
    syncSet: [C1A, C1B],
    recovering: false,
    coming: null,
    nonce: 'nonce-of-claim',
    issuedAt: ISSUED,
  },
  certificate: {
    ...inCluster,
    node: C1A,
    key: NODE.publicKey,
    site: SITE_X,
    issuedAt: ISSUED,
    expiresAt: (ISSUED + 1_000) as UnixMs,
  },
  reshape: { ...underToken, version: 8 as Version, node: C1A, syncSet: [C1A] },
  syncSet: { ...underToken, version: 9 as Version, syncSet: [C1A], reshape: OPAQUE_JWS },
  claim: {
    ...underToken,
    version: 7 as Version,
    node: C1B,
    nonce: 'nonce-of-claim',
    evidence: { kind: 'silence', forMs: 512 },
    durableIndex: 41 as LogIndex,
    coming: C1A,
  },
  resignation: { ...underToken, node: C1A, to: C1B },
  session: {
    ...inCluster,
    node: C1A,
    challenge: 'challenge-of-authority',
    peerAddress: '127.0.0.1:7001',
    apiAddress: 'http://127.0.0.1:8001',
    protocol: { min: 1, max: 1 },
    priority: 10,
    noFailover: false,
  },
  resultReport: { ...underToken, node: C1A, results: [{ height: 5, block: HASH_A, result: HASH_B }], heard: [] },
  findings: {
    ...underToken,
    node: C1A,
    credentials: [{ grant: OPAQUE_JWS, certificate: OPAQUE_JWS }],
    evidence: [{ cluster: C2, height: 5, round: 0, type: 'prevote', first: saidOf(HASH_A), second: saidOf(null) }],
    accusations: [{ cluster: C2, generation: 0 as Generation, epoch: 3 as Epoch, node: C2A, height: 6, round: 1 }],
  },
  masterTable: { network: NETWORK, version: 2, masters: [{ grant: OPAQUE_JWS, certificate: OPAQUE_JWS }] },
  joinToken: {
    ...inCluster,
    id: 'join-1',
    key: DELEGATE.publicKey,
    uses: 2,
    issuedAt: ISSUED,
    expiresAt: (ISSUED + 3_600_000) as UnixMs,
  },
  order: {
    ...underToken,
    id: 'order-1',
    node: C1A,
    cause: 'threshold',
    why: '3 result mismatches in 10 min',
    issuedAt: ISSUED,
  },
  operatorToken: {
    ...inCluster,
    name: 'Ann at night',
    role: 'operator',
    id: 'operator-1',
    issuedAt: ISSUED,
    expiresAt: (ISSUED + 86_400_000) as UnixMs,
  },
  joinRequest: { ...inCluster, node: C1A, certificate: OPAQUE_JWS, at: ISSUED },
  renewal: {
    ...inCluster,
    node: C1A,
    certificate: OPAQUE_JWS,
    issuedAt: ISSUED,
    expiresAt: (ISSUED + 2_000) as UnixMs,
  },
  renewedCertificate: { ...inCluster, node: C1A, renewal: OPAQUE_JWS, issuedAt: ISSUED },
  revocation: {
    ...inCluster,
    id: 'revocation-1',
    subject: { kind: 'node', node: C1A, key: NODE.publicKey },
    reason: 'the host was stolen',
    at: ISSUED,
  },
  ownerRotation: {
    ...inCluster,
    sequence: 1,
    from: OWNER_C1.publicKey,
    to: OUTSIDER.publicKey,
    issuedAt: ISSUED,
    until: (ISSUED + 86_400_000) as UnixMs,
  },
  recordedRotation: { ...inCluster, rotation: OPAQUE_JWS },
  authorityKeys: {
    ...inCluster,
    sequence: 1,
    keys: [OUTSIDER.publicKey],
    retired: [{ key: AUTHORITY.publicKey, upTo: [{ cluster: C1, generation: 0 as Generation, epoch: 3 as Epoch }] }],
  },
  grantVote: {
    ...underToken,
    version: 7 as Version,
    node: C1A,
    syncSet: [C1A, C1B],
    recovering: false,
    coming: null,
    nonce: 'nonce-of-claim',
    issuedAt: ISSUED,
    ballot: { counter: 12, node: C1A },
  },
  memberKey: {
    ...inCluster,
    node: C1A,
    sequence: 1,
    from: NODE.publicKey,
    to: OUTSIDER.publicKey,
    reason: 'the disk is lost',
    issuedAt: ISSUED,
  },
}
