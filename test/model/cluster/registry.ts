/** Steps of the real registry, each checked against its invariants; every state it has had is kept for whoever hears of it late. */
import { brokenInvariants } from '@baton/shared/core/registry/invariants'
import { step } from '@baton/shared/core/registry/machine'
import type { RegistryInput } from '@baton/shared/core/registry/messages'
import {
  type FoundedRegistry,
  type Member,
  type RegistryState,
  startAuthority,
  tokenOf,
} from '@baton/shared/core/registry/types'
import { type ClusterPolicy, POLICY_DEFAULTS } from '@baton/shared/genesis'
import type { ClusterId, Instant, NetworkId, NodeId, UnixMs } from '@baton/shared/ids'
import { type Cluster, NODES, type Request, type View } from './types.ts'

export const FROM = { channel: 'model', request: 1 }
export const NAMES = { network: 'testnet' as NetworkId, cluster: 'c1' as ClusterId }

/** Nobody waits for anything: a claim comes when the master is not heard any more. */
export const POLICY: ClusterPolicy = {
  ...POLICY_DEFAULTS,
  heartbeatMs: 0,
  suspectAfterMs: 0,
  masterTtlMs: 0,
  startupGraceMs: 0,
  durability: 'preferred',
  syncReplicas: 2,
  recoverAfterMs: 10,
}

export function founded(registry: RegistryState): FoundedRegistry {
  if (registry.registry.status !== 'founded') throw new Error('the cluster is not founded')
  return registry.registry
}

/** Three members, then the founder's grant: version 4. Every node has reported once, long ago. */
export function foundRegistry(): RegistryState {
  let state = startAuthority({ status: 'absent' }, 0 as Instant)
  const send = (input: RegistryInput): void => {
    state = step(state, input, { now: 0 as Instant, wallClock: 0 as UnixMs }).state
  }
  send({ i: 'create', ...NAMES, founder: NODES[0], policy: POLICY })
  for (const node of [...NODES].reverse()) {
    send({ i: 'memberSeen', member: memberOf(node), nonce: `${node}/1` })
    send({ i: 'sessionOpened', node, session: node })
  }
  for (const node of NODES) send(reportOf(state, node))
  return state
}

/**
 * A claim or a reshape arrives. `heard`: nodes of which the registry has heard a moment ago; of everybody else it has heard nothing for
 * longer than `recoverAfter` (RG6).
 */
export function arrive(cluster: Cluster, request: Request, heard: readonly NodeId[]): Cluster {
  const now = nowOf(cluster) as Instant
  let { registry } = cluster
  const wallClock = now as number as UnixMs
  const silence = { i: 'foreignSilence', reporters: 3, clusters: 4, silentForMs: 60_000 } as const
  registry = step(registry, silence, { now, wallClock }).state
  for (const node of heard) registry = step(registry, reportOf(registry, node), { now, wallClock }).state
  const input: RegistryInput =
    request.kind === 'claim'
      ? { i: 'claim', from: FROM, claim: request.claim, resignation: null }
      : { i: 'reshape', from: FROM, reshape: request.reshape, statement: 'signed.by.master' as never }
  return record({ ...cluster, registry, requests: cluster.requests.filter((one) => one !== request) }, input, now)
}

/** RC3: the master says that its recovery has ended. */
export function endRecovery(cluster: Cluster, by: Extract<RegistryInput, { i: 'recovered' }>['by']): Cluster {
  const registry = founded(cluster.registry)
  const input: RegistryInput = { i: 'recovered', from: FROM, node: registry.master, token: tokenOf(registry), by }
  return record(cluster, input, nowOf(cluster) as Instant)
}

/** More than `recoverAfter` lies between any two arrivals. */
function nowOf({ arrivals }: Cluster): number {
  return (arrivals + 1) * 1_000
}

function record(cluster: Cluster, input: RegistryInput, now: Instant): Cluster {
  const before = cluster.registry
  const taken = step(before, input, { now, wallClock: now as number as UnixMs })
  const broken = [...cluster.broken, ...brokenInvariants(before, taken)]
  const registry = founded(taken.state)
  const last = cluster.views.at(-1)
  const after = { ...cluster, registry: taken.state, broken, arrivals: cluster.arrivals + 1 }
  if (last !== undefined && registry.version === last.version) return after
  const view = viewOf(registry)
  const outside = last !== undefined && view.master !== last.master && !last.syncSet.includes(view.master)
  const truth = outside && view.recovering ? { from: view.token.epoch, hashes: [] } : cluster.truth
  return { ...after, views: [...cluster.views, view], truth }
}

export function viewOf(registry: FoundedRegistry): View {
  const { version, master, lastGrant, syncSet, recovery } = registry
  return {
    token: tokenOf(registry),
    version,
    master,
    nonce: lastGrant.nonce,
    syncSet,
    recovering: recovery !== null,
    lastClean: recovery?.lastClean ?? null,
  }
}

/** EL6 is left out: nobody says that its log was ever longer than nothing. */
function reportOf(state: RegistryState, node: NodeId): RegistryInput {
  const registry = founded(state)
  const role = registry.master === node ? ('master' as const) : ('follower' as const)
  const said = { report: 1, token: tokenOf(registry), role, stalled: false, height: 0 }
  const report = { ...said, durableIndex: 0 as never, heardMasterMs: null, heardSyncSetMs: null }
  return { i: 'report', node, session: node, report }
}

export function memberOf(node: NodeId): Member {
  const texts = { site: 'x', certificate: `certificate.of.${node}`, key: `key-of-${node}`, expiresAt: 9e12 }
  return { node, ...texts, peerAddress: `${node}:1`, apiAddress: `${node}:2`, priority: 0, noFailover: false } as never
}
