/** RC3, recorded: the end of a cluster's recovery. */
import { sameToken, type Token, type Version } from '../../ids.ts'
import { refusal } from './electable.ts'
import type { RecoveredBy, Refusal, RegistryContext, RegistryInput, RegistryStep } from './messages.ts'
import { accepted, changed, eventOf, masterActed, result } from './outcome.ts'
import { evidenceOf, refuse } from './refused-request.ts'
import { type FoundedRegistry, type RegistryState, tokenOf } from './types.ts'

type Input<Name extends RegistryInput['i']> = Extract<RegistryInput, { readonly i: Name }>
type Founded = RegistryState & { readonly registry: FoundedRegistry }

/** Only the master at its token knows that its recovery has ended. A repeat is a success (RG1). */
export function recovered(state: Founded, input: Input<'recovered'>, context: RegistryContext): RegistryStep {
  const { registry } = state
  const who = input.node
  const evidence = evidenceOf(input)
  const wrong = recoveredRefusal(registry, who, input.token, input.by)
  if (wrong !== null) return refuse(state, input, wrong)
  if (registry.recovery === null) {
    const event = eventOf('recovery-end-repeated', registry, { who, why: 'the cluster is not recovering', evidence })
    return result(state, { send: [accepted(input.from)], events: [event] })
  }
  const next = { ...registry, version: (registry.version + 1) as Version, recovery: null }
  const { write, send } = changed(next)
  const why =
    input.by.kind === 'height' ? `the chain has passed height ${input.by.height}` : `it has the log of ${input.by.from}`
  return result(masterActed({ ...state, registry: next }, context.now), {
    write: [write],
    send: [accepted(input.from), send],
    events: [eventOf('recovery-ended', next, { who, why, evidence })],
  })
}

function recoveredRefusal(registry: FoundedRegistry, who: string, token: Token, by: RecoveredBy): Refusal | null {
  if (registry.master !== who || !sameToken(token, tokenOf(registry))) {
    return refusal('NOT_CURRENT_MASTER', `epoch ${registry.epoch} belongs to ${registry.master}`)
  }
  if (registry.recovery === null || by.kind === 'height') return null
  const { lastClean } = registry.recovery
  if (lastClean.syncSet.includes(by.from)) return null
  return refusal('STATEMENT_INVALID', `${by.from} was not in the sync set of the last clean epoch`)
}
