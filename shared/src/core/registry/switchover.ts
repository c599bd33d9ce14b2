/**
 * A planned change of master: an operator asks, and when it is due the named standby claims while the master goes on. It is no
 * order: nobody is barred, and it is dropped when it cannot be done, so no master gives up an office that nobody can take.
 */
import type { NodeId, UnixMs, Version } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { SwitchoverView } from '../../protocol/control.ts'
import { electableStandbys, electionRefusal, logIsShort, refusal } from './electable.ts'
import { standstillRefusal } from './freeze.ts'
import type { OperatorAction, Refusal, RegistryContext, RegistryEvent, RegistryStep } from './messages.ts'
import type { Operator, Ruling } from './operator-acts.ts'
import { changed, eventOf, result } from './outcome.ts'
import { pauseAt } from './pause.ts'
import { settlingFor } from './switches.ts'
import type { FoundedRegistry, Hearing, RegistryState } from './types.ts'

type Founded = RegistryState & { readonly registry: FoundedRegistry }
type Asked = Extract<OperatorAction, { readonly act: 'switchover' }>

/** Taken in at once when it is due now and can be done, or when it is for later: whether it can be done is then asked at its time. */
export function askSwitchover(state: Founded, asked: Asked, by: Operator, context: RegistryContext): Ruling {
  const { registry, hearing } = state
  const { id, to } = asked
  const { wallClock } = context
  if (registry.switchover?.id === id) return { ruling: 'repeat', why: `switchover ${id} was asked for before` }
  if (to === registry.master) return { ruling: 'repeat', why: `${to} is the master` }
  const at = Math.max(asked.at, wallClock) as UnixMs
  if (at - wallClock > LIMITS.switchoverAheadMs) {
    return refuse(refusal('BAD_REQUEST', `a switchover lies at most ${LIMITS.switchoverAheadMs} ms ahead`))
  }
  if (to !== null && !registry.members.has(to)) return refuse(refusal('UNKNOWN_NODE', `${to} has never registered`))
  const plan = { id, to, by: by.by, why: by.why, at, until: (at + LIMITS.switchoverMs) as UnixMs }
  if (at > wallClock) return take(registry, { ...plan, due: false }, at - wallClock)
  const heir = heirOf(registry, hearing, to, wallClock)
  return 'code' in heir ? refuse(heir) : take(registry, { ...plan, to: heir.node, due: true }, LIMITS.switchoverMs)
}

function take(registry: FoundedRegistry, switchover: SwitchoverView, afterMs: number): Ruling {
  const next = { ...registry, version: (registry.version + 1) as Version, switchover }
  const timers = [{ name: 'switchover', after: afterMs as never }] as const
  return { ruling: 'change', registry: next, event: switchover.due ? 'switchover-due' : 'switchover-asked', timers }
}

/**
 * Who would take over from the living master now: the named node, or the best standby by priority and name; or why nobody
 * may. Everything that would refuse its claim is asked beforehand.
 */
export function heirOf(
  registry: FoundedRegistry,
  hearing: Hearing,
  to: NodeId | null,
  wallClock: UnixMs,
): { readonly node: NodeId } | Refusal {
  const pause = pauseAt(registry, wallClock)
  if (pause !== null) {
    return refusal('PAUSED', `${pause.by} has paused switches: ${pause.why}`, pause.until - wallClock)
  }
  if (registry.recovery !== null) return refusal('NOT_ELECTABLE', 'the cluster is recovering')
  if (registry.orders.length > 0) return refusal('NOT_ELECTABLE', 'an order stands: the switch is under way already')
  if (to !== null) return heirRefusal(registry, hearing, to, wallClock) ?? { node: to }
  const standbys = registry.syncSet.filter((node) => node !== registry.master)
  const able = standbys.filter((node) => heirRefusal(registry, hearing, node, wallClock) === null).sort(byPriority)
  const best = able[0]
  if (best !== undefined) return { node: best }
  const first = standbys[0]
  const why = first === undefined ? null : heirRefusal(registry, hearing, first, wallClock)
  return why ?? refusal('NOT_ELECTABLE', 'the sync set has no standby')

  function byPriority(a: NodeId, b: NodeId): number {
    const priority = (node: NodeId) => registry.members.get(node)?.priority ?? 0
    return priority(b) - priority(a) || (a < b ? -1 : 1)
  }
}

