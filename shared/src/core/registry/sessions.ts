/** Sessions of nodes as this life of the authority sees them open and close (RG3). */
import type { RegistryContext, RegistryInput, RegistrySend, RegistryStep } from './messages.ts'
import { result } from './outcome.ts'
import { flushReports } from './reports.ts'
import type { Created, RegistryState } from './types.ts'

type Input<Name extends RegistryInput['i']> = Extract<RegistryInput, { readonly i: Name }>

type State = RegistryState & { readonly registry: Created }

/** One session per node, the newest wins: a close may never be told (DESIGN section 11). */
export function openSession(state: State, input: Input<'sessionOpened'>, context: RegistryContext): RegistryStep {
  if (!state.registry.members.has(input.node)) {
    return result(state, { rejected: { code: 'UNKNOWN_NODE', why: `${input.node} is not a member` } })
  }
  const older = state.hearing.sessions.get(input.node)
  const sessions = new Map(state.hearing.sessions).set(input.node, {
    state: 'open',
    id: input.session,
    at: context.now,
  })
  const superseded = older?.state === 'open' && older.id !== input.session
  const send: RegistrySend[] = superseded ? [{ s: 'closeSession', session: older.id, why: 'superseded' }] : []
  return result({ ...state, hearing: { ...state.hearing, sessions } }, { send })
}

/** The close of a superseded session says nothing about its node. */
export function closeSession(
  state: RegistryState,
  input: Input<'sessionClosed'>,
  context: RegistryContext,
): RegistryStep {
  const session = state.hearing.sessions.get(input.node)
  if (session?.state !== 'open' || session.id !== input.session) return result(state)
  const closed = { state: 'closed', id: session.id, at: context.now } as const
  const hearing = { ...state.hearing, sessions: new Map(state.hearing.sessions).set(input.node, closed) }
  // The last word of a node that may be dead is what EL6 will measure its return by: write it now.
  const flushed = flushReports({ ...state, hearing }, context.now, input.node)
  return { ...flushed, send: [{ s: 'sessionClosed', node: input.node }] }
}
