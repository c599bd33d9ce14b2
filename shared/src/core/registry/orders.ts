/** RG9: a forced switch is a persisted order against a node; the bar on it outlasts the order. */
import type { NodeId, UnixMs, Version } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { OrderView } from '../../protocol/control.ts'
import { withBar } from './bars.ts'
import { refusal } from './electable.ts'
import { heirs } from './heirs.ts'
import type {
  Refusal,
  RegistryContext,
  RegistryEvent,
  RegistryEvidence,
  RegistryInput,
  RegistryStep,
} from './messages.ts'
import { changed, eventOf, result } from './outcome.ts'
import type { FoundedRegistry, RegistryState } from './types.ts'

type Input<Name extends RegistryInput['i']> = Extract<RegistryInput, { readonly i: Name }>
type Founded = RegistryState & { readonly registry: FoundedRegistry }

export type OrderVerdict =
  | { readonly verdict: 'take'; readonly registry: FoundedRegistry }
  /** This id was taken in before, whatever has become of it (RG1). */
  | { readonly verdict: 'repeat' }
  | { readonly verdict: 'refuse'; readonly refusal: Refusal }

/**
 * The node is barred at once, unless only missed votes are the reason (NW5). Against the master the order stands; against another node there is nothing to switch. While a
 * restore has not found out who is master, any may be (RG8).
 */
export function judgeOrder(
  registry: FoundedRegistry,
  order: OrderView,
  at: UnixMs,
  { bars = true, evicts = false }: { readonly bars?: boolean | undefined; readonly evicts?: boolean } = {},
): OrderVerdict {
  if (registry.ordersSeen.includes(order.id)) return { verdict: 'repeat' }
  const { node } = order
  if (!registry.members.has(node)) {
    return { verdict: 'refuse', refusal: refusal('UNKNOWN_NODE', `${node} has never registered`) }
  }
  if (registry.orders.length >= LIMITS.ordersStanding) {
    const why = `${registry.orders.length} orders stand against ${registry.master} already`
    return { verdict: 'refuse', refusal: refusal('BAD_REQUEST', why) }
  }
  const taken: FoundedRegistry = {
    ...registry,
    version: (registry.version + 1) as Version,
    orders: node === registry.master || registry.restore !== null ? [...registry.orders, order] : registry.orders,
    ordersSeen: [...registry.ordersSeen, order.id].slice(-LIMITS.ordersRemembered),
    ...(bars ? withBar(registry, order, at, evicts) : {}),
  }
  return { verdict: 'take', registry: taken }
}

/** The alert of an order that must wait: the master goes on until somebody can take over. */
export function waitingEvents(
  { registry, hearing }: Founded,
  order: OrderView,
  context: RegistryContext,
): readonly RegistryEvent[] {
  if (order.node !== registry.master) return []
  if (heirs(registry, hearing, context).length > 0) return []
  const why = `${order.node} goes on: no other node of the sync set may be elected`
  return [eventOf('order-waits', registry, { who: order.node, why, evidence: { kind: 'order', order } })]
}

/** A switch ends the orders against the old master; a master that claims anew has not been switched away from. */
export function ordersAfter(registry: FoundedRegistry, master: NodeId): readonly OrderView[] {
  return registry.orders.filter(({ node }) => node === master)
}

/** An automatic order, from the directory (NW5). */
export function order(state: Founded, input: Input<'order'>, context: RegistryContext): RegistryStep {
  const { registry } = state
  const { id, node, cause, why } = input
  const given: OrderView = { id, node, cause, why }
  const evidence: RegistryEvidence = { kind: 'order', order: given }
  const verdict = judgeOrder(registry, given, context.wallClock, { bars: input.bars })
  if (verdict.verdict === 'repeat') return result(state)
  if (verdict.verdict === 'refuse') {
    const { code } = verdict.refusal
    const event = eventOf('order-refused', registry, { who: node, why: verdict.refusal.why, code, evidence })
    return result(state, { events: [event], rejected: { code, why: verdict.refusal.why } })
  }
  const next = { ...state, registry: verdict.registry }
  const { write, send } = changed(verdict.registry)
  const ordered = eventOf('ordered', verdict.registry, { who: node, why, evidence })
  return result(next, { write: [write], send: [send], events: [ordered, ...waitingEvents(next, given, context)] })
}