/** Why this node cannot be handed the mastership now; null when it can. */
export function heirRefusal(
  registry: FoundedRegistry,
  hearing: Hearing,
  node: NodeId,
  wallClock: UnixMs,
): Refusal | null {
  const member = registry.members.get(node)
  if (member === undefined) return refusal('UNKNOWN_NODE', `${node} has never registered`)
  if (!registry.syncSet.includes(node)) return refusal('NOT_ELECTABLE', `${node} is not in the sync set`)
  const wrong = electionRefusal(registry, member, wallClock)
  if (wrong !== null) return wrong
  if (logIsShort(registry, hearing, node)) return refusal('NOT_ELECTABLE', `the log of ${node} is not complete`)
  if (hearing.sessions.get(node)?.state !== 'open') {
    return refusal('NOT_ELECTABLE', `${node} has no session with the authority`)
  }
  return settlingFor(registry, member, wallClock)
}

/** With every tick: what is due is handed to the master, what has not been done in its time is dropped. */
export function tendSwitchover(state: Founded, context: RegistryContext): RegistryStep {
  const { registry, hearing } = state
  const { switchover } = registry
  const { wallClock } = context
  if (switchover === null) return result(state)
  const dueIn = (switchover.due ? switchover.until : switchover.at) - wallClock
  if (dueIn > 0) return result(state, { timers: [{ name: 'switchover', after: dueIn as never }] })
  if (switchover.due) {
    const standing = electableStandbys(registry, hearing, wallClock).length > 0
    return drop(state, switchover, `nobody took over in its time${standing ? '' : ': there is no standby any more'}`)
  }
  const heir = standstillRefusal(registry) ?? heirOf(registry, hearing, switchover.to, wallClock)
  if ('code' in heir) return drop(state, switchover, heir.why, heir.code)
  const due = { ...switchover, to: heir.node, due: true }
  const next = { ...registry, version: (registry.version + 1) as Version, switchover: due }
  const { write, send } = changed(next)
  const evidence = { kind: 'switchover', switchover: due } as const
  const event = eventOf('switchover-due', next, { who: due.by, why: due.why, evidence })
  const timers = [{ name: 'switchover', after: (due.until - wallClock) as never }] as const
  return result({ ...state, registry: next }, { write: [write], send: [send], timers, events: [event] })
}

/** What a grant makes of a planned switchover: any grant ends it, since it was asked under the token before. */
export function switchoverEvents(was: FoundedRegistry, is: FoundedRegistry, granted: string): readonly RegistryEvent[] {
  const { switchover } = was
  if (switchover === null) return []
  const evidence = { kind: 'switchover', switchover } as const
  const { by: who } = switchover
  if (switchover.due && is.master === switchover.to) {
    return [eventOf('switchover-done', is, { who, why: switchover.why, evidence })]
  }
  const why = `${is.master} was granted in the meantime: ${granted}`
  return [eventOf('switchover-dropped', is, { who, why, evidence })]
}

function drop(state: Founded, switchover: SwitchoverView, why: string, code?: Refusal['code']): RegistryStep {
  const registry = { ...state.registry, version: (state.registry.version + 1) as Version, switchover: null }
  const { write, send } = changed(registry)
  const evidence = { kind: 'switchover', switchover } as const
  const about = { who: switchover.by, why, evidence, ...(code === undefined ? {} : { code }) }
  const event = eventOf('switchover-dropped', registry, about)
  return result({ ...state, registry }, { write: [write], send: [send], events: [event] })
}

function refuse(refused: Refusal): Ruling {
  return { ruling: 'refuse', refusal: refused }
}
