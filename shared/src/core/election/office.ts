/** What a master owes the registry: to leave on an order (RG9), and to take a token of a new generation (RG8); and what a standby may be told to do. */
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

/** RG9: a master that is ordered away resigns as soon as somebody can take over; until then, and in a pause (RG10), it goes on. */
export function obeyOrder(turn: Turn): void {
  const { role, authority, view } = turn.state
  if (role.r !== 'master' || !authority.linkUp || (view !== null && view.pause !== null)) return
  const order = standingOrder(turn.state)
  if (order === null) return
  const heir = successor(turn.state, turn.now, null)
  if (heir !== null) startResigning(turn, heir, false, `ordered to (${order})`)
}

/**
 * The planned switch that this node is to carry out, as far as it knows; null when there is none. It claims while the master goes on:
 * the votes of the cluster then pause only for the grant, and a claim that is refused costs nobody an office.
 */
export function plannedFor({ view, own, config }: ElectionState): string | null {
  const planned = view?.switchover
  if (view === null || own === null || !planned?.due || planned.to !== config.node) return null
  return view.master === own.node && sameToken(viewToken(view), own.token) ? planned.id : null
}

/**
 * RG8: the registry was restored and counts in a higher generation: its master asks for a token of it, and goes on under the old one,
 * which no node has seen a higher of, until it has it. One that must re-sync, or whose key is revoked, asks for nothing: an order, or its end, brings the successor
 * (EL6, GU4, ID8).
 */
export function renewGeneration(turn: Turn): void {
  const { role, authority, view, renewedAt, config, log } = turn.state
  if (role.r !== 'master' || view === null || !isRestored(view, role.token)) return
  if (!authority.linkUp || view.frozen !== null || view.master !== config.node || !log.complete) return
  if (turn.state.revoked.has(config.node)) return
  if (renewedAt !== null && turn.now - renewedAt < config.masterTtlMs) return
  turn.set({ renewedAt: turn.now as Instant })
  sendRenewal(turn)
}
