/** What is decided, as far as this member knows (MJ1). */
import type { NodeId } from '../../ids.ts'
import { type Ballot, compareBallots, isAbove } from './ballot.ts'
import type { ArbiterMessage } from './messages.ts'
import { contradiction } from './objection.ts'
import type { Turn } from './turn.ts'
import type { Accepted } from './types.ts'

type Message<Name extends ArbiterMessage['m']> = Extract<ArbiterMessage, { readonly m: Name }>

/**
 * Told to the node when it is news, and accepted where the seat holds an older value or none: a decided value is what every later proposal
 * goes on from, so that to hold it can mislead nobody. On disk before anybody hears of it.
 */
export function learn(turn: Turn, decided: Accepted): void {
  const known = turn.state.decided
  if (known !== null && !isAbove(decided.ballot, known.ballot)) return
  const { seat, standing } = turn.state
  const { accepted, promised } = seat
  if (standing.s !== 'asking' && (accepted === null || compareBallots(decided.ballot, accepted.ballot) >= 0)) {
    const higher = promised !== null && isAbove(promised, decided.ballot) ? promised : decided.ballot
    turn.keep({ promised: higher, accepted: decided })
    turn.set({ standing: { s: 'seated' } })
  }
  turn.set({ decided, counter: Math.max(turn.state.counter, decided.ballot.counter) })
  turn.send({ s: 'decided', decided })
}

/**
 * Whether something else was decided while this came about: a member has then accepted or promised against its own promise. What was decided
 * first stays.
 */
export function isContradicted({ state: { decided: known } }: Turn, later: Accepted): boolean {
  return known !== null && isAbove(later.ballot, known.ballot) && contradiction(known.value, later.value) !== null
}

export function onDecided(turn: Turn, { decided }: Message<'decided'>): void {
  learn(turn, decided)
}

/** A peer that knows less is told. */
export function catchUp(turn: Turn, peer: NodeId, knows: Ballot | null): void {
  const { decided } = turn.state
  if (decided !== null && isAbove(decided.ballot, knows)) turn.tell(peer, { m: 'decided', decided })
}
