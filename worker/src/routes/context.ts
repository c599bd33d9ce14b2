/** What every route but /healthz stands on: a valid configuration, and the objects of names that genesis knows. */
import { clusterOf } from '@baton/shared/genesis-schema'
import type { ClusterId } from '@baton/shared/ids'
import type { Result } from '@baton/shared/result'
import { createMiddleware } from 'hono/factory'
import { type Config, type Env, readConfig } from '../env.ts'
import { answerOf, codedError } from '../error-answer.ts'
import type { DirectoryApi } from '../objects/directory-api.ts'
import { type ClusterObject, clusterAuthority, networkDirectory } from '../place.ts'

export interface AppContext {
  Bindings: Env
  Variables: { config: Config }
}

/** CONFIG_INVALID on every route while the configuration is missing or wrong. */
export const requireConfig = createMiddleware<AppContext>(async (context, next) => {
  const read = await readConfig(context.env)
  if (!read.ok) return answerOf(read.error)
  context.set('config', read.config)
  return next()
})

/** A context after `requireConfig`. */
interface Configured {
  readonly env: Env
  readonly var: { readonly config: Config }
}

export function checkNetwork(context: Configured, network: string): void {
  const { genesis } = context.var.config
  if (network !== genesis.network) throw codedError('UNKNOWN_CLUSTER', `this is network ${genesis.network}`)
}

export function directoryOf(context: Configured, network: string): DirectoryApi {
  checkNetwork(context, network)
  return networkDirectory(context.env, context.var.config.genesis.network)
}

/** The cluster of a path and its authority. Only names of genesis reach a Durable Object: anything else would create one. */
export function authorityOf(
  context: Configured,
  { network, cluster }: { readonly network: string; readonly cluster: string },
): { readonly cluster: ClusterId; readonly authority: ClusterObject } {
  checkNetwork(context, network)
  const { genesis } = context.var.config
  const found = clusterOf(genesis, cluster as ClusterId)
  if (found === null) throw codedError('UNKNOWN_CLUSTER', `network ${network} has no cluster ${cluster}`)
  return { cluster: found.cluster, authority: clusterAuthority(context.env, genesis.network, found.cluster) }
}

/** What an object has answered. @throws BatonError with its code and what to do */
export function answered<T>(answer: Result<T>): T {
  if (!answer.ok) throw codedError(answer.code, answer.why)
  return answer.value
}
