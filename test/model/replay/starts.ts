/** The initial states of the spec, reached on the real machines. */
import type { NodeId } from '@baton/shared/ids'
import { claimOf, cross, foundCluster, hear } from '../cluster/acts.ts'
import { commitPlace, deliverAll, runGuard } from '../cluster/guards.ts'
import { arrive } from '../cluster/registry.ts'
import { type Cluster, NODES } from '../cluster/types.ts'
import { add, attach, notYetLinked } from './links.ts'
import { decided, voteFor } from './records.ts'

const [A, B, C] = NODES

export const STARTS: Readonly<Record<string, () => Cluster>> = {
  founded: foundCluster,
  withStandby: () => withStandby(foundCluster(), B, A),
  syncSetLost: () => lostTo(withStandby(foundCluster(), B, A), C),
  predecessorUnseen,
  predecessorAhead,
  blockUnheld: () => runGuard(runGuard(predecessorAhead(), C, decided(1)), C, decided(2)),
  predecessorOwes: () => hearNewest(predecessorAhead(), A, 2),
}

/** The search begins at some of these, and while an addition is on its way to the registry. */
export const SEARCH_STARTS: Readonly<Record<string, () => Cluster>> = {
  founded: foundCluster,
  withStandby: () => withStandby(foundCluster(), B, A),
  additionAsked: () => additionAsked(foundCluster(), B, A),
  predecessorUnseen,
}

function additionAsked(cluster: Cluster, node: NodeId, master: NodeId): Cluster {
  return add(deliverAll(deliverAll(attach(cluster, node, master), master, node), node, master), node, master)
}

function withStandby(cluster: Cluster, node: NodeId, master: NodeId): Cluster {
  const asked = additionAsked(cluster, node, master)
  return hearNewest(arrive(asked, asked.requests[0]!, NODES), master)
}

/** RG6: nobody of the sync set is heard, and this node claims. */
function lostTo(cluster: Cluster, node: NodeId): Cluster {
  const claim = claimOf(cluster, node, cluster.views.at(-1)!)
  return hearNewest(arrive(cluster, { kind: 'claim', claim }, [node]), node)
}

function predecessorUnseen(): Cluster {
  return withStandby(cross(hearNewest(lostTo(foundCluster(), C), B), B), B, C)
}

function predecessorAhead(): Cluster {
  const there = runGuard(predecessorUnseen(), A, decided(1))
  return commitPlace(runGuard(there, A, voteFor(2, 1), false), A)
}

function hearNewest(cluster: Cluster, node: NodeId, epoch?: number): Cluster {
  const view = epoch === undefined ? cluster.views.at(-1)! : cluster.views.find(({ token }) => token.epoch === epoch)!
  return notYetLinked(hear(cluster, node, view), node)
}
