/** Votes of one round and one type: one per cluster, the first counts (NW3). */
import { compareTokens, type Hash } from '../../ids.ts'
import type { Vote } from './messages.ts'

interface Slot {
  readonly vote: Vote
  /** Contradicting votes that count for their own block; see `countBesides`. */
  readonly others: readonly Vote[]
  /** The cluster's contradiction was reported (NW4). */
  readonly reported: boolean
}

export interface Tally {
  /** By position in the roster; holes where nothing came. */
  readonly slots: readonly (Slot | undefined)[]
  /** Clusters that voted, for whatever. */
  readonly total: number
  readonly counts: readonly { readonly block: Hash | null; readonly count: number }[]
  /** What more than two thirds voted for: a block, null for nil, undefined while there is no such thing. */
  readonly quorum: Hash | null | undefined
}

export const EMPTY_TALLY: Tally = { slots: [], total: 0, counts: [], quorum: undefined }

export type TallyOutcome =
  | { readonly kind: 'counted' }
  /** The same vote under a higher token took the place of the kept one. */
  | { readonly kind: 'renewed' }
  | { readonly kind: 'known' }
  /** Not counted; `fresh` when it is the first conflict of this cluster here. */
  | { readonly kind: 'conflict'; readonly first: Vote; readonly fresh: boolean }

export interface Tallied {
  readonly tally: Tally
  readonly outcome: TallyOutcome
}

const COUNTED: TallyOutcome = { kind: 'counted' }
const RENEWED: TallyOutcome = { kind: 'renewed' }
const KNOWN: TallyOutcome = { kind: 'known' }

export function addToTally(tally: Tally, position: number, vote: Vote, quorum: number): Tallied {
  const slot = tally.slots[position]
  if (slot === undefined) {
    const kept = withSlot(tally, position, { vote, others: [], reported: false })
    return { tally: counted({ ...kept, total: tally.total + 1 }, vote.block, quorum), outcome: COUNTED }
  }
  const same = slot.vote.block === vote.block ? slot.vote : slot.others.find((other) => other.block === vote.block)
  if (same === undefined) {
    const kept = slot.reported ? tally : withSlot(tally, position, { ...slot, reported: true })
    return { tally: kept, outcome: { kind: 'conflict', first: slot.vote, fresh: !slot.reported } }
  }
  if (compareTokens(vote, same) <= 0) return { tally, outcome: KNOWN }
  const renewed =
    same === slot.vote
      ? { ...slot, vote }
      : { ...slot, others: slot.others.map((other) => (other === same ? vote : other)) }
  return { tally: withSlot(tally, position, renewed), outcome: RENEWED }
}

/**
 * Lets a contradicting vote count for its own block as well, as the paper counts every message. Safe: two quorums share a correct cluster,
 * which never contradicts itself. Needed: else one faulty cluster, voting differently to each, lets one correct cluster
 * lock a block for which no other ever sees the polka, and the height never ends.
 */
export function countBesides(tally: Tally, position: number, vote: Vote, quorum: number): Tally {
  const slot = tally.slots[position]
  if (slot === undefined) return tally
  return counted(withSlot(tally, position, { ...slot, others: [...slot.others, vote] }), vote.block, quorum)
}

/** Every vote that counts for something, in the order of the roster. */
export function votesIn(tally: Tally): readonly Vote[] {
  const votes: Vote[] = []
  for (const slot of tally.slots) if (slot !== undefined) votes.push(slot.vote, ...slot.others)
  return votes
}

function counted(tally: Tally, block: Hash | null, quorum: number): Tally {
  const known = tally.counts.find((entry) => entry.block === block)
  const entry = { block, count: (known?.count ?? 0) + 1 }
  return {
    ...tally,
    counts: [...tally.counts.filter((other) => other !== known), entry],
    // Two quorums need more than f faulty clusters; the first one stands.
    quorum: tally.quorum === undefined && entry.count >= quorum ? block : tally.quorum,
  }
}

function withSlot(tally: Tally, position: number, slot: Slot): Tally {
  const slots = tally.slots.slice()
  slots[position] = slot
  return { ...tally, slots }
}
