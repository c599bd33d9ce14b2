/** What this cluster has asked to be signed at one height. Each act is made once; only the same act may be released again (GU7). */
import { assert } from '../../assert.ts'
import type { Hash, Round } from '../../ids.ts'
import type { VoteType } from './messages.ts'

export interface OwnProposal {
  readonly validRound: number
  readonly block: Hash
}

/** All keyed by round. A vote's value is the block, or null for nil. */
export interface OwnActs {
  readonly proposal: ReadonlyMap<Round, OwnProposal>
  readonly prevote: ReadonlyMap<Round, Hash | null>
  readonly precommit: ReadonlyMap<Round, Hash | null>
}

export const NO_ACTS: OwnActs = { proposal: new Map(), prevote: new Map(), precommit: new Map() }

/** Stops on a second, different proposal of one round. */
export function withProposal(acts: OwnActs, round: Round, proposal: OwnProposal): OwnActs {
  const known = acts.proposal.get(round)
  if (known !== undefined) {
    assert(
      known.block === proposal.block && known.validRound === proposal.validRound,
      `two own proposals in round ${round}`,
    )
    return acts
  }
  return { ...acts, proposal: new Map(acts.proposal).set(round, proposal) }
}

/** Stops on a second, different vote of one round and type. */
export function withVote(acts: OwnActs, round: Round, type: VoteType, block: Hash | null): OwnActs {
  const known = acts[type].get(round)
  if (known !== undefined) {
    assert(known === block, `two own ${type}s in round ${round}`)
    return acts
  }
  return { ...acts, [type]: new Map(acts[type]).set(round, block) }
}
