/** What a node says about itself, to its peers (heartbeat, EL2) and to the authority (report, RG3). */
import type { Instant, Ms } from '../../ids.ts'
import type { Heartbeat } from '../../protocol/peer.ts'
import { electable } from './candidates.ts'
import { heardAsMasterAt, heardSyncSetAt } from './detection.ts'
import { latest, NO_TOKEN } from './known.ts'
import type { Turn } from './turn.ts'
import type { ElectionState } from './types.ts'

/** Reports of others than the master: one a second (RG3). */
export const FOLLOWER_REPORT_MS = 1_000 as Ms
/** Reports whose answers are waited for; older ones count as lost. */
const UNANSWERED_MAX = 8

/** RG3: a master that can complete nothing, or that has not yet looked around after an own stall (EL2). */
export function isStalled(state: ElectionState, now: Instant): boolean {
  if (state.role.r !== 'master') return false
  if (state.unsureSince !== null) return true
  const { suspectAfterMs } = state.config
  const { cannotHoldSince } = state.log
  if (cannotHoldSince === null || now - cannotHoldSince < suspectAfterMs) return false
  return now - latest(state.authority.answeredAt, state.awakeSince) >= suspectAfterMs
}

/** Age of the last word of the master; null once its host has refused a reconnect: hearing has ended. */
export function heardMasterMs(state: ElectionState, now: Instant): number | null {
  const at = heardAsMasterAt(state)
  const master = state.own
  if (at === null || master === null) return null
  const peer = state.peers.get(master.node)
  if (peer !== undefined && !peer.linkUp && peer.probe === 'refused') return null
  return Math.max(0, Math.floor(now - at))
}

/** Age of the last word of any other electable member of the sync set (RG6). */
export function heardSyncSetMs(state: ElectionState, now: Instant): number | null {
  const at = heardSyncSetAt(state)
  return at === null ? null : Math.max(0, Math.floor(now - at))
}

/** A resigning master speaks as a follower: it completes nothing more. */
export function spokenRole(state: ElectionState): 'master' | 'follower' {
  return state.role.r === 'master' ? 'master' : 'follower'
}

export function heartbeatOf(state: ElectionState, now: Instant): Heartbeat {
  return {
    t: 'heartbeat',
    token: state.own?.token ?? NO_TOKEN,
    role: spokenRole(state),
    stalled: isStalled(state, now),
    durableIndex: state.log.durableIndex,
    height: state.log.height,
    heardMasterMs: heardMasterMs(state, now),
    priority: state.config.priority,
    electable: electable(state),
  }
}

export function sendHeartbeats(turn: Turn): void {
  const message = heartbeatOf(turn.state, turn.now)
  for (const [peer, { linkUp }] of turn.state.peers) if (linkUp) turn.send({ s: 'peer', peer, message })
}

export function sendReport(turn: Turn): void {
  const { state, now } = turn
  const { authority, counters, config } = state
  turn.timer('report', state.role.r === 'master' ? ((config.masterTtlMs / 3) as Ms) : FOLLOWER_REPORT_MS)
  if (!authority.linkUp) return
  const { report } = counters
  turn.set({
    counters: { ...counters, report: report + 1 },
    authority: {
      ...authority,
      unanswered: [...authority.unanswered, { report, sentAt: now }].slice(-UNANSWERED_MAX),
    },
  })
  turn.send({
    s: 'report',
    message: {
      t: 'report',
      report,
      token: state.own?.token ?? NO_TOKEN,
      role: spokenRole(state),
      stalled: isStalled(state, now),
      durableIndex: state.log.durableIndex,
      height: state.log.height,
      heardMasterMs: heardMasterMs(state, now),
      heardSyncSetMs: heardSyncSetMs(state, now),
      complete: state.log.complete,
      longest: state.longest,
    },
  })
}
