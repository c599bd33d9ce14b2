/**
 * The registry of one cluster's mastership: a pure machine, run by the ClusterAuthority and the simulator. The rules are
 * in SPEC.md. The driver verifies signatures before a step, and applies its writes in one transaction (RG7).
 */
import { verified } from './bars.ts'
import { standstill, standstillRefusal } from './freeze.ts'
import { found } from './granted.ts'
import { claim } from './granting.ts'
import { create, seeMember } from './membership.ts'
import type { RegistryContext, RegistryInput, RegistryStep } from './messages.ts'
import { operator } from './operator.ts'
import { order } from './orders.ts'
import { result } from './outcome.ts'
import { endExpiredPause } from './pause.ts'
import { recovered } from './recovered.ts'
import { type Request, refuse, refuseRequest } from './refused-request.ts'
import { flushReports, hearForeignSilence, hearReport } from './reports.ts'
import { confirm, reshape } from './requests.ts'
import { directoryKnows, shown } from './restore.ts'
import { revoke } from './revoke.ts'
import { closeSession, openSession } from './sessions.ts'
import { tendSwitchover } from './switchover.ts'
import type { Registry, RegistryState } from './types.ts'

type InputName = RegistryInput['i']
type Input<Name extends InputName> = Extract<RegistryInput, { readonly i: Name }>
type InStatus<Status extends Registry['status']> = RegistryState & {
  readonly registry: Extract<Registry, { readonly status: Status }>
}
type Cell<Status extends Registry['status'], Name extends InputName> = (
  state: InStatus<Status>,
  input: Input<Name>,
  context: RegistryContext,
) => RegistryStep

/** What happens on each input in each state: the compiler refuses a missing cell. */
export const TRANSITIONS: {
  readonly [Status in Registry['status']]: { readonly [Name in InputName]: Cell<Status, Name> }
} = {
  absent: {
    create,
    memberSeen: notCreated,
    revoked: notCreated,
    sessionOpened: notCreated,
    sessionClosed: notCreated,
    report: notCreated,
    claim: refuseRequest,
    reshape: refuseRequest,
    confirm: refuseRequest,
    recovered: refuseRequest,
    verified: refuseRequest,
    order: notCreated,
    operator: refuseRequest,
    shown: notCreated,
    directoryKnows: notCreated,
    foreignSilence: notCreated,
    tick: nothing,
  },
  unfounded: {
    create: nothing,
    memberSeen: registerBeforeFounding,
    revoked: revoke,
    sessionOpened: openSession,
    sessionClosed: closeSession,
    report: hearReport,
    claim: refuseRequest,
    reshape: refuseRequest,
    confirm: refuseRequest,
    recovered: refuseRequest,
    verified: refuseRequest,
    order: notFounded,
    operator,
    shown,
    directoryKnows,
    foreignSilence: hearForeignSilence,
    tick: flushDue,
  },
  founded: {
    create: nothing,
    memberSeen: (state, input) => seeMember(state, input.member),
    revoked: revoke,
    sessionOpened: openSession,
    sessionClosed: closeSession,
    report: hearReport,
    claim: unlessStill(claim),
    reshape: unlessStill(reshape),
    confirm: unlessStill(confirm),
    recovered: unlessStill(recovered),
    verified: unlessStill(verified),
    order,
    operator,
    shown,
    directoryKnows,
    foreignSilence: hearForeignSilence,
    tick,
  },
}

/** One input, decided. Never throws on what a node says: a refusal is in `rejected` and in the reply. */
export function step(state: RegistryState, input: RegistryInput, context: RegistryContext): RegistryStep {
  const cell = TRANSITIONS[state.registry.status][input.i] as (
    state: RegistryState,
    input: RegistryInput,
    context: RegistryContext,
  ) => RegistryStep
  return cell(state, input, context)
}

/** RG8: while the registry stands still nothing about the mastership is decided. */
function unlessStill<Name extends Request['i']>(decide: Cell<'founded', Name>): Cell<'founded', Name> {
  return (state, input, context) => {
    const still = standstillRefusal(state.registry)
    return still === null ? decide(state, input, context) : refuse(state, input as Request, still)
  }
}

function nothing(state: RegistryState): RegistryStep {
  return result(state)
}

function notCreated(state: RegistryState): RegistryStep {
  return result(state, { rejected: { code: 'UNKNOWN_CLUSTER', why: 'the cluster was never created' } })
}

function notFounded(state: RegistryState): RegistryStep {
  return result(state, { rejected: { code: 'NOT_ELECTABLE', why: 'the founder has not registered yet' } })
}

function tick(state: InStatus<'founded'>, _input: RegistryInput, context: RegistryContext): RegistryStep {
  const ended = endExpiredPause(state, context)
  const planned = tendSwitchover(ended.state, context)
  const flushed = flushReports(planned.state, context.now, null)
  return {
    state: flushed.state,
    write: [...ended.write, ...planned.write, ...flushed.write],
    send: [...ended.send, ...planned.send],
    timers: [...planned.timers, ...flushed.timers],
    events: [...ended.events, ...planned.events],
  }
}

function flushDue(state: RegistryState, _input: RegistryInput, context: RegistryContext): RegistryStep {
  return flushReports(state, context.now, null)
}

/** RG2: the founder's first session grants it epoch 1; another member's only adds the member. */
function registerBeforeFounding(
  state: InStatus<'unfounded'>,
  input: Input<'memberSeen'>,
  context: RegistryContext,
): RegistryStep {
  const added = seeMember(state, input.member)
  if (input.member.node !== state.registry.founder || added.rejected !== undefined) return added
  // RG8: it may have had masters that this registry has forgotten.
  if (standstill(state.registry) !== null) return added
  const founded = found(added.state, input.member, input.nonce, context)
  return {
    ...founded,
    write: [...added.write, ...founded.write],
    events: [...added.events, ...founded.events],
  }
}
