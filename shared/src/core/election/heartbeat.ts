/** Heartbeats of peers: what each says about its sender (EL1, EL2). */
import { compareTokens, formatToken } from '../../ids.ts'
import { NO_TOKEN } from './known.ts'
import { inform } from './pre-vote.ts'
import { sendHeartbeats } from './reporting.ts'
import { sendHandover } from './resignation.ts'
import type { Turn } from './turn.ts'
import type { Input } from './types.ts'

export function onHeartbeat(turn: Turn, { from, message }: Input<'heartbeat'>): void {
  const { own, peers } = turn.state
  if (!peers.get(from)?.linkUp) {
    turn.reject('PEER_UNEXPECTED', `a heartbeat of ${from}, whose link is down`)
    return
  }
  const { token } = message
  turn.setPeer(from, { heartbeat: message, heardAt: turn.now })
  const order = compareTokens(token, own?.token ?? NO_TOKEN)
  if (order < 0) {
    // It may be a master that was cut off: the grant makes it step down (NW1).
    inform(turn, from)
    if (message.role === 'master') turn.reject('LOWER_TOKEN', `${from} is master at ${formatToken(token)} only`)
    return
  }
  // A higher token without its grant proves nothing; our next heartbeat makes the sender attach it.
  if (order > 0 || message.role !== 'master') return
  if (own?.node !== from) {
    turn.reject('TOKEN_CONFLICT', `${from} is not the master at ${formatToken(token)}`)
    return
  }
  if (!message.stalled) turn.setPeer(from, { asMaster: { token, at: turn.now } })
}

export function onTick(turn: Turn): void {
  turn.set({ lastTickAt: turn.now })
  turn.timer('tick', turn.state.config.heartbeatMs)
  sendHeartbeats(turn)
  sendHandover(turn)
}
