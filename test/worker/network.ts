/** The network that the authentication node serves in these tests: fixed keys, short timings, a cluster for each test. */

import { exportPrivateJwk, type KeyPair, keyPairFromSeed } from '@baton/shared/crypto/keys'
import type { ClusterPolicy, Genesis } from '@baton/shared/genesis'
import { POLICY_DEFAULTS } from '@baton/shared/genesis'
import type { ClusterId, NetworkId, NodeId } from '@baton/shared/ids'

export const NETWORK = 'testnet' as NetworkId

export const POLICY: ClusterPolicy = {
  heartbeatMs: 20,
  suspectAfterMs: 70,
  masterTtlMs: 200,
  ...POLICY_DEFAULTS,
  recoverAfterMs: 900,
  startupGraceMs: 300,
  durability: 'preferred',
  syncReplicas: 1,
}

type Twelve<T> = readonly [T, T, T, T, T, T, T, T, T, T, T, T]

/** A test file takes those it uses by name: `const [C1, C2] = CLUSTERS`. */
export const CLUSTERS = Array.from({ length: 12 }, (_, i) => `c${i + 1}`) as unknown as Twelve<ClusterId>

/** A cluster whose members are its own arbiter (MJ1): the tests of the mirror share it. */
export const OWN_ARBITER = 'm1' as ClusterId
export const MEMBERS = ['a', 'b', 'c'].map((letter) => `${OWN_ARBITER}-${letter}` as NodeId)

/** `owner c1`, `node c1-a`: the same name gives the same key, in the tests and in their configuration. */
export async function keyOf(name: string): Promise<KeyPair> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`test key of ${name}`))
  return keyPairFromSeed(new Uint8Array(digest))
}

export function founderOf(cluster: ClusterId): NodeId {
  return `${cluster}-a` as NodeId
}

export async function testGenesis(): Promise<Genesis> {
  const authority = await keyOf('authority')
  const clusters = CLUSTERS.map(async (cluster) => {
    const owner = await keyOf(`owner ${cluster}`)
    return { cluster, ownerKeys: [owner.publicKey], founder: founderOf(cluster), policy: POLICY }
  })
  const members = MEMBERS.map(async (node) => ({ node, key: (await keyOf(`node ${node}`)).publicKey }))
  const ownArbiter = {
    cluster: OWN_ARBITER,
    ownerKeys: [(await keyOf(`owner ${OWN_ARBITER}`)).publicKey],
    founder: founderOf(OWN_ARBITER),
    policy: POLICY,
    arbiter: { kind: 'majority' as const, members: await Promise.all(members) },
  }
  return {
    format: 'baton-genesis/1',
    network: NETWORK,
    createdAt: '2026-01-01T00:00:00Z',
    authorityKeys: [authority.publicKey],
    application: 'ledger',
    heartbeatBlockMs: 10_000,
    clusters: [...(await Promise.all(clusters)), ownArbiter],
  }
}

export async function testBindings(): Promise<{ GENESIS: string; AUTHORITY_KEY: string }> {
  return {
    GENESIS: JSON.stringify(await testGenesis()),
    AUTHORITY_KEY: await exportPrivateJwk(await keyOf('authority')),
  }
}
