/** Operators at their cluster's authority: who is let in, what is refused, and what their acts come to (ID7, RG11). */
import type { RegistryInput } from '@baton/shared/core/registry/messages'
import { eventOf } from '@baton/shared/core/registry/outcome'
import type { Revocations } from '@baton/shared/crypto/notices'
import { LIMITS } from '@baton/shared/limits'
import type { Clock } from '@baton/shared/ports/clock'
import { failure, type Result, success } from '@baton/shared/result'
import type { OperatorCall, OperatorRequest } from '../authority-api.ts'
import type { Registrar } from './registrar.ts'

const MINUTE_MS = 60_000

export class Operators {
  readonly #decider: Registrar
  readonly #clock: Clock
  readonly #revocations: Pick<Revocations, 'ofOperator'>
  #minute = { since: Number.NEGATIVE_INFINITY, told: 0, untold: 0 }

  constructor(decider: Registrar, clock: Clock, revocations: Pick<Revocations, 'ofOperator'>) {
    this.#decider = decider
    this.#clock = clock
    this.#revocations = revocations
  }

  /** Every refused call is an event, up to a bound in a minute: who asks may be anybody on the Internet. */
  admit(call: OperatorCall): Result<null> {
    const refusal = call.refusal ?? this.#ended(call.operator)
    if (refusal === null) return success(null)
    this.tellUntold()
    if (this.#minute.told >= LIMITS.refusedCallsPerMinute) this.#minute.untold += 1
    else {
      this.#minute.told += 1
      this.#decider.note(refusedCall(this.#decider, call, refusal))
    }
    return failure(refusal.code, refusal.why)
  }

  /** Asked again when a call has waited: a token ends while its holder follows the log. */
  #ended(operator: OperatorCall['operator']): OperatorCall['refusal'] {
    if (operator === null) return null
    const { name, expiresAt } = operator
    const revocation = this.#revocations.ofOperator(operator)
    const how = revocation !== null ? `is revoked: ${revocation.reason}` : 'has expired'
    if (revocation === null && this.#clock.wallNow() < expiresAt) return null
    return { code: 'UNAUTHENTICATED', why: `the operator token of ${name} ${how}` }
  }

  /** How many calls the bound has kept out of the log, once their minute is over. */
  tellUntold(): void {
    const now = this.#clock.now()
    if (now - this.#minute.since < MINUTE_MS) return
    const { untold } = this.#minute
    this.#minute = { since: now, told: 0, untold: 0 }
    if (untold === 0) return
    const why = `${untold} more calls were refused within a minute`
    const { registry } = this.#decider.state
    this.#decider.note(eventOf('operator-refused', registry, { who: UNKNOWN, why, code: 'UNAUTHENTICATED' }))
  }
}

const UNKNOWN = 'unknown'

function refusedCall(
  decider: Registrar,
  { call, operator }: OperatorCall,
  refusal: NonNullable<OperatorCall['refusal']>,
) {
  const evidence = {
    kind: 'call',
    call: call.slice(0, LIMITS.operatorTextCharacters),
    ...(operator === null ? {} : { role: operator.role, token: operator.id }),
  } as const
  const who = operator?.name ?? UNKNOWN
  return eventOf('operator-refused', decider.state.registry, { who, why: refusal.why, code: refusal.code, evidence })
}

/** `from` waits for the answer. */
export function operatorInput(
  { operator, why, against, action }: OperatorRequest,
  from: Extract<RegistryInput, { i: 'operator' }>['from'],
): RegistryInput {
  const { name: by, role, id: token } = operator
  return { i: 'operator', from, by, why, action, role, token, ...(against === null ? {} : { against }) }
}
