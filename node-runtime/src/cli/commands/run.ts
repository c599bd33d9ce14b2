import { BatonError } from '@baton/shared/errors'
import type { Log } from '@baton/shared/ports/log'
import { loadConfig } from '../../config/load.ts'
import type { NodeConfig } from '../../config/types.ts'
import { exitWithParent } from '../../demo/exit-with-parent.ts'
import { fail } from '../command-io.ts'
import { explainError } from '../explain-error.ts'
import { createLogger } from '../logger.ts'
import { stopSignal } from '../stop-signal.ts'

/**
 * Runs a node until SIGTERM or SIGINT, which hands the mastership over first; a second signal ends it at once.
 * Does not return. @throws BatonError CONFIG_INVALID, CONFIG_UNREADABLE
 */
export async function run({ config: file }: { readonly config: string }): Promise<void> {
  exitWithParent()
  const loaded = loadConfig(file)
  if (!loaded.ok) throw loaded.error
  const config = loaded.value
  const log = await createLogger({ level: config.log.level, base: { node: config.node, cluster: config.cluster } })
  // A broken invariant of our own must stop the process: it may promise nothing any more.
  process.on('uncaughtException', (error) => exitWith(error, log))
  try {
    await runUntilStopped(config, log)
    // With the status that a node which ended by itself has set, else 0.
    process.exit()
  } catch (error) {
    exitWith(error, log)
  }
}

async function runUntilStopped(config: NodeConfig, log: Log): Promise<void> {
  const stopped = stopSignal()
  const { runNode } = await import('../../daemon/run-node.ts')
  const node = await runNode(config, log)
  if (!stopped.aborted) await Promise.race([aborted(stopped), node.ended])
  if (!stopped.aborted) return
  log.info({ signal: stopped.reason }, 'stopping: handing the mastership over')
  await node.stop()
}

function exitWith(error: unknown, log: Log): never {
  const { code, what, remedy } = explainError(error)
  // A stack only tells something about what nobody has foreseen.
  log.fatal({ code, remedy, ...(error instanceof BatonError ? {} : { err: error }) }, what)
  fail(error)
  // What the logger has not written yet is written by its own exit handler.
  process.exit()
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
