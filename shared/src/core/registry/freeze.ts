/** RG8: a registry that somebody knows more than was restored, or forged: it stands still until an operator has looked. */
import type { Version } from '../../ids.ts'
import { refusal } from './electable.ts'
import type { Refusal, RegistryEvidence, RegistryStep } from './messages.ts'
import { changed, eventOf } from './outcome.ts'
import { restoreWaits } from './restore-best.ts'
import type { Created, RegistryState } from './types.ts'

/** Why nothing is granted, reshaped or confirmed now; null when the registry is in order. */
export function standstill(registry: Created): string | null {
  return registry.frozen ?? restoreWaits(registry)
}

export function standstillRefusal(registry: Created): Refusal | null {
  const why = standstill(registry)
  return why === null ? null : refusal('CLUSTER_FROZEN', why)
}

/** A step that came upon a contradiction between the registry and what somebody knows: it freezes the registry too. */
export function contradicted(step: RegistryStep, who: string, why: string, evidence: RegistryEvidence): RegistryStep {
  const { registry } = step.state
  if (registry.status === 'absent') return step
  const frozen = freeze({ ...step.state, registry }, { who, why, evidence })
  return {
    ...step,
    state: frozen.state,
    write: [...step.write, ...frozen.write],
    send: [...step.send, ...frozen.send],
    events: [...step.events, ...frozen.events],
  }
}

/** From now on the registry stands still. Freezing a frozen one changes nothing. */
export function freeze(
  state: RegistryState & { readonly registry: Created },
  about: { readonly who: string; readonly why: string; readonly evidence: RegistryEvidence },
): Pick<RegistryStep, 'state' | 'write' | 'send' | 'events'> {
  if (state.registry.frozen !== null) return { state, write: [], send: [], events: [] }
  const version = (state.registry.version + 1) as Version
  const registry: Created = { ...state.registry, version, frozen: `${about.who}: ${about.why}`, restore: null }
  const { write, send } = changed(registry)
  return {
    state: { ...state, registry },
    write: [write],
    send: [send],
    events: [eventOf('frozen', registry, { ...about, code: 'CLUSTER_FROZEN' })],
  }
}
