/** What is decided, as far as this member knows (MJ1). */
import { compareTokens, type NodeId } from '../../ids.ts'
import { type Ballot, compareBallots, isAbove } from './ballot.ts'
import type { ArbiterMessage } from './messages.ts'
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

export function onDecided(turn: Turn, { decided }: Message<'decided'>): void {
  const before = turn.state.decided?.value.registry
  const { registry } = decided.value
  if (before?.status === 'founded' && registry.status === 'founded') {
    const falls = compareTokens(registry.lastGrant, before.lastGrant) < 0
    if (falls && isAbove(decided.ballot, turn.state.decided?.ballot ?? null)) {
      turn.reject('LOWER_TOKEN', 'a later decision of a lower token')
      return
    }
  }
  learn(turn, decided)
}

/** A peer that knows less is told. */
export function catchUp(turn: Turn, peer: NodeId, knows: Ballot | null): void {
  const { decided } = turn.state
  if (decided !== null && isAbove(decided.ballot, knows)) turn.tell(peer, { m: 'decided', decided })
}
