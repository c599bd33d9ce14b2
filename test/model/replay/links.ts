/** Steps of two nodes: the spec's links are up when it says so, and not before. */
import type { NodeId } from '@baton/shared/ids'
import { deliverAll, lose, runGuard } from '../cluster/guards.ts'
import { type Cluster, NODES } from '../cluster/types.ts'

/** A follower's link to its master comes up, and it shows its log. */
export function attach(cluster: Cluster, node: NodeId, master: NodeId): Cluster {
  return deliverAll(runGuard(lose(cluster, node, master), node, { i: 'linkUp', peer: master }), node, master)
}

/** The node's choice is made once: the guard is not to go on adding by itself. */
export function add(cluster: Cluster, node: NodeId, master: NodeId): Cluster {
  const adding = runGuard(cluster, master, { i: 'candidates', nodes: [node] })
  return runGuard(adding, master, { i: 'candidates', nodes: [] })
}

/** What a node asks of its new master at once finds no link. */
export function notYetLinked(cluster: Cluster, node: NodeId): Cluster {
  const wire = new Map(cluster.wire)
  for (const peer of NODES) {
    const queue = wire.get(`${node}>${peer}`)
    if (queue !== undefined)
      wire.set(
        `${node}>${peer}`,
        queue.filter((message) => message.t !== 'attach'),
      )
  }
  return { ...cluster, wire }
}
