/** RG4, RG7: what the master asks of the registry. Each request is answered, and each is an event (RG11). */
import { sameToken, type Version } from '../../ids.ts'
import type { RegistryContext, RegistryInput, RegistryStep } from './messages.ts'
import { accepted, changed, eventOf, masterActed, result } from './outcome.ts'
import { evidenceOf, refuse } from './refused-request.ts'
import { judgeReshape } from './reshape.ts'
import { type FoundedRegistry, type RegistryState, tokenOf } from './types.ts'

type Input<Name extends RegistryInput['i']> = Extract<RegistryInput, { readonly i: Name }>
type Founded = RegistryState & { readonly registry: FoundedRegistry }

/** RG4: the sync set changes only by its master's signed word. */
export function reshape(state: Founded, input: Input<'reshape'>, context: RegistryContext): RegistryStep {
  const { registry } = state
  const who = input.reshape.node
  const evidence = evidenceOf(input)
  const verdict = judgeReshape(registry, input.reshape)
  if (verdict.verdict === 'refuse') return refuse(state, input, verdict.refusal)
  if (verdict.verdict === 'repeat') {
    const event = eventOf('reshape-repeated', registry, { who, why: 'the sync set is what was asked', evidence })
    return result(state, { send: [accepted(input.from)], events: [event] })
  }
  const { syncSet } = input.reshape
  const arrived = registry.coming !== null && syncSet.includes(registry.coming)
  const next: FoundedRegistry = {
    ...registry,
    version: (registry.version + 1) as Version,
    syncSet,
    syncSetVersion: (registry.version + 1) as Version,
    coming: arrived ? null : registry.coming,
    reshape: input.statement,
  }
  const { write, send } = changed(next)
  const statement = { w: 'reshape', token: tokenOf(next), version: next.version, statement: input.statement } as const
  return result(masterActed({ ...state, registry: next }, context.now), {
    write: [statement, write],
    send: [accepted(input.from), send],
    events: [eventOf('reshaped', next, { who, why: 'asked by the master at its token', evidence })],
  })
}

/** RG7: "am I still master?" is answered by a write, which a fenced instance of the authority cannot make. */
export function confirm(state: Founded, input: Input<'confirm'>, context: RegistryContext): RegistryStep {
  const { registry } = state
  const who = input.node
  const evidence = evidenceOf(input)
  if (registry.master !== who || !sameToken(input.token, tokenOf(registry))) {
    const why = `epoch ${registry.epoch} belongs to ${registry.master}`
    return refuse(state, input, { code: 'NOT_CURRENT_MASTER', why, retryAfterMs: null })
  }
  return result(masterActed(state, context.now), {
    write: [{ w: 'confirmed', node: who, token: input.token, at: context.wallClock }],
    send: [accepted(input.from)],
    events: [eventOf('confirmed', registry, { who, why: 'it holds this epoch', evidence })],
  })
}
