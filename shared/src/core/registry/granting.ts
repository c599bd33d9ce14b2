/** RG1, RG2: a claim, decided, answered and recorded. */
import type { Epoch, NodeId, Version } from '../../ids.ts'
import { judgeClaim } from './claim.ts'
import { contradicted } from './freeze.ts'
import { granted, standingAfter } from './granted.ts'
import type { RegistryContext, RegistryInput, RegistryStep } from './messages.ts'
import { ordersAfter } from './orders.ts'
import { accepted, eventOf, result } from './outcome.ts'
import { pauseAt } from './pause.ts'
import { recoveryAfter } from './recovery.ts'
import { evidenceOf, refuse } from './refused-request.ts'
import { switchesAfter } from './switches.ts'
import { switchoverEvents } from './switchover.ts'
import type { FoundedRegistry, GrantRecord, RegistryState } from './types.ts'

type Input<Name extends RegistryInput['i']> = Extract<RegistryInput, { readonly i: Name }>
type Founded = RegistryState & { readonly registry: FoundedRegistry }

/** RG2: granted, repeated or refused. */
export function claim(state: Founded, input: Input<'claim'>, context: RegistryContext): RegistryStep {
  const { registry } = state
  const evidence = evidenceOf(input)
  const who = input.claim.node
  const verdict = judgeClaim(registry, state.hearing, input.claim, input.resignation, context)
  if (verdict.verdict === 'refuse') {
    const step = refuse(state, input, verdict.refusal)
    return verdict.refusal.code === 'TOKEN_CONFLICT' ? contradicted(step, who, verdict.refusal.why, evidence) : step
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
    switches: switchesAfter(registry, state.hearing, input.claim, context),
  }
  const step = granted(state, next, grant, verdict.why, context, evidence)
  const planned = switchoverEvents(registry, next, verdict.why)
  return { ...step, send: [accepted(input.from), ...step.send], events: [...step.events, ...planned] }
}

/** EL7: announced only, so a name that cannot come is left out rather than a failover refused. */
function comingAfter(registry: FoundedRegistry, named: NodeId | null, syncSet: readonly NodeId[]): NodeId | null {
  const member = named === null ? undefined : registry.members.get(named)
  if (named === null || member === undefined || member.revoked === true || registry.bars.includes(named)) return null
  return syncSet.includes(named) ? null : named
}
