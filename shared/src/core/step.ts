/**
 * The one output contract of every machine in `core/`. A machine is a pure function
 * `step(state, input, now)`; what is to be done comes back as data, and a driver does it in one order:
 *
 *     stream → write → fsync → send → timers → events
 *
 * `stream` promises nothing about this node's disk (log entries on their way to a follower) and may
 * leave while the write is under way; everything in `send` leaves only after `write` is on stable
 * storage. A step that writes nothing costs no fsync. A driver may run many queued inputs and commit their
 * writes together (group commit): then all their sends leave after that one commit.
 */
import type { ErrorCode } from '../errors.ts'
import type { Hash, Instant, Ms } from '../ids.ts'

/** Why an input changed nothing. Bytes from a peer never throw in the core. */
export interface Rejection {
  readonly code: ErrorCode
  readonly why: string
}

/** A named timer; setting a name again replaces it, `after: null` cancels it. */
export interface TimerRequest<Name extends string = string> {
  readonly name: Name
  readonly after: Ms | null
}

export interface Step<State, Write, Send, Timer extends string, Event> {
  readonly state: State
  readonly stream?: readonly Send[]
  readonly write: readonly Write[]
  readonly send: readonly Send[]
  readonly timers: readonly TimerRequest<Timer>[]
  readonly events: readonly Event[]
  readonly rejected?: Rejection
}

/** SHA-256 over the concatenation of the parts. The platform gives it: `core` has no crypto of its own. */
export type HashFunction = (...parts: readonly Uint8Array[]) => Hash

/** What a driver hands to every step. */
export interface Moment {
  /** Monotonic time of this input. */
  readonly now: Instant
}

/** A step that does nothing: the unchanged state and an optional rejection. */
export function unchanged<State>(state: State, rejected?: Rejection): Step<State, never, never, never, never> {
  const nothing = { state, write: [], send: [], timers: [], events: [] }
  return rejected === undefined ? nothing : { ...nothing, rejected }
}
