import type { Genesis } from '@baton/shared/genesis'
import { clusterNames } from './check-membership.ts'
import type { PartialConfig } from './partial.ts'
import type { Problem } from './problems.ts'

/** The list of peers: no node or address twice, clusters that exist. */
export function checkPeers(config: PartialConfig, genesis: Genesis | null): Problem[] {
  const problems: Problem[] = []
  const firstNode = new Map<string, number>()
  const firstAddress = new Map<string, number>()
  const own = config.advertise?.peer ?? config.listen?.peer
  for (const [at, peer] of (config.peers ?? []).entries()) {
    if (peer.node !== undefined) {
      const first = firstNode.get(peer.node)
      if (first !== undefined) {
        problems.push({
          path: ['peers', at, 'node'],
          message: `peers[${at}] and peers[${first}] are both node ${peer.node}`,
        })
      } else firstNode.set(peer.node, at)
    }
    if (peer.address !== undefined) {
      const first = firstAddress.get(peer.address)
      if (first !== undefined) {
        problems.push({
          path: ['peers', at, 'address'],
          message: `peers[${at}] and peers[${first}] have the same address "${peer.address}"`,
        })
      } else firstAddress.set(peer.address, at)
      if (peer.address === own && peer.node !== undefined && config.node !== undefined && peer.node !== config.node) {
        problems.push({
          path: ['peers', at, 'address'],
          message: `peers[${at}].address = "${peer.address}" of node ${peer.node} is the address of this node, ${config.node}`,
        })
      }
    }
    if (peer.node !== undefined && peer.node === config.node && peer.cluster !== config.cluster) {
      problems.push({
        path: ['peers', at, 'cluster'],
        message: `peers[${at}] says that node ${peer.node} is in cluster ${peer.cluster}, but cluster = "${config.cluster}"`,
      })
    }
    if (genesis !== null && peer.cluster !== undefined && !genesis.clusters.some((c) => c.cluster === peer.cluster)) {
      problems.push({
        path: ['peers', at, 'cluster'],
        message: `peers[${at}].cluster = "${peer.cluster}" is not in genesis, whose clusters are ${clusterNames(genesis)}`,
      })
    }
  }
  return problems
}
