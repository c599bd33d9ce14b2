/**
 * The authentication node on this machine: the Worker in a local workerd, with its databases on disk. workerd is started
 * directly, so that its process can be killed and started again on the same folder and port like any other part.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, copyFileSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import { workerdConfig } from './local-authority-config.ts'

/** That of wrangler.toml. */
const COMPATIBILITY_DATE = '2026-10-23'
const START_MS_MAX = 15_000
const STOP_MS_MAX = 2_000

export interface LocalAuthorityOptions {
  readonly port: number
  /** Created when missing; holds the databases, the bundled Worker and `workerd.log`. */
  readonly persistFolder: string
  readonly genesis: Genesis
  /** Text of the authority's private JWK. */
  readonly authorityKeyJwk: string
  /** Path of the bundled Worker; without one it is bundled from the checkout. */
  readonly workerScript?: string
}

export interface LocalAuthority {
  readonly url: string
  /** Of workerd itself: kill -9 of it is a crash of the whole control plane. */
  readonly pid: number
  /** Ends workerd; the databases stay. */
  stop(): Promise<void>
}

/** Resolves when requests are answered. Throws `PORT_TAKEN`, or `UNREACHABLE` with the end of workerd's log. */
export async function startLocalAuthority(options: LocalAuthorityOptions): Promise<LocalAuthority> {
  const folder = resolve(options.persistFolder)
  const state = join(folder, 'databases')
  mkdirSync(state, { recursive: true })
  const script = join(folder, 'worker.js')
  if (options.workerScript === undefined) await bundleWorker(script)
  else copyFileSync(options.workerScript, script)
  const config = join(folder, 'workerd.capnp')
  writeFileSync(config, workerdConfig(options.port, COMPATIBILITY_DATE, { script: 'worker.js', state }))
  const workerd = launch(config, join(folder, 'workerd.log'), options)
  try {
    await listening(workerd, options.port)
  } catch (error) {
    workerd.kill('SIGKILL')
    throw error
  }
  return {
    url: `http://127.0.0.1:${options.port}`,
    pid: workerd.pid!,
    stop: () => stop(workerd),
  }
}

/** One JavaScript file out of `worker/src`. Needs esbuild: only in a checkout. */
export async function bundleWorker(outfile: string): Promise<void> {
  const { build } = await import('esbuild')
  await build({
    entryPoints: [fileURLToPath(new URL('../../../worker/src/index.ts', import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2024',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'import'],
    external: ['cloudflare:*', 'node:*'],
    logLevel: 'error',
  })
}

function launch(config: string, logFile: string, { genesis, authorityKeyJwk }: LocalAuthorityOptions): ChildProcess {
  const log = openSync(logFile, 'a')
  try {
    return spawn(workerdBinary(), ['serve', config, '--control-fd=3'], {
      stdio: ['ignore', log, log, 'pipe'],
      env: { GENESIS: JSON.stringify(genesis), AUTHORITY_KEY: authorityKeyJwk },
    })
  } finally {
    closeSync(log)
  }
}

/** workerd comes with miniflare. */
function workerdBinary(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('miniflare'))
  return (require('workerd') as { readonly default: string }).default
}

/** workerd tells on its control pipe when it listens; it ends when it cannot. */
async function listening(workerd: ChildProcess, port: number): Promise<void> {
  const abort = new AbortController()
  const { signal } = abort
  const control = workerd.stdio[3]!
  const timer = setTimeout(() => abort.abort(), START_MS_MAX)
  try {
    const [message] = await Promise.race([once(control, 'data', { signal }), once(workerd, 'exit', { signal })])
    if (message instanceof Buffer && message.includes('"listen"')) return
  } catch (cause) {
    throw new BatonError('UNREACHABLE', 'the local authentication node did not start', {
      cause,
      remedy: 'look at workerd.log in its folder',
    })
  } finally {
    clearTimeout(timer)
    abort.abort()
  }
  throw new BatonError('PORT_TAKEN', `the local authentication node could not listen on port ${port}`, {
    remedy: 'stop what uses the port, or choose another; workerd.log in its folder says more',
  })
}

async function stop(workerd: ChildProcess): Promise<void> {
  if (workerd.exitCode !== null || workerd.signalCode !== null) return
  const ended = once(workerd, 'exit')
  workerd.kill('SIGTERM')
  const timer = setTimeout(() => workerd.kill('SIGKILL'), STOP_MS_MAX)
  await ended
  clearTimeout(timer)
}
