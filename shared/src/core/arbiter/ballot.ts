/** Ballots of a majority's members: who may propose when, in one order (MJ1). */
import type { NodeId } from '../../ids.ts'

/** Only `node` ever uses it, and only once: members promise no ballot twice, and the list of members is fixed. */
export interface Ballot {
  readonly counter: number
  readonly node: NodeId
}

/** Negative when `a` is the lower ballot, 0 when they are the same. */
export function compareBallots(a: Ballot, b: Ballot): number {
  if (a.counter !== b.counter) return a.counter - b.counter
  if (a.node === b.node) return 0
  return a.node < b.node ? -1 : 1
}

/** Null is below every ballot. */
export function isAbove(a: Ballot, b: Ballot | null): boolean {
  return b === null || compareBallots(a, b) > 0
}

export function highestBallot(ballots: Iterable<Ballot | null>): Ballot | null {
  let highest: Ballot | null = null
  for (const ballot of ballots) if (ballot !== null && isAbove(ballot, highest)) highest = ballot
  return highest
}

/** How many of `members` are more than half. */
export function majorityOf(members: readonly NodeId[]): number {
  return Math.floor(members.length / 2) + 1
}
