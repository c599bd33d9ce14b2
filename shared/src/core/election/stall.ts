/** EL2: what a node does about its own stalls. Silence that it slept through is no silence. */
import { type Ms, sameToken } from '../../ids.ts'
import { successor } from './candidates.ts'
import { NO_TOKEN, registry } from './known.ts'
import { startResigning } from './resignation.ts'
import type { Turn } from './turn.ts'

/** A tick that is late by more than `suspectAfter` tells of a stall before the driver's own measurement does. */
export function noticeStall(turn: Turn): void {
  const { lastTickAt, config } = turn.state
  const late = turn.now - lastTickAt - config.heartbeatMs
  if (late > config.suspectAfterMs) onStalled(turn, late)
}

export function onStalled(turn: Turn, ms: number): void {
  const { config, role, authority, counters } = turn.state
  if (ms < config.suspectAfterMs) return
  turn.set({ awakeSince: turn.now, lastTickAt: turn.now })
  turn.event({ e: 'ownStall', ms: Math.floor(ms) as Ms })
  if (role.r !== 'master') return
  // What piled up meanwhile may tell of a higher token: until looked for, this master calls itself stalled.
  turn.set({ unsureSince: turn.now })
  const heir = successor(turn.state, turn.now, null)
  if (authority.linkUp && heir !== null) {
    startResigning(turn, heir, false, `stalled for ${Math.floor(ms)} ms`)
    return
  }
  if (!authority.linkUp) return
  const { request } = counters
  turn.set({ counters: { ...counters, request: request + 1 } })
  turn.send({ s: 'confirm', message: { t: 'confirm', request, token: turn.state.own?.token ?? NO_TOKEN } })
}

/**
 * Ends the doubt after a stall: an answer of the authority to a report sent since, or a sync-set member at our token,
 * heard late enough that it had not waited in a buffer; or nobody else could have been granted (RG2).
 */
export function regainCertainty(turn: Turn): void {
  const { unsureSince, authority, config, peers } = turn.state
  if (unsureSince === null) return
  const known = registry(turn.state)
  const others = known?.syncSet.filter((node) => node !== config.node) ?? [...peers.keys()]
  const asked = authority.answeredAt !== null && authority.answeredAt >= unsureSince
  const fresh = unsureSince + config.heartbeatMs
  const token = turn.state.own?.token
  const seen = others.some((node) => {
    const peer = peers.get(node)
    return (
      peer?.linkUp === true &&
      peer.heardAt !== null &&
      peer.heardAt >= fresh &&
      peer.heartbeat !== null &&
      token !== undefined &&
      sameToken(peer.heartbeat.token, token)
    )
  })
  const alone = known !== null && others.length === 0
  if (asked || seen || alone) turn.set({ unsureSince: null })
}
