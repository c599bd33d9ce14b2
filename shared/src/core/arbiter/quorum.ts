/** What the promises of members amount to: enough of them, the value to start from, and who must accept the next one (MJ1). */
import type { NodeId } from '../../ids.ts'
import { compareBallots, isAbove, majorityOf } from './ballot.ts'
import type { Accepted, Promised } from './types.ts'

export interface Basis {
  /** The value of the highest ballot; null: the cluster is not founded. */
  readonly base: Accepted | null
  /** A majority has accepted it under one ballot: it is decided, whatever else is under way. */
  readonly decided: boolean
  readonly needed: number
}

/**
 * A member without a value counts for nothing once a majority has one: what it promised before it lost its disk, nobody knows. Only while
 * no majority has one, the cluster is being founded, and *all* members must promise and accept.
 */
export function basisOf(members: readonly NodeId[], promises: ReadonlyMap<NodeId, Promised>): Basis | null {
  const held = [...promises.values()].flatMap(({ accepted }) => (accepted === null ? [] : [accepted]))
  const majority = majorityOf(members)
  const founded = held.length >= majority
  if (!founded && promises.size < members.length) return null
  let base: Accepted | null = null
  for (const accepted of held) if (isAbove(accepted.ballot, base?.ballot ?? null)) base = accepted
  const holders = held.filter(({ ballot }) => base !== null && compareBallots(ballot, base.ballot) === 0)
  return { base, decided: holders.length >= majority, needed: founded ? majority : members.length }
}
