/**
 * MJ1, ID7: what an authority answers operators, a member of the majority answers for its own cluster. With the control plane gone, operators are not
 * without hands: the same commands, with the address of a member.
 */
import { hearTogether, toldHearing } from '@baton/shared/core/arbiter/hearing'
import type { ArbiterState } from '@baton/shared/core/arbiter/types'
import { standingAlerts } from '@baton/shared/core/registry/alerts'
import { explain } from '@baton/shared/core/registry/explain'
import { step } from '@baton/shared/core/registry/machine'
import type { OperatorInput, Outcome, RegistryContext, RegistryEvent } from '@baton/shared/core/registry/messages'
import type { RegistryState } from '@baton/shared/core/registry/types'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import type { Revocations } from '@baton/shared/crypto/notices'
import { verifyOperatorToken, withRole } from '@baton/shared/crypto/operator-token'
import type { OperatorRole, OperatorToken } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import type { ClusterId, Jws, NodeId } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'
import { ACTS, restoreRefusal } from '@baton/shared/protocol/operator-acts'
import type { ActAnswer, DeskExplanation, DeskStatus, OperatorDesk } from '../../api/operator-desk.ts'
import { viewOfDecided } from './decided-view.ts'

export interface MemberDeskPorts {
  readonly cluster: ClusterId
  readonly trust: Trust
  readonly revocations: Pick<Revocations, 'ofOperator'>
  readonly clock: Clock
  readonly state: () => ArbiterState
  /** Decided by the members; the events are those of the step that answered. */
  readonly ask: (input: Omit<OperatorInput, 'from'>) => Promise<DeskAnswer>
}

export interface DeskAnswer {
  readonly outcome: Outcome
  readonly events: readonly RegistryEvent[]
}

export class MemberDesk implements OperatorDesk {
  readonly #ports: MemberDeskPorts

  constructor(ports: MemberDeskPorts) {
    this.#ports = ports
  }

  async admit(authorization: Jws, needed: OperatorRole): Promise<OperatorToken> {
    const { cluster, trust, revocations, clock } = this.#ports
    const verified = await verifyOperatorToken(trust, cluster, authorization, clock.wallNow())
    if (!verified.ok) throw new BatonError(verified.code, verified.why)
    const revocation = revocations.ofOperator(verified.value)
    if (revocation !== null) {
      const why = `the operator token of ${verified.value.name} is revoked: ${revocation.reason}`
      throw new BatonError('UNAUTHENTICATED', why)
    }
    const operator = withRole(verified.value, needed)
    if (!operator.ok) throw new BatonError(operator.code, operator.why)
    return operator.value
  }

  status(): DeskStatus {
    const { cluster, clock, state } = this.#ports
    const { hearing, config, decided } = state()
    const members = decided === null ? [] : [...decided.value.registry.members.values()].sort(byName)
    const heard = members.map(({ node, site }) => {
      const report = hearing.reports.get(node)
      const session = node === config.member.node ? 'open' : (hearing.links.get(node)?.state ?? 'none')
      const reportAgeMs = report === undefined ? null : Math.round(clock.now() - report.at)
      return { node, site, session, reportAgeMs } as const
    })
    return { cluster, state: decided === null ? null : viewOfDecided(decided), heard }
  }

  explain(): DeskExplanation {
    const context = this.#context()
    const known = this.#known(context)
    const explanation = explain(known, context)
    return { cluster: this.#ports.cluster, ...explanation, alerts: standingAlerts(known, explanation, context) }
  }

  async act(operator: OperatorToken, name: keyof typeof ACTS, body: unknown): Promise<ActAnswer> {
    const { cluster, clock, ask } = this.#ports
    const refusal = restoreRefusal(name, cluster)
    if (refusal !== null) throw new BatonError('BAD_REQUEST', refusal)
    const asked = ACTS[name].body.safeParse(body)
    if (!asked.success) {
      const [issue] = asked.error.issues
      throw new BatonError('BAD_REQUEST', `${issue?.path.join('.') || 'body'}: ${issue?.message}`)
    }
    const { why, against, dryRun } = asked.data
    const { name: by, role, id: token } = operator
    const said = { by, why, action: ACTS[name].action(asked.data, clock.wallNow()), role, token }
    const input = { i: 'operator', ...said, ...(against === undefined ? {} : { against }) } as const
    const { outcome, events } = dryRun ? this.#consider(input) : await ask(input)
    const { decided } = this.#ports.state()
    const shown = { state: decided === null ? null : viewOfDecided(decided), events }
    return outcome.ok ? { ok: true, dryRun, ...shown } : { ...outcome, ...shown }
  }

  /** What would come of it, by what this member knows and hears; nothing is changed. */
  #consider(input: Omit<OperatorInput, 'from'>): DeskAnswer {
    const context = this.#context()
    const from = { channel: 'nobody', request: 0 }
    const { send, events } = step(this.#known(context), { ...input, from }, context)
    const reply = send.find((each) => each.s === 'reply')
    if (reply === undefined) throw new BatonError('INTERNAL', 'an act of an operator was not answered')
    return { outcome: reply.outcome, events }
  }

  #known(context: RegistryContext): RegistryState {
    const { cluster, state } = this.#ports
    const { hearing, config, decided } = state()
    if (decided === null)
      throw new BatonError(
        'UNREACHABLE',
        `this member knows nothing yet of the registry of ${cluster}: it is made when all members are in reach of each other`,
      )
    const told = new Map([[config.member.node, toldHearing(hearing, context.now)]])
    return hearTogether(decided.value.registry, told, config.members, context).state
  }

  #context(): RegistryContext {
    const { clock } = this.#ports
    return { now: clock.now(), wallClock: clock.wallNow() }
  }
}

function byName(a: { readonly node: NodeId }, b: { readonly node: NodeId }): number {
  return a.node < b.node ? -1 : 1
}
