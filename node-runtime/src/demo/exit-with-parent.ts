/**
 * A child of the demo ends with the demo, however that ended: the demo holds the writing end of the child's
 * standard input, and the kernel closes it even after kill -9. Asked for with `BATON_EXIT_WITH_PARENT=1`, because a daemon
 * under systemd has no standard input and must not stop for that.
 */
export const EXIT_WITH_PARENT = 'BATON_EXIT_WITH_PARENT'

/** Calls `exit` once standard input ends, when the environment asks for it. Call before anything slow at start. */
export function exitWithParent(
  environment: NodeJS.ProcessEnv = process.env,
  input: NodeJS.ReadStream = process.stdin,
  exit: () => void = () => process.exit(0),
): void {
  if (environment[EXIT_WITH_PARENT] !== '1') return
  input.once('end', exit)
  input.once('error', exit)
  input.resume()
  // Waiting for the end must not keep alive a command that has failed and is done. A file or a test's stream has nothing to let go.
  if ('unref' in input && typeof input.unref === 'function') input.unref()
}
