/** What an order of the directory has come to at its authority (RG9). */
import type { Registry } from '@baton/shared/core/registry/types'
import type { OrderAnswer } from '../authority-api.ts'
import type { Taken } from './decider.ts'

/** By the registry that the decision left behind: a repeat of an order that has ended is told so. */
export function orderAnswer({ registry, rejected }: Taken, id: string): OrderAnswer {
  return orderState(registry, id, rejected?.why ?? null)
}

export function orderState(registry: Registry, id: string, why: string | null): OrderAnswer {
  if (registry.status !== 'founded') return { taken: false, stands: false, why }
  return { taken: registry.ordersSeen.includes(id), stands: registry.orders.some((order) => order.id === id), why }
}
