/** The clean switch and the resignation of a stalled master (EL2): seal, sign, hand over. */
import { formatToken, type Ms, type NodeId, sameToken } from '../../ids.ts'
import { successor } from './candidates.ts'
import { leaveOffice } from './mastership.ts'
import type { Turn } from './turn.ts'
import type { Input } from './types.ts'

export function onResign(turn: Turn, { to, leaving }: Input<'resign'>): void {
  const { role } = turn.state
  if (role.r === 'resigning') {
    turn.set({ role: { ...role, leaving: role.leaving || leaving } })
    return
  }
  if (role.r !== 'master') {
    if (leaving) turn.become({ r: 'stopped' }, 'leaves')
    else turn.reject('NOT_MASTER', 'only the master can hand over')
    return
  }
  const heir = successor(turn.state, turn.now, to)
  if (heir !== null) {
    startResigning(turn, heir, leaving, leaving ? 'leaves' : 'was asked to')
    return
  }
  const why = to === null ? 'no node of the sync set can take over' : `${to} cannot take over`
  if (!leaving) {
    turn.reject('NOT_ELECTABLE', why)
    return
  }
  // Nobody to hand over to: it may go on at its token when it comes back (RG2).
  turn.event({ e: 'noSuccessor', why })
  leaveOffice(turn, 'stopping', null)
  turn.become({ r: 'stopped' }, 'leaves without a successor')
}

export function startResigning(turn: Turn, to: NodeId, leaving: boolean, why: string): void {
  const { role } = turn.state
  if (role.r !== 'master') return
  const { token } = role
  turn.become(
    { r: 'resigning', token, to, leaving, phase: 'sealing', resignation: null, since: turn.now },
    `hands over to ${to}: ${why}`,
  )
  turn.timer('handover', turn.state.config.masterTtlMs)
  turn.send({ s: 'sealGuard', token })
}

/** Only now, when nothing more can leave under the token, may the resignation be signed. */
export function onSealed(turn: Turn, { token }: Input<'sealed'>): void {
  const { role, config } = turn.state
  if (role.r !== 'resigning' || role.phase !== 'sealing' || !sameToken(role.token, token)) return
  const to = successor(turn.state, turn.now, role.to) ?? successor(turn.state, turn.now, null)
  if (to === null) {
    turn.event({ e: 'noSuccessor', why: `${role.to} is not reachable any more` })
    giveUp(turn)
    return
  }
  turn.set({ role: { ...role, to, phase: 'signing' } })
  const { network, cluster, node } = config
  turn.send({ s: 'signResignation', resignation: { network, cluster, ...token, node, to } })
}

export function onResignationSigned(turn: Turn, { token, resignation }: Input<'resignationSigned'>): void {
  const { role } = turn.state
  if (role.r !== 'resigning' || role.phase !== 'signing' || !sameToken(role.token, token)) return
  turn.set({ role: { ...role, phase: 'handingOver', resignation } })
  sendHandover(turn)
}

/** Repeated every tick until a higher grant is seen: the message may have been lost with its link. */
export function sendHandover(turn: Turn): void {
  const { role, peers } = turn.state
  if (role.r !== 'resigning' || role.resignation === null || !peers.get(role.to)?.linkUp) return
  const { to, token, resignation } = role
  turn.send({ s: 'peer', peer: to, message: { t: 'handover', token, resignation } })
}

export function onHandoverOverdue(turn: Turn): void {
  const { role, config } = turn.state
  if (role.r !== 'resigning') return
  const leftMs = role.since + config.masterTtlMs - turn.now
  if (leftMs > 0) {
    // By this clock the timer came early, as timers of another clock do.
    turn.timer('handover', leftMs as Ms)
    return
  }
  turn.event({ e: 'noSuccessor', why: `${role.to} has not taken over in ${config.masterTtlMs} ms` })
  giveUp(turn)
}

/** The token is spent: this node acts again only under a new grant, which it claims as `own` (RG3). */
function giveUp(turn: Turn): void {
  const { role } = turn.state
  if (role.r !== 'resigning') return
  leaveOffice(turn, role.leaving ? 'stopping' : 'resigned', null)
  turn.become(role.leaving ? { r: 'stopped' } : { r: 'follower' }, 'nobody took over')
}

/** The master itself names this node: no more is needed for a claim than its word. */
export function onHandover(turn: Turn, { from, token, to, resignation }: Input<'handover'>): void {
  const { own, config } = turn.state
  if (own === null || own.node !== from || !sameToken(own.token, token)) {
    turn.reject('PEER_UNEXPECTED', `${from} resigns ${formatToken(token)}, which it does not hold`)
    return
  }
  if (to !== config.node) {
    turn.reject('PEER_UNEXPECTED', `a resignation in favour of ${to}`)
    return
  }
  if (turn.state.handedOver === null) turn.set({ handedOver: { token, resignation } })
}
