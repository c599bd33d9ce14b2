/** The way of a follower to a claim: suspicion, waiting for a better candidate (EL4), pre-vote (EL3), claim. */
import type { Instant, Ms } from '../../ids.ts'
import { barToStanding, rank } from './candidates.ts'
import { claimDue, sendClaim } from './claim.ts'
import { suspicion } from './detection.ts'
import { askPeers } from './pre-vote.ts'
import type { Turn } from './turn.ts'
import type { Suspicion } from './types.ts'

/** A stronger reason is acted upon at once; a refused reconnect outweighs silence (EL3). */
const STRENGTH: Record<Suspicion['kind'], number> = {
  silence: 0,
  refused: 1,
  lost: 1,
  ordered: 2,
  planned: 2,
  resigned: 3,
  own: 4,
}

/** Runs at the end of every step: whatever has changed, the role follows from what is known now. */
export function consider(turn: Turn): void {
  const { role } = turn.state
  if (role.r !== 'follower' && role.r !== 'suspecting' && role.r !== 'preVoting' && role.r !== 'claiming') return
  const why = suspicion(turn.state, turn.now)
  if (why === null) {
    standDown(turn)
    return
  }
  if (role.r === 'follower') {
    suspect(turn, why)
    return
  }

  // RG6: from now on the nodes outside the sync set stand, one after another by EL4.
  if (why.kind === 'lost' && role.why.kind !== 'lost') {
    suspect(turn, why)
    return
  }
  const stronger = STRENGTH[why.kind] > STRENGTH[role.why.kind]
  turn.set({ role: { ...role, why } })
  const bar = barToStanding(turn.state, why.kind)
  if (bar !== null) {
    if (role.r !== 'suspecting') turn.become({ r: 'suspecting', why, standAt: turn.now }, bar)
    return
  }
  switch (role.r) {
    case 'suspecting':
      stand(turn, why, stronger ? turn.now : role.standAt)
      return
    case 'preVoting':
      // The master itself has said so: there is nobody left to ask.
      if (needsNoPreVote(why)) sendClaim(turn, why, turn.now)
      return
    case 'claiming':
      if (stronger || claimDue(turn)) claimAgain(turn, why, role.preVotedAt)
      return
  }
}

function suspect(turn: Turn, why: Suspicion): void {
  const master = turn.state.own?.node ?? turn.state.config.node
  const wait = needsNoPreVote(why) ? 0 : rank(turn.state, turn.now, why.kind) * turn.state.config.heartbeatMs
  const standAt = (turn.now + wait) as Instant
  turn.set({ suspectedSince: turn.now })
  turn.become({ r: 'suspecting', why, standAt }, `${master} is suspected: ${why.kind}`)
  turn.event({ e: 'suspected', master, why: why.kind })
  if (barToStanding(turn.state, why.kind) === null) stand(turn, why, standAt)
}

function stand(turn: Turn, why: Suspicion, standAt: Instant): void {
  if (turn.now < standAt) {
    turn.timer('stand', (standAt - turn.now) as Ms)
    return
  }
  if (needsNoPreVote(why)) {
    sendClaim(turn, why, turn.now)
    return
  }
  askPeers(turn, why)
}

/** What the peers said holds for `suspectAfter`; then they are asked again. */
function claimAgain(turn: Turn, why: Suspicion, preVotedAt: Instant): void {
  if (needsNoPreVote(why)) {
    sendClaim(turn, why, turn.now)
    return
  }
  if (turn.now - preVotedAt < turn.state.config.suspectAfterMs) {
    sendClaim(turn, why, preVotedAt)
    return
  }
  askPeers(turn, why)
}

function standDown(turn: Turn): void {
  turn.set({ suspectedSince: null })
  if (turn.state.role.r !== 'follower') turn.become({ r: 'follower' }, 'the master is heard')
}

/** EL3 asks whether anyone hears the master; the master's own word, an order against it (RG9) or a planned switch, needs no such question. */
function needsNoPreVote(why: Suspicion): boolean {
  return why.kind === 'resigned' || why.kind === 'own' || why.kind === 'ordered' || why.kind === 'planned'
}
