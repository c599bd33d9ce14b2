/** What operators may do to a cluster, act by act (RG6, RG8, RG9, RG10, RC4). */
import type { NodeId, Version } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { barRefusal, withoutBar } from './bars.ts'
import { refusal } from './electable.ts'
import type {
  OperatorAction,
  Refusal,
  RegistryContext,
  RegistryEvent,
  RegistryEventKind,
  RegistrySend,
  RegistryStep,
} from './messages.ts'
import { judgeOrder, waitingEvents } from './orders.ts'
import { pauseAt } from './pause.ts'
import { raise } from './restore.ts'
import { acceptIncomplete } from './restore-adopt.ts'
import { askSwitchover } from './switchover.ts'
import type { Created, FoundedRegistry, RegistryState } from './types.ts'

/** What an act comes to. */
export type Ruling =
  | {
      readonly ruling: 'change'
      readonly registry: Created
      readonly event: RegistryEventKind
      readonly more?: readonly RegistryEvent[]
      readonly send?: readonly RegistrySend[]
      readonly timers?: RegistryStep['timers']
    }
  /** The registry is already what was asked (RG1). */
  | { readonly ruling: 'repeat'; readonly why: string }
  | { readonly ruling: 'refuse'; readonly refusal: Refusal }

export interface Operator {
  readonly by: string
  readonly why: string
}

type Cell<Known extends Created, Name extends OperatorAction['act']> = (
  state: RegistryState & { readonly registry: Known },
  action: Extract<OperatorAction, { readonly act: Name }>,
  operator: Operator,
  context: RegistryContext,
) => Ruling

export type RestoringAct = 'freeze' | 'raise-generation' | 'accept-incomplete-restore'

/** RG8: also before a cluster has a master, since its registry may have been lost as a whole. */
export const RESTORING: { readonly [Name in RestoringAct]: Cell<Created, Name> } = {
  freeze: ({ registry }, _action, { by, why }) => {
    if (registry.frozen !== null) return { ruling: 'repeat', why: 'the registry is frozen' }
    return change(registry, 'frozen', { frozen: `${by}: ${why}`, restore: null })
  },
  'raise-generation': ({ registry, hearing }, to) => {
    const { generation, orders } = to
    if (generation <= registry.generation) {
      return refuse('BAD_REQUEST', `the generation is ${registry.generation}: it can only be raised`)
    }
    const raised = raise(registry, to)
    const standing = raised.status === 'founded' ? raised.orders.length : orders.length
    if (raised.bars.length > LIMITS.nodesPerCluster || standing > LIMITS.ordersStanding) {
      return refuse('BAD_REQUEST', 'more bars or orders than a cluster can have')
    }
    const open = [...hearing.sessions.values()].filter(({ state }) => state === 'open')
    const send = open.map(({ id }) => ({ s: 'closeSession', session: id, why: 'restore' }) as const)
    return { ruling: 'change', registry: raised, event: 'generation-raised', send }
  },
  'accept-incomplete-restore': ({ registry }) => {
    if (registry.restore === null) return refuse('BAD_REQUEST', 'nothing is being restored: raise the generation first')
    return { ruling: 'change', registry: acceptIncomplete(registry), event: 'restore-accepted' }
  },
}

/** The compiler refuses a missing act. */
export const FOUNDED: { readonly [Name in OperatorAction['act']]: Cell<FoundedRegistry, Name> } = {
  ...RESTORING,
  order: (state, { id, node }, operator, context) => order(state, id, node, operator, context, false),
  evict: (state, { id, node }, operator, context) => order(state, id, node, operator, context, true),
  switchover: (state, asked, operator, context) => askSwitchover(state, asked, operator, context),
  'cancel-switchover': ({ registry }) => {
    if (registry.switchover === null) return { ruling: 'repeat', why: 'no switchover is asked for' }
    return change(registry, 'switchover-cancelled', { switchover: null })
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
  resume: ({ registry }, _action, _operator, { wallClock }) => {
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

/** Acts about the recorded token: while the registry stands still nobody knows whose it is. */
export const ABOUT_THE_TOKEN: ReadonlySet<OperatorAction['act']> = new Set([
  'confirm-fenced',
  'allow-data-loss',
  'end-recovery',
  'switchover',
])

function order(
  state: RegistryState & { readonly registry: FoundedRegistry },
  id: string,
  node: NodeId,
  { why }: Operator,
  context: RegistryContext,
  evicts: boolean,
): Ruling {
  const given = { id, node, cause: 'operator', why } as const
  const verdict = judgeOrder(state.registry, given, context.wallClock, { evicts })
  if (verdict.verdict === 'repeat') return { ruling: 'repeat', why: `order ${id} was taken in before` }
  if (verdict.verdict === 'refuse') return { ruling: 'refuse', refusal: verdict.refusal }
  const { registry } = verdict
  const more = waitingEvents({ ...state, registry }, given, context)
  return { ruling: 'change', registry, event: evicts ? 'evicted' : 'ordered', more }
}

function change<Known extends Created>(registry: Known, event: RegistryEventKind, parts: Partial<Known>): Ruling {
  const next: Created = { ...registry, ...parts, version: (registry.version + 1) as Version }
  return { ruling: 'change', registry: next, event }
}

function refuse(code: Refusal['code'], why: string): Ruling {
  return { ruling: 'refuse', refusal: refusal(code, why) }
}
