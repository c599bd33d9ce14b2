/** Proposals of one height. The first of a round counts for prevotes; one conflicting one is kept as well. */
import type { Hash, Round } from '../../ids.ts'
import type { TokenEntry } from '../ledger/types.ts'
import type { Proposal } from './messages.ts'

/** A proposal whose signature and block the host has checked. */
export interface JudgedProposal {
  readonly proposal: Proposal
  readonly valid: boolean
  /** The block's token table, when the host gave it: precommits under lower tokens are void (NW3). */
  readonly tokens: readonly TokenEntry[] | null
}

interface RoundProposals {
  readonly first: JudgedProposal
  /**
   * A different proposal of the same round. It never gets a prevote from here, but the others may have seen
   * it first: then it can be locked and decided (L36, L49 hold for any proposal of the round). A
   * third one is dropped, so that a faulty proposer costs bounded memory; catch-up by certificate repairs that.
   */
  readonly second: JudgedProposal | null
}

export type ProposalBook = ReadonlyMap<Round, RoundProposals>

export type ProposalOutcome =
  | { readonly kind: 'added' }
  | { readonly kind: 'known' }
  /** NW4; `fresh` when it is the first conflict of the round (and was kept). */
  | { readonly kind: 'conflict'; readonly first: Proposal; readonly fresh: boolean }

export function addProposal(
  book: ProposalBook,
  judged: JudgedProposal,
): { readonly book: ProposalBook; readonly outcome: ProposalOutcome } {
  const { round } = judged.proposal
  const known = book.get(round)
  if (known === undefined) {
    return { book: new Map(book).set(round, { first: judged, second: null }), outcome: { kind: 'added' } }
  }
  if (same(known.first.proposal, judged.proposal)) return { book, outcome: { kind: 'known' } }
  const first = known.first.proposal
  if (known.second !== null) {
    const repeated = same(known.second.proposal, judged.proposal)
    return { book, outcome: repeated ? { kind: 'known' } : { kind: 'conflict', first, fresh: false } }
  }
  const both = new Map(book).set(round, { first: known.first, second: judged })
  return { book: both, outcome: { kind: 'conflict', first, fresh: true } }
}

/** The proposal of `block` in `round`, whichever came first. */
export function proposalOf(book: ProposalBook, round: Round, block: Hash): JudgedProposal | null {
  const known = book.get(round)
  if (known === undefined) return null
  if (known.first.proposal.block === block) return known.first
  return known.second?.proposal.block === block ? known.second : null
}

/** Whether any kept proposal of the height names `block`. */
export function isProposed(book: ProposalBook, block: Hash): boolean {
  for (const { first, second } of book.values()) {
    if (first.proposal.block === block || second?.proposal.block === block) return true
  }
  return false
}

export function allProposals(book: ProposalBook): readonly Proposal[] {
  return [...book.values()].flatMap(({ first, second }) =>
    second === null ? [first.proposal] : [first.proposal, second.proposal],
  )
}

function same(a: Proposal, b: Proposal): boolean {
  return a.block === b.block && a.validRound === b.validRound
}
