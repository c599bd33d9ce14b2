/**
 * A member whose disk holds no value (MJ1): new, or emptied. An emptied one has forgotten what it promised, so it votes for nothing until
 * every other member has told it what it holds. Then it holds the newest value of theirs, be it on one disk only, and promises as much as any of them: whoever
 * proposes is a member, and promises its own ballot before it sends it, so that no ballot is higher that the lost disk had promised. Who is
 * asked starts its own proposal again: the lost disk may have voted for it.
 */
import type { NodeId } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { highestBallot, isAbove } from './ballot.ts'
import type { ArbiterMessage } from './messages.ts'
import { startAgain } from './proposer.ts'
import type { Turn } from './turn.ts'
import type { Accepted } from './types.ts'

type Message<Name extends ArbiterMessage['m']> = Extract<ArbiterMessage, { readonly m: Name }>

export function onRecall(turn: Turn, from: NodeId, { life }: Message<'recall'>): void {
  startAgain(turn)
  const { promised, accepted } = turn.state.seat
  turn.tell(from, { m: 'memory', life, promised, accepted })
}

export function onMemory(turn: Turn, from: NodeId, { life, ...memory }: Message<'memory'>): void {
  const { standing, config, seat } = turn.state
  if (standing.s !== 'asking' || life !== turn.state.life) return
  const told = new Map(standing.told).set(from, { promised: memory.promised, accepted: memory.accepted })
  turn.set({ standing: { s: 'asking', told } })
  if (told.size < config.members.length - 1) return
  const memories = [...told.values()]
  const promised = highestBallot([seat.promised, ...memories.map((one) => one.promised)])
  let newest: Accepted | null = null
  for (const { accepted: held } of memories) {
    if (held !== null && isAbove(held.ballot, newest?.ballot ?? null)) newest = held
  }
  turn.timer('recall', null)
  turn.keep({ promised, accepted: newest })
  turn.set({ counter: Math.max(turn.state.counter, promised?.counter ?? 0) })
  if (newest === null) {
    turn.set({ standing: { s: 'fresh' } })
    turn.event({ e: 'fresh' })
  } else {
    // One holder is enough: the first value may have been decided before it came to all.
    turn.set({ standing: { s: 'seated' } })
    turn.event({ e: 'reseated', promised })
  }
}

/** Asks those who have not answered yet. */
export function askForMemory(turn: Turn): void {
  const { standing, config, life } = turn.state
  if (standing.s !== 'asking') return
  for (const member of config.members) {
    if (member !== config.member.node && !standing.told.has(member)) turn.tell(member, { m: 'recall', life })
  }
  turn.timer('recall', LIMITS.arbiterRecallMs)
}
