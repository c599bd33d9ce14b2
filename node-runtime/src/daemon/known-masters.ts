/** Who is master where, as this node knows it and can prove it, for clients that cannot or need not ask the edge (NW1, NW2). */
import type { NodeState } from '@baton/shared/core/node/state'
import type { NodeId } from '@baton/shared/ids'
import type { KnownNode, MastersAnswer } from '../api/node-service.ts'
import type { NodeConfig } from '../config/types.ts'

/** @param addresses what nodes said of their API in their greetings */
export function knownMasters(
  config: NodeConfig,
  state: NodeState,
  addresses: ReadonlyMap<string, string>,
): MastersAnswer {
  const members = new Map((state.election.view?.members ?? []).map(({ node, apiAddress }) => [node, apiAddress]))
  const addressOf = (node: NodeId): string | null =>
    node === config.node ? config.advertise.api : (addresses.get(node) ?? members.get(node) ?? null)
  const masters = [...state.masterships.values()].map(
    ({ cluster, generation, epoch, node, recovering, credential }) => {
      return { cluster, generation, epoch, node, recovering, apiAddress: addressOf(node), credential }
    },
  )
  const self = { cluster: config.cluster, node: config.node }
  const nodes = [self, ...config.peers].flatMap(({ cluster, node }): KnownNode[] => {
    const apiAddress = addressOf(node)
    return apiAddress === null ? [] : [{ cluster, node, apiAddress }]
  })
  return {
    network: config.genesis.network,
    masters: masters.sort((a, b) => (a.cluster < b.cluster ? -1 : 1)),
    nodes,
  }
}

/** The masters of the other clusters. */
export function foreignMasters({ masterships, config }: NodeState): readonly NodeId[] {
  const masters: NodeId[] = []
  for (const { cluster, node } of masterships.values()) if (cluster !== config.election.cluster) masters.push(node)
  return masters
}
