/** The acts of operators: decided like the requests of nodes, and each an event with who and why (RG11). */
import { unreachable } from '../../assert.ts'
import { LIMITS } from '../../limits.ts'
import { refusal } from './electable.ts'
import { standstillRefusal } from './freeze.ts'
import type { OperatorAction, RegistryContext, RegistryInput, RegistryStep } from './messages.ts'
import { ABOUT_THE_TOKEN, FOUNDED, RESTORING, type Ruling } from './operator-acts.ts'
import { accepted, changed, eventOf, result } from './outcome.ts'
import { evidenceOf, refuse, refuseRequest } from './refused-request.ts'
import type { Created, RegistryState } from './types.ts'

type Input = Extract<RegistryInput, { readonly i: 'operator' }>
type State = RegistryState & { readonly registry: Created }
type Act = (state: State, action: OperatorAction, operator: Input, context: RegistryContext) => Ruling

export function operator(state: State, input: Input, context: RegistryContext): RegistryStep {
  const { from, by, why, action } = input
  const table = state.registry.status === 'founded' ? FOUNDED : RESTORING
  const act = (table as Partial<Record<OperatorAction['act'], unknown>>)[action.act] as Act | undefined
  if (act === undefined) return refuseRequest(state, input)
  if (by.length > LIMITS.operatorTextCharacters || why.length > LIMITS.operatorTextCharacters) {
    return refuse(state, input, refusal('BAD_REQUEST', `more than ${LIMITS.operatorTextCharacters} characters of text`))
  }
  if (input.against !== undefined && input.against !== state.registry.version) {
    const why = `made against version ${input.against}, recorded is ${state.registry.version}`
    return refuse(state, input, refusal('STALE_VERSION', why))
  }
  const still = ABOUT_THE_TOKEN.has(action.act) ? standstillRefusal(state.registry) : null
  if (still !== null) return refuse(state, input, still)
  const evidence = evidenceOf(input)
  const ruling = act(state, action, input, context)
  switch (ruling.ruling) {
    case 'refuse':
      return refuse(state, input, ruling.refusal)
    case 'repeat': {
      const event = eventOf('operator-repeated', state.registry, { who: by, why: ruling.why, evidence })
      return result(state, { send: [accepted(from)], events: [event] })
    }
    case 'change': {
      const { registry, more = [], send: also = [], timers = [] } = ruling
      const { write, send } = changed(registry)
      const events = [eventOf(ruling.event, registry, { who: by, why, evidence }), ...more]
      return result({ ...state, registry }, { write: [write], send: [accepted(from), send, ...also], timers, events })
    }
    default:
      return unreachable(ruling)
  }
}
