/** The lock travels (GU7): where a new master takes up a height, from the acts its predecessors wrote down. */
import { assert } from '../../assert.ts'
import type { Hash, Height, Round } from '../../ids.ts'
import type { CommitVote } from '../ledger/types.ts'
import type { VoteType } from './messages.ts'
import { NO_ACTS, type OwnActs, withProposal, withVote } from './own-acts.ts'

/** A record of the cluster's own log: an act about to be signed (GU2). */
export type OwnRecord =
  | {
      readonly kind: 'vote'
      readonly height: Height
      readonly round: Round
      readonly type: VoteType
      readonly block: Hash | null
    }
  | {
      readonly kind: 'proposal'
      readonly height: Height
      readonly round: Round
      readonly validRound: number
      readonly block: Hash
    }

/** The prevotes that a lock rests on, each under the token it counted under: what the lock is shown to others with (L28). No act of its own. */
export interface PolkaRecord {
  readonly kind: 'polka'
  readonly height: Height
  readonly round: Round
  readonly block: Hash
  readonly votes: readonly CommitVote[]
}

/** A block and the round in which it was locked or became valid. */
export interface ValueAtRound {
  readonly round: Round
  readonly block: Hash
}

export interface ResumeState {
  readonly height: Height
  /** The highest round with an act. */
  readonly round: Round
  /** Without repetitions, in log order. */
  readonly records: readonly OwnRecord[]
  readonly acts: OwnActs
  /** The non-nil precommit of the highest round: both the lock and the valid value (GU7). */
  readonly locked: ValueAtRound | null
  /** What the lock rests on; null when it was written by a program that did not keep it. */
  readonly polka: PolkaRecord | null
}

/**
 * `logged`: the own acts of one height in log order, with the polkas they rest on; an act may stand there twice, under two epochs.
 * Null when there is none: the height starts afresh. Stops on two different acts for one round and
 * type: the log itself is then broken, and any vote could contradict one that has left.
 */
export function resumeFrom(logged: readonly (OwnRecord | PolkaRecord)[]): ResumeState | null {
  const records = logged.filter((record) => record.kind !== 'polka')
  const first = records[0]
  if (first === undefined) return null
  const distinct: OwnRecord[] = []
  let acts = NO_ACTS
  let round = first.round
  let locked: ValueAtRound | null = null
  for (const record of records) {
    assert(record.height === first.height, 'resume from records of one height')
    const before = acts
    if (record.kind === 'proposal') {
      acts = withProposal(acts, record.round, { validRound: record.validRound, block: record.block })
    } else {
      acts = withVote(acts, record.round, record.type, record.block)
      if (record.type === 'precommit' && record.block !== null && record.round >= (locked?.round ?? 0)) {
        locked = { round: record.round, block: record.block }
      }
    }
    if (acts !== before) distinct.push(record)
    if (record.round > round) round = record.round
  }
  return { height: first.height, round, records: distinct, acts, locked, polka: polkaOf(logged, locked) }
}

function polkaOf(logged: readonly (OwnRecord | PolkaRecord)[], locked: ValueAtRound | null): PolkaRecord | null {
  for (const record of logged) {
    if (record.kind === 'polka' && record.round === locked?.round && record.block === locked.block) return record
  }
  return null
}
