/** One step of a trace on the real machines. */
import type { NodeId } from '@baton/shared/ids'
import { claimOf, crash, cross, hear, restart } from '../cluster/acts.ts'
import { breakLink, commitPlace, deliverAll, runGuard } from '../cluster/guards.ts'
import { arrive, endRecovery } from '../cluster/registry.ts'
import type { Cluster } from '../cluster/types.ts'
import { requestOf } from './abstract.ts'
import { key, type SpecState, type SpecStep } from './itf.ts'
import { add, attach, notYetLinked } from './links.ts'
import { decided, voteFor } from './records.ts'

/** `before` and `after` are the spec's states around the step: what another part of the node would have said is read there. */
export function perform(cluster: Cluster, step: SpecStep, before: SpecState, after: SpecState): Cluster {
  const node = step.node as NodeId
  const peer = step.peer as NodeId
  switch (step.act) {
    case 'stand': {
      const known = cluster.views.find((view) => view.version === step.request.version)!
      return { ...cluster, requests: [...cluster.requests, { kind: 'claim', claim: claimOf(cluster, node, known) }] }
    }
    case 'arrive':
      return arriveAll(cluster, step, before.online as readonly NodeId[])
    case 'hear':
      return notYetLinked(hear(cluster, node, cluster.views.find(({ version }) => version === step.number)!), node)
    case 'attach':
      return attach(cluster, node, peer)
    case 'replicate':
      return deliverAll(cluster, peer, node)
    case 'acknowledge':
      return deliverAll(cluster, node, peer)
    case 'vote':
      return runGuard(cluster, node, voteFor(heightAfter(after, node), step.number), false)
    case 'commit':
      return commitPlace(cluster, node)
    case 'add':
      return add(cluster, node, peer)
    case 'remove': {
      const broken = breakLink(cluster, node, peer)
      return runGuard(broken, peer, { i: 'dead', peer: node })
    }
    case 'break':
      return breakLink(cluster, node, peer)
    case 'crash':
      return crash(cluster, node)
    case 'restart':
      return notYetLinked(restart(cluster, node), node)
    case 'advance':
      if (step.number > before.hosts[node]!.promised) return runGuard(cluster, node, { i: 'seal' })
      return runGuard(cluster, node, decided(heightAfter(after, node)))
    case 'handOver': {
      let taken = commitPlace(cluster, peer)
      for (const entry of after.hosts[peer]!.log.slice(before.hosts[peer]!.log.length)) {
        const { kind, height, value } = entry
        taken = runGuard(taken, peer, kind === 'vote' ? voteFor(height, value) : decided(height))
      }
      return notYetLinked(cross(taken, node), node)
    }
    case 'endRecovery': {
      const from = before.hosts[node]!.handed[0] as NodeId
      return endRecovery(cluster, step.number === 1 ? { kind: 'log', from } : { kind: 'height', height: 2 })
    }
    // Nothing of these is in the registry or the guards: the votes' way out, sessions, and the other clusters.
    case 'speak':
    case 'cut':
    case 'connect':
    case 'acknowledgeEpoch':
    case 'agree':
    case 'certify':
      return cluster
    default:
      throw new Error(`no real machine knows the step ${step.act}`)
  }
}

/** A request and its repeats are one in the spec. */
function arriveAll(cluster: Cluster, step: SpecStep, online: readonly NodeId[]): Cluster {
  const same = cluster.requests.filter((one) => key(requestOf(one)) === key(step.request))
  if (same.length === 0) throw new Error('the request of this step was never made')
  return same.reduce((rest, request) => arrive(rest, request, online), cluster)
}

function heightAfter(after: SpecState, node: NodeId): number {
  return after.hosts[node]!.log.at(-1)!.height
}
