/** RG10: for a while no other node than the master is granted. It has an owner, a reason and an expiry. */
import type { NodeId, UnixMs, Version } from '../../ids.ts'
import type { PauseView } from '../../protocol/control.ts'
import { refusal } from './electable.ts'
import type { Refusal, RegistryContext, RegistryStep } from './messages.ts'
import { changed, eventOf, result } from './outcome.ts'
import type { FoundedRegistry, RegistryState } from './types.ts'

/** The pause that still lasts; an expired one is as good as none until a change or a tick drops it. */
export function pauseAt(registry: FoundedRegistry, wallClock: UnixMs): PauseView | null {
  return registry.pause !== null && wallClock < registry.pause.until ? registry.pause : null
}

/** What keeps `claimant` from a grant it would otherwise get for the reason `granted`; null when nothing does. */
export function pauseRefusal(
  registry: FoundedRegistry,
  claimant: NodeId,
  granted: string,
  wallClock: UnixMs,
): Refusal | null {
  const pause = pauseAt(registry, wallClock)
  if (pause === null || claimant === registry.master) return null
  const why = `${pause.by} has paused switches (${pause.why}); without that it would be granted: ${granted}`
  return refusal('PAUSED', why, pause.until - wallClock)
}

/** A tick that finds the pause expired records its end. */
export function endExpiredPause(
  state: RegistryState & { readonly registry: FoundedRegistry },
  { wallClock }: RegistryContext,
): RegistryStep & { readonly state: RegistryState & { readonly registry: FoundedRegistry } } {
  const { pause } = state.registry
  if (pause === null || wallClock < pause.until) return { ...result(state), state }
  const registry = { ...state.registry, version: (state.registry.version + 1) as Version, pause: null }
  const { write, send } = changed(registry)
  const event = eventOf('pause-expired', registry, { who: pause.by, why: pause.why })
  const next = { ...state, registry }
  return { ...result(next, { write: [write], send: [send], events: [event] }), state: next }
}
