/** RG9: the ban on electing a node, and how it ends. */
import { compareTokens, type NodeId, sameToken, type Version } from '../../ids.ts'
import { refusal } from './electable.ts'
import type { Refusal, RegistryInput, RegistryStep } from './messages.ts'
import { accepted, changed, eventOf, result } from './outcome.ts'
import { evidenceOf, refuse } from './refused-request.ts'
import { type FoundedRegistry, type Hearing, type RegistryState, tokenOf } from './types.ts'

type Input<Name extends RegistryInput['i']> = Extract<RegistryInput, { readonly i: Name }>
type Founded = RegistryState & { readonly registry: FoundedRegistry }

/** The node has executed every block again and agrees with every certificate: its bar is lifted. */
export function verified(state: Founded, input: Input<'verified'>): RegistryStep {
  const { registry } = state
  const { node: who, height } = input
  const evidence = evidenceOf(input)
  const wrong = verifiedRefusal(registry, state.hearing, input)
  if (wrong !== null) return refuse(state, input, wrong)
  if (!registry.bars.includes(who)) {
    const event = eventOf('verified-repeated', registry, { who, why: 'it is not barred', evidence })
    return result(state, { send: [accepted(input.from)], events: [event] })
  }
  const next = withoutBar(registry, who)
  const { write, send } = changed(next)
  const about = { who, why: `it has verified the chain to height ${height}`, evidence }
  return result(
    { ...state, registry: next },
    { write: [write], send: [accepted(input.from), send], events: [eventOf('bar-lifted', next, about)] },
  )
}

function verifiedRefusal(registry: FoundedRegistry, hearing: Hearing, input: Input<'verified'>): Refusal | null {
  const { node, token } = input
  if (!registry.members.has(node)) return refusal('UNKNOWN_NODE', `${node} has never registered`)
  if (!sameToken(token, tokenOf(registry))) {
    const order = compareTokens(token, tokenOf(registry))
    return refusal(order < 0 ? 'LOWER_TOKEN' : 'TOKEN_CONFLICT', `verified at another token than the recorded one`)
  }
  const report = hearing.reports.get(node)
  if (report === undefined || !sameToken(report.token, registry.lastGrant) || !report.complete) {
    return refusal('NOT_ELECTABLE', `${node} has not shown its whole log at this token`)
  }
  return barRefusal(registry, node)
}

/** Why the bar on this node may not be lifted; null when it may. */
export function barRefusal(registry: FoundedRegistry, node: NodeId): Refusal | null {
  const standing = registry.orders.find((order) => order.node === node)
  return standing === undefined
    ? null
    : refusal('NOT_ELECTABLE', `order ${standing.id} against ${node} stands until another node is granted`)
}

export function withoutBar(registry: FoundedRegistry, node: NodeId): FoundedRegistry {
  return {
    ...registry,
    version: (registry.version + 1) as Version,
    bars: registry.bars.filter((barred) => barred !== node),
  }
}
