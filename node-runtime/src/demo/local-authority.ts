/** The authentication node on this machine: the Worker under miniflare, with its databases on disk. */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import type { Plugin } from 'esbuild'
import { miniflareOptions } from './local-authority-options.ts'
import { startWorkerd } from './local-authority-workerd.ts'

const START_MS_MAX = 15_000

export interface LocalAuthorityOptions {
  readonly port: number
  /** Created when missing; holds the databases, the bundled Worker and `workerd.log`. */
  readonly persistFolder: string
  readonly genesis: Genesis
  /** Text of the authority's private JWK. */
  readonly authorityKeyJwk: string
  /** What owners have signed about keys since genesis, one a line. */
  readonly authorityChanges?: string
  /** Path of the bundled Worker; without one it is bundled from the checkout. */
  readonly workerScript?: string
}

export interface LocalAuthority {
  readonly url: string
  /** Of workerd itself: kill -9 of it is a crash of the whole control plane. Nothing starts it again by itself. */
  readonly pid: number
  /** Ends workerd; the databases stay. */
  stop(): Promise<void>
}

/** Resolves when requests are answered. Throws `PORT_TAKEN`, `UNREACHABLE`, or `CONFIG_INVALID` without the right miniflare. */
export async function startLocalAuthority(options: LocalAuthorityOptions): Promise<LocalAuthority> {
  const { port, genesis, authorityKeyJwk, authorityChanges } = options
  const folder = resolve(options.persistFolder)
  mkdirSync(folder, { recursive: true })
  const workerScript = options.workerScript ?? join(folder, 'worker.js')
  if (options.workerScript === undefined) await bundleWorker(workerScript)
  const log = (level: string, message: string) => appendLine(join(folder, 'workerd.log'), level, message)
  const worker = {
    port,
    script: readFileSync(workerScript, 'utf8'),
    databases: join(folder, 'databases'),
    genesis,
    authorityKeyJwk,
    authorityChanges,
    onLog: ({ level, message }: { readonly level: string; readonly message: string }) => log(level, message),
  }
  try {
    const { pid, stop } = await startWorkerd(miniflareOptions(worker), START_MS_MAX)
    return { url: `http://127.0.0.1:${port}`, pid, stop }
  } catch (error) {
    log('error', String(error))
    throw explained(error, port)
  }
}

/** One JavaScript file out of `worker/src`. Needs esbuild: only in a checkout. */
export async function bundleWorker(outfile: string, plugins: readonly Plugin[] = []): Promise<void> {
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
    plugins: [...plugins],
  })
}

function appendLine(file: string, level: string, message: string): void {
  try {
    appendFileSync(file, `${new Date().toISOString()} ${level} ${message}\n`)
  } catch {
    // The folder is gone, or its disk is full: no reason to end the process that runs everything else.
  }
}

function explained(cause: unknown, port: number): BatonError {
  if (cause instanceof BatonError) return cause
  if ((cause as { readonly code?: unknown }).code === 'ERR_ADDRESS_IN_USE')
    return new BatonError('PORT_TAKEN', `the local authentication node could not listen on port ${port}`, {
      cause,
      remedy: 'stop what uses the port, or choose another',
    })
  return new BatonError('UNREACHABLE', 'the local authentication node did not start', {
    cause,
    remedy: 'look at workerd.log in its folder',
  })
}
