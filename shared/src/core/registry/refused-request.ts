/** Requests that change nothing: answered, and recorded with who, why and on what evidence (RG11). */
import { unreachable } from '../../assert.ts'
import type { Refusal, RegistryEventKind, RegistryEvidence, RegistryInput, RegistryStep } from './messages.ts'
import { eventOf, refused } from './outcome.ts'
import type { RegistryState } from './types.ts'

export type Request = Extract<RegistryInput, { readonly from: unknown }>

const REFUSED: { readonly [Name in Request['i']]: RegistryEventKind } = {
  claim: 'claim-refused',
  reshape: 'reshape-refused',
  confirm: 'confirm-refused',
  recovered: 'recovery-end-refused',
  verified: 'verified-refused',
  operator: 'operator-refused',
}

export function refuse(state: RegistryState, input: Request, refusal: Refusal): RegistryStep {
  const { code, why } = refusal
  const event = eventOf(REFUSED[input.i], state.registry, {
    who: whoAsks(input),
    why,
    code,
    evidence: evidenceOf(input),
  })
  return refused(state, input.from, refusal, event)
}

/** A request to a cluster that has no master yet. */
export function refuseRequest(state: RegistryState, input: Request): RegistryStep {
  const absent = state.registry.status === 'absent'
  const why = absent ? 'the cluster was never created' : 'the founder has not registered yet'
  return refuse(state, input, { code: absent ? 'UNKNOWN_CLUSTER' : 'NOT_ELECTABLE', why, retryAfterMs: null })
}

export function evidenceOf(input: Request): RegistryEvidence {
  switch (input.i) {
    case 'claim': {
      const { evidence: given, ...claim } = input.claim
      return { kind: 'claim', claim, given }
    }
    case 'reshape':
      return { kind: 'reshape', reshape: input.reshape }
    case 'confirm':
      return { kind: 'token', token: input.token }
    case 'recovered':
      return { kind: 'recovered', token: input.token, by: input.by }
    case 'verified':
      return { kind: 'verified', token: input.token, height: input.height }
    case 'operator':
      return {
        kind: 'operator',
        action: input.action,
        ...(input.role === undefined ? {} : { role: input.role }),
        ...(input.token === undefined ? {} : { token: input.token }),
      }
    default:
      return unreachable(input)
  }
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
