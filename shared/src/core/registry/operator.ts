/** What operators do to a cluster: each act is decided like a request, and an event with who and why (RG9, RG10, RG6). */
import type { Version } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { barRefusal, withoutBar } from './bars.ts'
import { refusal } from './electable.ts'
import type {
  OperatorAction,
  Refusal,
  RegistryContext,
  RegistryEvent,
  RegistryEventKind,
  RegistryEvidence,
  RegistryInput,
  RegistrySend,
  RegistryStep,
} from './messages.ts'
import { judgeOrder, waitingEvents } from './orders.ts'
import { accepted, changed, eventOf, refused, result } from './outcome.ts'
import { pauseAt } from './pause.ts'
import type { FoundedRegistry, RegistryState } from './types.ts'

type Input = Extract<RegistryInput, { readonly i: 'operator' }>
type Founded = RegistryState & { readonly registry: FoundedRegistry }
type Act<Name extends OperatorAction['act']> = Extract<OperatorAction, { readonly act: Name }>

/** What an act comes to. */
export type Ruling =
  | {
      readonly ruling: 'change'
      readonly registry: FoundedRegistry
      readonly event: RegistryEventKind
      readonly more?: readonly RegistryEvent[]
      readonly send?: readonly RegistrySend[]
    }
  /** The registry is already what was asked (RG1). */
  | { readonly ruling: 'repeat'; readonly why: string }
  | { readonly ruling: 'refuse'; readonly refusal: Refusal }

type Cell<Name extends OperatorAction['act']> = (
  state: Founded,
  action: Act<Name>,
  by: { readonly by: string; readonly why: string },
  context: RegistryContext,
) => Ruling

/** The compiler refuses a missing act. */
const ACTS: { readonly [Name in OperatorAction['act']]: Cell<Name> } = {
  order: (state, { id, node }, { why }, context) => {
    const order = { id, node, cause: 'operator', why } as const
    const verdict = judgeOrder(state.registry, order)
    if (verdict.verdict === 'repeat') return { ruling: 'repeat', why: `order ${id} was taken in before` }
    if (verdict.verdict === 'refuse') return { ruling: 'refuse', refusal: verdict.refusal }
    const { registry } = verdict
    const more = waitingEvents({ ...state, registry }, order, context)
    return { ruling: 'change', registry, event: 'ordered', more }
  },
  clear: ({ registry }, { node }) => {
    const wrong = barRefusal(registry, node)
    if (wrong !== null) return { ruling: 'refuse', refusal: wrong }
    if (!registry.bars.includes(node)) return { ruling: 'repeat', why: `${node} is not barred` }
    return { ruling: 'change', registry: withoutBar(registry, node), event: 'bar-lifted' }
  },
  pause: ({ registry }, { until }, { by, why }, { wallClock }) => {
    if (until <= wallClock || until - wallClock > LIMITS.pauseMs) {
      return refuse('BAD_REQUEST', `a pause ends in the future, after at most ${LIMITS.pauseMs} ms`)
    }
    return change(registry, 'paused', { pause: { by, why, until } })
  },
  resume: ({ registry }, _action, _by, { wallClock }) => {
    if (pauseAt(registry, wallClock) === null) return { ruling: 'repeat', why: 'nothing is paused' }
    return change(registry, 'resumed', { pause: null })
  },
  'confirm-fenced': ({ registry }, _action, { by, why }) => {
    if (registry.policy.recovery === 'automatic') {
      return refuse('BAD_REQUEST', 'the votes of this cluster carry its epoch: nobody needs to confirm anything')
    }
    return change(registry, 'fencing-confirmed', { fenced: { by, why } })
  },
  'allow-data-loss': ({ registry }, { node }, { by, why }) => {
    if (!registry.members.has(node)) return refuse('UNKNOWN_NODE', `${node} has never registered`)
    return change(registry, 'data-loss-allowed', { dataLoss: { node, by, why } })
  },
  'end-recovery': ({ registry }) => {
    if (registry.recovery === null) return { ruling: 'repeat', why: 'the cluster is not recovering' }
    return change(registry, 'recovery-ended', { recovery: null })
  },
}

export function operator(state: Founded, input: Input, context: RegistryContext): RegistryStep {
  const { from, by, why, action } = input
  const evidence: RegistryEvidence = { kind: 'operator', action }
  const act = ACTS[action.act] as Cell<OperatorAction['act']>
  const ruling = act(state, action as never, { by, why }, context)
  switch (ruling.ruling) {
    case 'refuse': {
      const about = { who: by, why: ruling.refusal.why, code: ruling.refusal.code, evidence }
      return refused(state, from, ruling.refusal, eventOf('operator-refused', state.registry, about))
    }
    case 'repeat': {
      const event = eventOf('operator-repeated', state.registry, { who: by, why: ruling.why, evidence })
      return result(state, { send: [accepted(from)], events: [event] })
    }
    case 'change': {
      const { registry, event, more = [], send: also = [] } = ruling
      const { write, send } = changed(registry)
      return result(
        { ...state, registry },
        {
          write: [write],
          send: [accepted(from), send, ...also],
          events: [eventOf(event, registry, { who: by, why, evidence }), ...more],
        },
      )
    }
  }
}

function change(registry: FoundedRegistry, event: RegistryEventKind, parts: Partial<FoundedRegistry>): Ruling {
  return { ruling: 'change', registry: { ...registry, ...parts, version: (registry.version + 1) as Version }, event }
}

function refuse(code: Refusal['code'], why: string): Ruling {
  return { ruling: 'refuse', refusal: refusal(code, why) }
}
