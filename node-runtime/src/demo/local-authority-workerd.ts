/** One workerd under miniflare that stays dead when it dies. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { assert } from '@baton/shared/assert'
import { BatonError } from '@baton/shared/errors'
import type { Miniflare, MiniflareOptions } from 'miniflare'

/** That of package.json. The version counts: other majors take other options. */
export const MINIFLARE_PACKAGE = 'miniflare@5.20261023.2-beta'

/** Miniflare waits for ever for a workerd that could not be spawned. */
const STOP_MS_MAX = 2_000

export interface Workerd {
  readonly pid: number
  /** Ends it if it still runs. Resolves when it has ended and miniflare has cleaned up. */
  stop(): Promise<void>
}

/**
 * Resolves when its sockets listen. Throws `CONFIG_INVALID` when miniflare is not installed, or in another version; else what
 * miniflare throws, or an `Error` after `startMsMax`.
 */
export async function startWorkerd(options: MiniflareOptions, startMsMax: number): Promise<Workerd> {
  const miniflare = await importMiniflare()
  return watchingSpawns(async (spawned) => {
    const instance = construct(miniflare.Miniflare, options)
    try {
      await within(startMsMax, instance.ready)
      const workerd = spawned.find(({ spawnargs }) => spawnargs[1] === 'serve')
      assert(workerd !== undefined, 'miniflare is ready without a workerd')
      return supervise(instance, workerd)
    } catch (error) {
      await within(STOP_MS_MAX, instance.dispose()).catch(() => undefined)
      throw error
    }
  })
}

/** Miniflare replaces a workerd that has crashed, unless it is disposed of in the very event that tells of the end. */
function supervise(instance: Miniflare, workerd: ChildProcess): Workerd {
  const { pid, exitCode, signalCode } = workerd
  if (pid === undefined || exitCode !== null || signalCode !== null) throw new Error('workerd ended while it started')
  let disposal: Promise<void> | undefined
  const dispose = () => {
    disposal ??= instance.dispose().catch(() => undefined)
    return disposal
  }
  workerd.once('exit', dispose)
  return { pid, stop: dispose }
}

/** Runs `work` with a growing list of the processes that it spawns, and nobody else: miniflare does not tell workerd's. */
async function watchingSpawns<Result>(work: (spawned: readonly ChildProcess[]) => Promise<Result>): Promise<Result> {
  const context = new AsyncLocalStorage<ChildProcess[]>()
  const see = (message: unknown) => {
    const { process } = message as { readonly process: ChildProcess }
    context.getStore()?.push(process)
  }
  subscribe('child_process', see)
  try {
    const spawned: ChildProcess[] = []
    return await context.run(spawned, work, spawned)
  } finally {
    unsubscribe('child_process', see)
  }
}

async function importMiniflare(): Promise<typeof import('miniflare')> {
  try {
    return await import('miniflare')
  } catch (cause) {
    throw notInstalled('the package miniflare, which is not installed', cause)
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Leaves signals to whoever owns the process: miniflare would end it on the first one. It keeps its listener of `exit`. */
function construct(Class: typeof Miniflare, options: MiniflareOptions): Miniflare {
  const before = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]))
  try {
    return new Class(options)
  } catch (cause) {
    throw notInstalled(`${MINIFLARE_PACKAGE}; another version is installed`, cause)
  } finally {
    for (const [signal, listeners] of before)
      for (const listener of process.listeners(signal)) if (!listeners.includes(listener)) process.off(signal, listener)
  }
}

function notInstalled(what: string, cause: unknown): BatonError {
  const remedy = `npm install -g ${MINIFLARE_PACKAGE}`
  return new BatonError('CONFIG_INVALID', `this command needs ${what}`, { remedy, cause })
}

async function within<Result>(boundMs: number, result: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`not within ${boundMs / 1000} s`)), boundMs)
  try {
    return await Promise.race([result, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
