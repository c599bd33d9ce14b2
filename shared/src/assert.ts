/** Our own bug, never a peer's: the process must stop rather than go on with a broken promise. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure'
}

/**
 * Stops on a broken invariant of our own. Kept on in production. Bytes from a peer are checked with
 * a rejection instead: they must never reach this.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message)
}

/** Ends a `switch` over a union: the compiler refuses a missing case. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unreachable: ${JSON.stringify(value)}`)
}
