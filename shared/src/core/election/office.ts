/** What a master owes the registry: to leave on an order (RG9) or when it is planned (EL8), and to take a token of a new generation (RG8). */
import { type Instant, sameToken } from '../../ids.ts'
import { successor } from './candidates.ts'
import { sendRenewal } from './claim.ts'
import { isRestored, registry, viewToken } from './known.ts'
import { startResigning } from './resignation.ts'
import type { Turn } from './turn.ts'
import type { ElectionState } from './types.ts'

/** RG9: the standing order against the master in office, as far as this node knows; the oldest of several. */
export function standingOrder(state: ElectionState): string | null {
  const known = registry(state)
  return known?.orders.find(({ node }) => node === known.master)?.id ?? null
}

/** RG9: a master that is ordered away resigns as soon as somebody can take over; until then it goes on. */
export function obeyOrder(turn: Turn): void {
  const { role, authority } = turn.state
  if (role.r !== 'master' || !authority.linkUp) return
  const order = standingOrder(turn.state)
  if (order === null) return
  const heir = successor(turn.state, turn.now, null)
  if (heir !== null) startResigning(turn, heir, false, `ordered to (${order})`)
}

/**
 * A planned switch that is due: the master hands over to the node that the registry names, once it is reached. If it is not, the
 * registry drops the plan in its time. It is asked under one token, so a master that nobody took over from is not asked twice.
 */
export function obeySwitchover(turn: Turn): void {
  const { role, authority, view } = turn.state
  const planned = view?.switchover
  if (role.r !== 'master' || !authority.linkUp || !planned?.due || planned.to === null) return
  if (view === null || !sameToken(viewToken(view), role.token)) return
  const heir = successor(turn.state, turn.now, planned.to)
  if (heir !== null) startResigning(turn, heir, false, `${planned.by} has planned it: ${planned.why}`)
}

/**
 * RG8: the registry was restored and counts in a higher generation: its master asks for a token of it, and goes on under the old one,
 * which no node has seen a higher of, until it has it.
 */
export function renewGeneration(turn: Turn): void {
  const { role, authority, view, renewedAt, config } = turn.state
  if (role.r !== 'master' || view === null || !isRestored(view, role.token)) return
  if (!authority.linkUp || view.frozen !== null || view.master !== config.node) return
  if (renewedAt !== null && turn.now - renewedAt < config.masterTtlMs) return
  turn.set({ renewedAt: turn.now as Instant })
  sendRenewal(turn)
}
