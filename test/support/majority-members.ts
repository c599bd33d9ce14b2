/** The fixed network, with a cluster whose five members are its own arbiter (MJ1). */
import type { Trust } from '@baton/shared/crypto/authority-keys'
import type { KeyPair } from '@baton/shared/crypto/keys'
import { assembleGrant, type GrantVote } from '@baton/shared/crypto/majority-grant'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Jws, NodeId } from '@baton/shared/ids'
import { C1, C1A, C1B, fixedKeyPair, GENESIS, NODE, PAYLOADS } from './fixed-network.ts'

export const [C1C, C1D, C1E] = ['c1-c', 'c1-d', 'c1-e'] as unknown as [NodeId, NodeId, NodeId]

const [KEY_B, KEY_C, KEY_D, KEY_E] = (await Promise.all([14, 15, 16, 17].map(fixedKeyPair))) as [
  KeyPair,
  KeyPair,
  KeyPair,
  KeyPair,
]

export const MEMBER_KEYS: ReadonlyMap<NodeId, KeyPair> = new Map([
  [C1A, NODE],
  [C1B, KEY_B],
  [C1C, KEY_C],
  [C1D, KEY_D],
  [C1E, KEY_E],
])

/** The trust of a network in which these nodes, with these keys, are the arbiter of c1. */
export function trustWith(members: readonly NodeId[], keyOf = (node: NodeId) => MEMBER_KEYS.get(node)!): Trust {
  const arbiter = {
    kind: 'majority' as const,
    members: members.map((node) => ({ node, key: keyOf(node).publicKey })),
  }
  const clusters = GENESIS.clusters.map((cluster) => (cluster.cluster === C1 ? { ...cluster, arbiter } : cluster))
  return { ...GENESIS, clusters }
}

export const OF_FIVE = trustWith([C1A, C1B, C1C, C1D, C1E])

export function voteOf(node: NodeId, change: Partial<GrantVote> = {}, by = MEMBER_KEYS.get(node)!): Promise<Jws> {
  return signStatement('grantVote', { ...PAYLOADS.grantVote, ...change }, by.privateKey)
}

/** What these members sign together. */
export async function signedBy(nodes: readonly NodeId[], change: Partial<GrantVote> = {}): Promise<Jws> {
  const votes = await Promise.all(nodes.map(async (node) => [node, await voteOf(node, change)] as const))
  return assembleGrant(new Map(votes))
}
