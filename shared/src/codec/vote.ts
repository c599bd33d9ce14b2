/** What is signed by a vote and by a proposal (NW3). The first field keeps one kind from ever being taken for another. */
import type { Proposal, Vote } from '../core/consensus/messages.ts'
import type { NetworkId } from '../ids.ts'
import { encodeCanonical } from './cbor.ts'
import { hashToBytes } from './hash-bytes.ts'

/** `["baton-vote/1", network, cluster, generation, epoch, height, round, type, block or null]` */
export function voteSignBytes(network: NetworkId, vote: Omit<Vote, 'signature'>): Uint8Array {
  const { cluster, generation, epoch, height, round, type, block } = vote
  const value = block === null ? null : hashToBytes(block)
  return encodeCanonical(['baton-vote/1', network, cluster, generation, epoch, height, round, type, value])
}

/** `["baton-proposal/1", network, cluster, generation, epoch, height, round, validRound, block]` */
export function proposalSignBytes(network: NetworkId, proposal: Omit<Proposal, 'signature'>): Uint8Array {
  const { cluster, generation, epoch, height, round, validRound, block } = proposal
  const value = hashToBytes(block)
  return encodeCanonical(['baton-proposal/1', network, cluster, generation, epoch, height, round, validRound, value])
}
