/** How long each step of a round waits; longer in later rounds, so that messages arrive in time at last. */
import { unreachable } from '../../assert.ts'
import type { Ms, Round } from '../../ids.ts'

export type TimeoutKind = 'propose' | 'prevote' | 'precommit'

/** `kindMs + round × kindDeltaMs`. */
export interface ConsensusTimeouts {
  readonly proposeMs: Ms
  readonly proposeDeltaMs: Ms
  readonly prevoteMs: Ms
  readonly prevoteDeltaMs: Ms
  readonly precommitMs: Ms
  readonly precommitDeltaMs: Ms
}

export const LAN_TIMEOUTS: ConsensusTimeouts = {
  proposeMs: 300 as Ms,
  proposeDeltaMs: 150 as Ms,
  prevoteMs: 150 as Ms,
  prevoteDeltaMs: 100 as Ms,
  precommitMs: 150 as Ms,
  precommitDeltaMs: 100 as Ms,
}

export function timeoutOf(timeouts: ConsensusTimeouts, kind: TimeoutKind, round: Round): Ms {
  switch (kind) {
    case 'propose':
      return (timeouts.proposeMs + round * timeouts.proposeDeltaMs) as Ms
    case 'prevote':
      return (timeouts.prevoteMs + round * timeouts.prevoteDeltaMs) as Ms
    case 'precommit':
      return (timeouts.precommitMs + round * timeouts.precommitDeltaMs) as Ms
    default:
      return unreachable(kind)
  }
}
