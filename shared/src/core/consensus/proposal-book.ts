/** Proposals of one height. The first of a round gets the prevote; few others of that round are kept beside it. */
import type { Hash, Round } from '../../ids.ts'
import type { TokenEntry } from '../ledger/types.ts'
import type { Proposal } from './messages.ts'

/** A proposal whose signature and block the host has checked. */
export interface JudgedProposal {
  readonly proposal: Proposal
  readonly valid: boolean
  /** Gets no prevote as a new block: others must have made it good, knowing less (NW3). */
  readonly needsPolka: boolean
  /** The block's token table: precommits under lower tokens are void (NW3). Null while the host does not know it: nothing is decided on it. */
  readonly tokens: readonly TokenEntry[] | null
}

interface RoundProposals {
  readonly first: JudgedProposal
  /**
   * Different proposals of the same round. They never get a prevote from here, but the others may have
   * seen one of them first: then it can be locked and decided (L36, L49 hold for any proposal of the round).
   */
  readonly others: readonly JudgedProposal[]
}

export type ProposalBook = ReadonlyMap<Round, RoundProposals>

export type ProposalOutcome =
  /** New, or its table has become known. */
  | { readonly kind: 'added' }
  | { readonly kind: 'known' }
  /** NW4; `fresh` when it is the first conflict of the round. */
  | { readonly kind: 'conflict'; readonly first: Proposal; readonly fresh: boolean }

/**
 * `backed`: f + 1 clusters voted for its block, so a correct one did. One conflicting proposal is kept as evidence,
 * a further one only when it is backed: a faulty proposer must not fill the memory, nor hide the block that the others decide.
 */
export function addProposal(
  book: ProposalBook,
  judged: JudgedProposal,
  backed: boolean,
): { readonly book: ProposalBook; readonly outcome: ProposalOutcome } {
  const { round } = judged.proposal
  const known = book.get(round)
  if (known === undefined) {
    return { book: new Map(book).set(round, { first: judged, others: [] }), outcome: { kind: 'added' } }
  }
  const { first, others } = known
  const before = [first, ...others].find(({ proposal }) => same(proposal, judged.proposal))
  if (before !== undefined) {
    if (before.tokens !== null || judged.tokens === null) return { book, outcome: { kind: 'known' } }
    const told = (one: JudgedProposal) => (one === before ? { ...one, tokens: judged.tokens } : one)
    const entry = { first: told(first), others: others.map(told) }
    return { book: new Map(book).set(round, entry), outcome: { kind: 'added' } }
  }
  const fresh = others.length === 0
  const outcome: ProposalOutcome = { kind: 'conflict', first: first.proposal, fresh }
  if (!fresh && !backed) return { book, outcome }
  return { book: new Map(book).set(round, { first, others: [...others, judged] }), outcome }
}

/** The proposal of `block` in `round`, whichever came first. */
export function proposalOf(book: ProposalBook, round: Round, block: Hash): JudgedProposal | null {
  const known = book.get(round)
  if (known === undefined) return null
  if (known.first.proposal.block === block) return known.first
  return known.others.find(({ proposal }) => proposal.block === block) ?? null
}

/** Whether any kept proposal of the height names `block`. */
export function isProposed(book: ProposalBook, block: Hash): boolean {
  for (const round of book.keys()) if (proposalOf(book, round, block) !== null) return true
  return false
}

/** Those whose block's token table the host does not know yet. */
export function withoutTable(book: ProposalBook): readonly Proposal[] {
  const judged = [...book.values()].flatMap(({ first, others }) => [first, ...others])
  return judged.filter(({ tokens }) => tokens === null).map(({ proposal }) => proposal)
}

export function allProposals(book: ProposalBook): readonly Proposal[] {
  return [...book.values()].flatMap(({ first, others }) => [first, ...others].map(({ proposal }) => proposal))
}

function same(a: Proposal, b: Proposal): boolean {
  return a.block === b.block && a.validRound === b.validRound
}
