/** The three requests of nodes: claim, reshape, confirm. Each is answered, and each is an event (RG11). */
import { unreachable } from '../../assert.ts'
import { type Epoch, type NodeId, sameToken, type Version } from '../../ids.ts'
import { judgeClaim } from './claim.ts'
import { granted, standingAfter } from './membership.ts'
import type {
  Refusal,
  RegistryContext,
  RegistryEventKind,
  RegistryEvidence,
  RegistryInput,
  RegistryStep,
} from './messages.ts'
import { ordersAfter } from './orders.ts'
import { accepted, changed, eventOf, masterActed, refused, result } from './outcome.ts'
import { pauseAt } from './pause.ts'
import { recoveryAfter } from './recovery.ts'
import { judgeReshape } from './reshape.ts'
import { switchesAfter } from './switches.ts'
import { type FoundedRegistry, type GrantRecord, type RegistryState, tokenOf } from './types.ts'

type Input<Name extends RegistryInput['i']> = Extract<RegistryInput, { readonly i: Name }>
type Founded = RegistryState & { readonly registry: FoundedRegistry }

/** RG2: granted, repeated or refused. */
export function claim(state: Founded, input: Input<'claim'>, context: RegistryContext): RegistryStep {
  const { registry } = state
  const { evidence: given, ...asked } = input.claim
  const evidence: RegistryEvidence = { kind: 'claim', claim: asked, given }
  const who = input.claim.node
  const verdict = judgeClaim(registry, state.hearing, input.claim, input.resignation, context)
  if (verdict.verdict === 'refuse') {
    const { code, why } = verdict.refusal
    const event = eventOf('claim-refused', registry, { who, why, code, evidence })
    return refused(state, input.from, verdict.refusal, event)
  }
  if (verdict.verdict === 'repeat') {
    const event = eventOf('grant-repeated', registry, { who, why: 'the same nonce holds this epoch', evidence })
    return result(state, { send: [accepted(input.from)], events: [event] })
  }
  const heirs = registry.syncSet.filter((node) => node !== registry.master && node !== who)
  const syncSet = verdict.recovering ? [who] : [who, ...heirs]
  const recovery = verdict.recovering ? recoveryAfter(registry) : registry.recovery
  const grant: GrantRecord = {
    generation: registry.generation,
    epoch: (registry.epoch + 1) as Epoch,
    version: (registry.version + 1) as Version,
    node: who,
    syncSet,
    recovering: recovery !== null,
    coming: comingAfter(registry, input.claim.coming, syncSet),
    nonce: input.claim.nonce,
    issuedAt: context.wallClock,
    certificate: verdict.member.certificate,
  }
  const next: FoundedRegistry = {
    ...registry,
    ...standingAfter(grant),
    recovery,
    orders: ordersAfter(registry, who),
    pause: pauseAt(registry, context.wallClock),
    switches: switchesAfter(registry, input.claim, context.wallClock),
  }
  const step = granted(state, next, grant, verdict.why, context, evidence)
  return { ...step, send: [accepted(input.from), ...step.send] }
}

/** EL7: announced only, so a name that cannot come is left out rather than a failover refused. */
function comingAfter(registry: FoundedRegistry, named: NodeId | null, syncSet: readonly NodeId[]): NodeId | null {
  if (named === null || !registry.members.has(named) || registry.bars.includes(named)) return null
  return syncSet.includes(named) ? null : named
}

/** RG4: the sync set changes only by its master's signed word. */
export function reshape(state: Founded, input: Input<'reshape'>, context: RegistryContext): RegistryStep {
  const { registry } = state
  const who = input.reshape.node
  const evidence: RegistryEvidence = { kind: 'reshape', reshape: input.reshape }
  const verdict = judgeReshape(registry, input.reshape)
  if (verdict.verdict === 'refuse') {
    const { code, why } = verdict.refusal
    const event = eventOf('reshape-refused', registry, { who, why, code, evidence })
    return refused(state, input.from, verdict.refusal, event)
  }
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
  const evidence: RegistryEvidence = { kind: 'token', token: input.token }
  if (registry.master !== who || !sameToken(input.token, tokenOf(registry))) {
    const why = `epoch ${registry.epoch} belongs to ${registry.master}`
    const refusal: Refusal = { code: 'NOT_CURRENT_MASTER', why, retryAfterMs: null }
    const event = eventOf('confirm-refused', registry, { who, why, code: refusal.code, evidence })
    return refused(state, input.from, refusal, event)
  }
  return result(masterActed(state, context.now), {
    write: [{ w: 'confirmed', node: who, token: input.token, at: context.wallClock }],
    send: [accepted(input.from)],
    events: [eventOf('confirmed', registry, { who, why: 'it holds this epoch', evidence })],
  })
}

type Request =
  | Input<'claim'>
  | Input<'reshape'>
  | Input<'confirm'>
  | Input<'recovered'>
  | Input<'verified'>
  | Input<'operator'>

const REFUSED: { readonly [Name in Request['i']]: RegistryEventKind } = {
  claim: 'claim-refused',
  reshape: 'reshape-refused',
  confirm: 'confirm-refused',
  recovered: 'recovery-end-refused',
  verified: 'verified-refused',
  operator: 'operator-refused',
}

/** A request to a cluster that has no master yet. */
export function refuseRequest(state: RegistryState, input: Request): RegistryStep {
  const why =
    state.registry.status === 'absent' ? 'the cluster was never created' : 'the founder has not registered yet'
  const code = state.registry.status === 'absent' ? 'UNKNOWN_CLUSTER' : 'NOT_ELECTABLE'
  const event = eventOf(REFUSED[input.i], state.registry, { who: whoAsks(input), why, code })
  return refused(state, input.from, { code, why, retryAfterMs: null }, event)
}

function whoAsks(input: Request): string {
  switch (input.i) {
    case 'claim':
      return input.claim.node
    case 'reshape':
      return input.reshape.node
    case 'confirm':
    case 'recovered':
    case 'verified':
      return input.node
    case 'operator':
      return input.by
    default:
      return unreachable(input)
  }
}
