/**
 * Tokens that were replaced, but that the chain does not name an heir of yet: somebody may have locked a block on a vote under one of them
 * (`screen.ts`), and a certificate may need its credential (ID8). Followers keep them too: the next master is one of them.
 */
import type { Mastership } from '../../crypto/statement-types.ts'
import { type ClusterId, compareTokens, type NodeId, sameToken } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { Vote } from '../consensus/messages.ts'
import type { NodeState } from './state.ts'
import { sendTo, type Turn } from './turn.ts'

/** In the order of their tokens, of one cluster. */
export function supersededOf({ superseded }: NodeState, cluster: ClusterId): readonly Mastership[] {
  return superseded.filter((one) => one.cluster === cluster)
}

export function keepSuperseded(turn: Turn, mastership: Mastership): void {
  const { superseded } = turn.state
  const ofCluster = supersededOf(turn.state, mastership.cluster)
  if (isNamed(turn.state, mastership) || ofCluster.some((one) => sameToken(one, mastership))) return
  const kept = [...ofCluster, mastership].sort(compareTokens).slice(-LIMITS.supersededTokens)
  const others = superseded.filter(({ cluster }) => cluster !== mastership.cluster)
  turn.state = { ...turn.state, superseded: [...others, ...kept] }
}

/** A block was executed: no vote of a later height counts under a token below those that it names. */
export function dropNamed(turn: Turn): void {
  const left = turn.state.superseded.filter((one) => !isNamed(turn.state, one))
  if (left.length < turn.state.superseded.length) turn.state = { ...turn.state, superseded: left }
}

/** Before votes are shown: whoever has not heard of all the tokens in between could not count them. */
export function showSuperseded(turn: Turn, to: NodeId, votes: readonly Vote[]): void {
  if (turn.state.superseded.length === 0) return
  for (const [cluster, known] of turn.state.masterships) {
    const isOlder = (vote: Vote) => vote.cluster === cluster && compareTokens(vote, known) < 0
    if (!votes.some(isOlder)) continue
    const masterships = [...supersededOf(turn.state, cluster), known]
    sendTo(turn, to, { t: 'inform', credentials: masterships.map(({ credential }) => credential) })
  }
}

function isNamed({ chain }: NodeState, { cluster, ...token }: Mastership): boolean {
  const named = chain.tokens.entries.find((entry) => entry.cluster === cluster)
  return named !== undefined && compareTokens(token, named) <= 0
}
