/** RG9: the ban on electing a node, and how it ends. */
import { compareTokens, type NodeId, sameToken, type UnixMs, type Version } from '../../ids.ts'
import type { OrderView } from '../../protocol/control.ts'
import { refusal } from './electable.ts'
import type { Refusal, RegistryInput, RegistryStep } from './messages.ts'
import { accepted, changed, eventOf, result } from './outcome.ts'
import { evidenceOf, refuse } from './refused-request.ts'
import { type FoundedRegistry, type Hearing, type RegistryState, tokenOf } from './types.ts'

type Input<Name extends RegistryInput['i']> = Extract<RegistryInput, { readonly i: Name }>
type Founded = RegistryState & { readonly registry: FoundedRegistry }

/** The node agrees with every certificate: its bar is lifted, or, where an operator has the last word, that is noted. */
export function verified(state: Founded, input: Input<'verified'>): RegistryStep {
  const { registry } = state
  const { node: who, height } = input
  const evidence = evidenceOf(input)
  const wrong = verifiedRefusal(registry, state.hearing, input)
  if (wrong !== null) return refuse(state, input, wrong)
  const known = registry.quarantine.find((quarantine) => quarantine.node === who)?.verified ?? null
  if (!registry.bars.includes(who) || known !== null) {
    const why = known === null ? 'it is not barred' : 'that is known: an operator lifts this bar'
    const event = eventOf('verified-repeated', registry, { who, why, evidence })
    return result(state, { send: [accepted(input.from)], events: [event] })
  }
  const kept = keeper(registry, who)
  const next = kept === null ? withoutBar(registry, who) : withVerified(registry, who, height)
  const { write, send } = changed(next)
  const end = kept === null ? '' : `; the bar stays: ${kept}`
  const about = { who, why: `it has verified the chain to height ${height}${end}`, evidence }
  const event = eventOf(kept === null ? 'bar-lifted' : 'verified', next, about)
  return result({ ...state, registry: next }, { write: [write], send: [accepted(input.from), send], events: [event] })
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
    quarantine: registry.quarantine.filter((barred) => barred.node !== node),
  }
}

/** What an order makes of the bars, and of the reasons that people are told; a later order does not soften an eviction. */
export function withBar(
  registry: FoundedRegistry,
  { id, node, cause, why }: OrderView,
  at: UnixMs,
  evicted: boolean,
): Pick<FoundedRegistry, 'bars' | 'quarantine'> {
  const before = registry.quarantine.find((barred) => barred.node === node)
  const reason = { node, order: id, cause, why, at, evicted: evicted || before?.evicted === true, verified: null }
  return {
    bars: registry.bars.includes(node) ? registry.bars : [...registry.bars, node],
    quarantine: [...registry.quarantine.filter((barred) => barred !== before), reason],
  }
}

/** Why only an operator may lift the bar on this node; null when its own verification does. */
function keeper({ policy, quarantine }: FoundedRegistry, node: NodeId): string | null {
  if (quarantine.some((barred) => barred.node === node && barred.evicted)) return 'the node was evicted'
  return policy.barsEnd === 'operator' ? 'the policy leaves it to an operator' : null
}

function withVerified(registry: FoundedRegistry, node: NodeId, verified: number): FoundedRegistry {
  const version = (registry.version + 1) as Version
  const unnamed = registry.quarantine.every((barred) => barred.node !== node)
  // Entered again in a restore, where nobody said why.
  const quarantine = unnamed
    ? withBar(registry, RESTORED_BAR(node), 0 as UnixMs, false).quarantine
    : registry.quarantine
  return {
    ...registry,
    version,
    quarantine: quarantine.map((barred) => (barred.node === node ? { ...barred, verified } : barred)),
  }
}

const RESTORED_BAR = (node: NodeId): OrderView => {
  return { id: 'restored', node, cause: 'operator', why: 'entered again when the registry was restored' }
}
