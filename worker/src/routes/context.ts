/** What every route but /healthz stands on: a valid configuration, and names that genesis knows. */
import { clusterOf } from '@baton/shared/genesis-schema'
import type { ClusterId } from '@baton/shared/ids'
import { createMiddleware } from 'hono/factory'
import { type Config, type Env, readConfig } from '../env.ts'
import { answerOf, codedError } from '../error-answer.ts'

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
  readonly var: { readonly config: Config }
}

export function checkNetwork(context: Configured, network: string): void {
  const { genesis } = context.var.config
  if (network !== genesis.network) throw codedError('UNKNOWN_CLUSTER', `this is network ${genesis.network}`)
}

/** Only names of genesis reach a Durable Object: anything else would create one. */
export function checkCluster(context: Configured, network: string, cluster: string): ClusterId {
  checkNetwork(context, network)
  const found = clusterOf(context.var.config.genesis, cluster as ClusterId)
  if (found === null) throw codedError('UNKNOWN_CLUSTER', `network ${network} has no cluster ${cluster}`)
  return found.cluster
}
