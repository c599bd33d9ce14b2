/**
 * Where the Durable Objects live. Location hint and jurisdiction are fixed by the first access to an object, so every
 * access goes through this file (DESIGN section 11).
 */
import type { ClusterId, NetworkId } from '@baton/shared/ids'
import type { Env } from './env.ts'
import type { AuthorityApi } from './objects/authority-api.ts'
import type { DirectoryApi } from './objects/directory-api.ts'

/** A cluster's authority: its methods, and the WebSockets of its nodes. */
export interface ClusterObject extends AuthorityApi {
  fetch(request: Request): Promise<Response>
}

/** The name is for ever: a cluster name is never reused (RG8). */
export function clusterAuthority(env: Env, network: NetworkId, cluster: ClusterId): ClusterObject {
  const namespace = within(env, env.CLUSTER_AUTHORITY)
  return namespace.getByName(`${network}/${cluster}`, hint(env)) as unknown as ClusterObject
}

export function networkDirectory(env: Env, network: NetworkId): DirectoryApi {
  return within(env, env.NETWORK_DIRECTORY).getByName(network, hint(env)) as unknown as DirectoryApi
}

function within<T extends Rpc.DurableObjectBranded>(
  env: Env,
  namespace: DurableObjectNamespace<T>,
): DurableObjectNamespace<T> {
  const { JURISDICTION: jurisdiction } = env
  return jurisdiction ? namespace.jurisdiction(jurisdiction as DurableObjectJurisdiction) : namespace
}

function hint(env: Env): DurableObjectNamespaceGetDurableObjectOptions {
  return env.LOCATION_HINT ? { locationHint: env.LOCATION_HINT as DurableObjectLocationHint } : {}
}
