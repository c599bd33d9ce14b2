/** A member's vote: promised and accepted on disk before it is answered for (MJ1). */
import { type NodeId, sameToken } from '../../ids.ts'
import { grantOf } from '../registry/view.ts'
import { type Ballot, compareBallots, isAbove } from './ballot.ts'
import { toldHearing } from './hearing.ts'
import type { ArbiterMessage } from './messages.ts'
import type { Turn } from './turn.ts'
import type { Accepted, GrantAtBallot, Promised, RegisterValue } from './types.ts'

type Message<Name extends ArbiterMessage['m']> = Extract<ArbiterMessage, { readonly m: Name }>

/** No ballot is promised twice, so that a member that lost its disk cannot use one of its own again. */
export function onPrepare(turn: Turn, from: NodeId, { ballot }: Message<'prepare'>): void {
  if (ballot.node !== from) {
    turn.reject('PEER_UNEXPECTED', `a ballot of ${ballot.node} from ${from}`)
    return
  }
  const { promised } = turn.state.seat
  if (promised !== null && !isAbove(ballot, promised)) {
    turn.tell(from, { m: 'refused', ballot, promised })
    return
  }
  turn.tell(from, { m: 'promise', ballot, ...promise(turn, ballot) })
}

/** From here on nothing below `ballot` is accepted. */
export function promise(turn: Turn, ballot: Ballot): Promised {
  const { seat } = turn.state
  turn.keep({ ...seat, promised: ballot })
  see(turn, ballot)
  return { accepted: seat.accepted, hearing: toldHearing(turn.state.hearing, turn.context.now) }
}

export function onAccept(turn: Turn, from: NodeId, message: Message<'accept'>): void {
  const { ballot, value, founding } = message
  if (ballot.node !== from) {
    turn.reject('PEER_UNEXPECTED', `a ballot of ${ballot.node} from ${from}`)
    return
  }
  const { standing, seat } = turn.state
  if (standing.s === 'asking' || (standing.s === 'fresh' && !founding)) {
    turn.reject('PEER_UNEXPECTED', 'this member has lost its vote and may accept nothing')
    return
  }
  if (seat.promised !== null && compareBallots(ballot, seat.promised) < 0) {
    turn.tell(from, { m: 'refused', ballot, promised: seat.promised })
    return
  }
  accept(turn, { ballot, value })
  turn.send({ s: 'accepted', to: from, ballot, sign: whatToSign({ ballot, value }) })
}

/** On disk; whoever accepts the first value is seated from then on. */
export function accept(turn: Turn, accepted: Accepted): void {
  const before = turn.state.seat.accepted
  noticeGrant(turn, before?.value ?? null, accepted.value)
  turn.keep({ promised: accepted.ballot, accepted })
  turn.set({ standing: { s: 'seated' } })
  see(turn, accepted.ballot)
}

/** Null where nothing is granted, or the value carries its proof. */
export function whatToSign({ ballot, value: { registry, proof } }: Accepted): GrantAtBallot | null {
  if (registry.status !== 'founded' || proof !== null) return null
  return { grant: grantOf(registry, registry.lastGrant), ballot }
}

/** RG3: hearing counts from the grant. */
function noticeGrant(turn: Turn, before: RegisterValue | null, { registry }: RegisterValue): void {
  if (registry.status !== 'founded') return
  const was = before?.registry
  if (was?.status === 'founded' && sameToken(was.lastGrant, registry.lastGrant)) return
  turn.set({ hearing: { ...turn.state.hearing, grantedAt: turn.context.now } })
}

function see(turn: Turn, { counter }: Ballot): void {
  if (counter > turn.state.counter) turn.set({ counter })
}
