/** Who is master where, as this node knows it and can prove it, for clients that cannot or need not ask the edge (NW1, NW2). */
import type { NodeState } from '@baton/shared/core/node/state'
import type { ClusterId, Jws, NodeId } from '@baton/shared/ids'
import type { KnownNode, MastersAnswer } from '../api/node-service.ts'
import type { NodeConfig } from '../config/types.ts'

/**
 * @param addresses what nodes said of their API in their greetings
 * @param peers all other nodes, those that joined later too
 * @param notices which keys count since genesis: none, and nothing is said of them
 */
export function knownMasters(
  config: NodeConfig,
  state: NodeState,
  addresses: ReadonlyMap<string, string>,
  peers: ReadonlyMap<NodeId, { readonly cluster: ClusterId }>,
  notices: readonly Jws[] = [],
): MastersAnswer {
  const members = new Map((state.election.view?.members ?? []).map(({ node, apiAddress }) => [node, apiAddress]))
  const addressOf = (node: NodeId): string | null =>
    node === config.node ? config.advertise.api : (addresses.get(node) ?? members.get(node) ?? null)
  const masters = [...state.masterships.values()].map(
    ({ cluster, generation, epoch, node, recovering, credential }) => {
      return { cluster, generation, epoch, node, recovering, apiAddress: addressOf(node), credential }
    },
  )
  const clusters = new Map([
    [config.node, config.cluster],
    ...[...peers].map(([node, peer]) => [node, peer.cluster] as const),
  ])
  const nodes = [...clusters].flatMap(([node, cluster]): KnownNode[] => {
    const apiAddress = addressOf(node)
    return apiAddress === null ? [] : [{ cluster, node, apiAddress }]
  })
  return {
    network: config.genesis.network,
    masters: masters.sort((a, b) => (a.cluster < b.cluster ? -1 : 1)),
    nodes,
    ...(notices.length === 0 ? {} : { notices }),
  }
}

/** The masters of the other clusters. */
export function foreignMasters({ masterships, election }: NodeState): readonly NodeId[] {
  return [...masterships].flatMap(([cluster, { node }]) => (cluster === election.config.cluster ? [] : [node]))
}
