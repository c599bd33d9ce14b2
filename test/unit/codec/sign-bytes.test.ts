import { proposalSignBytes, voteSignBytes } from '@baton/shared/codec/vote'
import type { Proposal, Vote } from '@baton/shared/core/consensus/messages'
import { toHex } from '@baton/shared/crypto/bytes'
import type { ClusterId, Epoch, Generation, Height, NetworkId, Round } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { C1, HASH_A, HASH_B, NETWORK } from '../../support/fixed-network.ts'
import { expectGolden } from '../../support/golden.ts'

const own = { cluster: C1, generation: 0 as Generation, epoch: 3 as Epoch, height: 9 as Height, round: 1 as Round }
const vote: Omit<Vote, 'signature'> = { ...own, type: 'prevote', block: HASH_A }
const proposal: Omit<Proposal, 'signature'> = { ...own, validRound: -1, block: HASH_A }

test('[NW3] the signed bytes of votes and proposals are as stored', () => {
  expectGolden('sign-bytes', {
    prevote: toHex(voteSignBytes(NETWORK, vote)),
    precommit: toHex(voteSignBytes(NETWORK, { ...vote, type: 'precommit' })),
    nil: toHex(voteSignBytes(NETWORK, { ...vote, block: null })),
    proposal: toHex(proposalSignBytes(NETWORK, proposal)),
    proposalOfValidRound: toHex(proposalSignBytes(NETWORK, { ...proposal, round: 2 as Round, validRound: 0 })),
  })
})

const changes = {
  cluster: 'c2' as ClusterId,
  generation: 1 as Generation,
  epoch: 4 as Epoch,
  height: 10 as Height,
  round: 0 as Round,
  block: HASH_B,
}

test('[NW3] a vote names everything it is about: each change gives other bytes', () => {
  const all = [
    vote,
    ...Object.entries(changes).map(([field, value]) => ({ ...vote, [field]: value })),
    { ...vote, type: 'precommit' as const },
    { ...vote, block: null },
  ].map((candidate) => toHex(voteSignBytes(NETWORK, candidate)))
  all.push(toHex(voteSignBytes('other' as NetworkId, vote)))
  expect(new Set(all).size).toBe(all.length)
})

test('[NW3] a proposal names everything it is about, and is never a vote', () => {
  const all = [
    proposal,
    ...Object.entries(changes).map(([field, value]) => ({ ...proposal, [field]: value })),
    { ...proposal, validRound: 0 },
  ].map((candidate) => toHex(proposalSignBytes(NETWORK, candidate)))
  all.push(toHex(proposalSignBytes('other' as NetworkId, proposal)), toHex(voteSignBytes(NETWORK, vote)))
  expect(new Set(all).size).toBe(all.length)
})
