/** Building blocks of a registry step: what a change writes, says and records. */
import type { Instant } from '../../ids.ts'
import type {
  Refusal,
  RegistryEvent,
  RegistryEventKind,
  RegistryEvidence,
  RegistrySend,
  RegistryStep,
  RegistrySummary,
  RegistryWrite,
  RequestRef,
} from './messages.ts'
import type { Created, Registry, RegistryState } from './types.ts'

type Parts = Partial<Pick<RegistryStep, 'write' | 'send' | 'timers' | 'events' | 'rejected'>>

export function result(state: RegistryState, parts: Parts = {}): RegistryStep {
  return { state, write: [], send: [], timers: [], events: [], ...parts }
}

export function summarize(registry: Registry): RegistrySummary {
  if (registry.status === 'absent') return { generation: null, epoch: null, version: null, master: null, syncSet: [] }
  const { generation, version } = registry
  if (registry.status === 'unfounded') return { generation, epoch: null, version, master: null, syncSet: [] }
  return { generation, epoch: registry.epoch, version, master: registry.master, syncSet: registry.syncSet }
}

/** RG11. */
export function eventOf(
  event: RegistryEventKind,
  registry: Registry,
  about: { who: string; why: string; evidence?: RegistryEvidence; code?: RegistryEvent['code'] },
): RegistryEvent {
  const { who, why, evidence = null, code = null } = about
  return { event, who, why, code, evidence, after: summarize(registry) }
}

/** RG1: the cluster row as changed, told to every session. */
export function changed(registry: Created): { write: RegistryWrite; send: RegistrySend } {
  return { write: { w: 'cluster', registry }, send: { s: 'broadcast' } }
}

/** A request that changed nothing: answered, and recorded with the reason. */
export function refused(state: RegistryState, to: RequestRef, refusal: Refusal, event: RegistryEvent): RegistryStep {
  const outcome = { ok: false, ...refusal } as const
  const rejected = { code: refusal.code, why: refusal.why }
  return result(state, { send: [{ s: 'reply', to, outcome }], events: [event], rejected })
}

export function accepted(to: RequestRef): RegistrySend {
  return { s: 'reply', to, outcome: { ok: true } }
}

/** The master did something that only the holder of the present token can do: it was heard (RG3). */
export function masterActed(state: RegistryState, now: Instant): RegistryState {
  return { ...state, hearing: { ...state.hearing, masterActedAt: now } }
}
