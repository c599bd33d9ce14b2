/** Which nodes a network has and where they stand: input of `createNetwork`. */
import { BatonError } from '@baton/shared/errors'
import { isName } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'

export interface NodePlan {
  readonly node: string
  readonly site: string
  /** EL4: among equals the higher stands first, so this makes the preferred standby. */
  readonly priority: number
}

export interface ClusterPlan {
  readonly cluster: string
  /** The first is the founder: it gets epoch 1 (RG2). */
  readonly nodes: readonly NodePlan[]
  /** `majority`: these nodes keep the registry of their cluster themselves, for ever (MJ1). Default: the authority does. */
  readonly arbiter?: 'edge' | 'majority'
}

/**
 * The plan, with the members of these clusters as their arbiters.
 * @param names `all`, or names of clusters
 * @throws BatonError BAD_REQUEST for a name that no cluster has
 */
export function withMajorities(clusters: readonly ClusterPlan[], names: readonly string[]): readonly ClusterPlan[] {
  const all = names.length === 1 && names[0] === 'all'
  const unknown = all ? undefined : names.find((name) => !clusters.some(({ cluster }) => cluster === name))
  if (unknown !== undefined) refuse(`--majority names ${unknown}, which is no cluster of this network`)
  return clusters.map((plan) => (all || names.includes(plan.cluster) ? { ...plan, arbiter: 'majority' } : plan))
}

/** @throws BatonError BAD_REQUEST naming what is wrong with the plan */
export function checkPlan(network: string, clusters: readonly ClusterPlan[]): void {
  const names = [
    network,
    ...clusters.flatMap(({ cluster, nodes }) => [cluster, ...nodes.flatMap((n) => [n.node, n.site])]),
  ]
  const bad = names.find((name) => !isName(name))
  if (bad !== undefined) refuse(`"${bad}" is not a name: 1 to 63 lower-case letters, digits and inner hyphens`)
  if (clusters.length === 0) refuse('a network needs at least one cluster')
  if (clusters.length > LIMITS.clusters) refuse(`${clusters.length} clusters are more than ${LIMITS.clusters}`)
  const twice =
    repeated(clusters.map(({ cluster }) => cluster)) ?? repeated(clusters.flatMap((c) => c.nodes.map((n) => n.node)))
  if (twice !== undefined) refuse(`the name ${twice} is given twice`)
  for (const { cluster, nodes, arbiter } of clusters) {
    if (nodes.length === 0) refuse(`cluster ${cluster} has no node`)
    if (arbiter === 'majority' && nodes.length < 3) {
      refuse(`cluster ${cluster} has ${nodes.length} nodes: a majority that survives one of them needs three (MJ1)`)
    }
    if (nodes.length > LIMITS.nodesPerCluster) {
      refuse(`cluster ${cluster} has ${nodes.length} nodes, more than ${LIMITS.nodesPerCluster}`)
    }
  }
}

function refuse(why: string): never {
  throw new BatonError('BAD_REQUEST', why, { remedy: 'see `baton network init --help`' })
}

function repeated(names: readonly string[]): string | undefined {
  return names.find((name, at) => names.indexOf(name) !== at)
}
