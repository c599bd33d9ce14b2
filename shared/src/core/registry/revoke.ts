/** ID8: what an owner has revoked is not elected any more, and a revoked master is switched away from (RG9). */
import type { Version } from '../../ids.ts'
import type { OrderView } from '../../protocol/control.ts'
import type { RegistryContext, RegistryInput, RegistryStep } from './messages.ts'
import { order } from './orders.ts'
import { changed, eventOf, result } from './outcome.ts'
import type { Created, Member, RegistryState } from './types.ts'

type Input = Extract<RegistryInput, { readonly i: 'revoked' }>

/** Names a key: the node may come back with another one that its owner certifies. Repeats change nothing. */
export function revoke(
  state: RegistryState & { readonly registry: Created },
  input: Input,
  context: RegistryContext,
): RegistryStep {
  const member = state.registry.members.get(input.node)
  if (member === undefined || member.key !== input.key || member.revoked === true) return result(state)
  const revoked: Member = { ...member, revoked: true }
  const registry: Created = {
    ...state.registry,
    version: (state.registry.version + 1) as Version,
    members: new Map(state.registry.members).set(input.node, revoked),
  }
  const next = { ...state, registry }
  const { id, node, why } = input
  const about = { who: input.by, why, evidence: { kind: 'revoked', id, node, key: input.key } } as const
  const { write, send } = changed(registry)
  const marked = result(next, {
    write: [{ w: 'member', member: revoked }, write],
    send: [send],
    events: [eventOf('revoked', registry, about)],
  })
  if (registry.status !== 'founded' || registry.master !== node) return marked
  const given: OrderView = { id, node, cause: 'operator', why: `its key is revoked: ${why}` }
  const ordered = order({ ...next, registry }, { i: 'order', ...given }, context)
  return { ...ordered, write: [...marked.write, ...ordered.write], events: [...marked.events, ...ordered.events] }
}
