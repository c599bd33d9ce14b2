/** EL4: who may stand, and in which order. EL6 and the registry (RG2) say who may not. */
import { type Instant, type LogIndex, type NodeId, type SiteId, sameToken } from '../../ids.ts'
import { registry } from './known.ts'
import type { ElectionState, Suspicion } from './types.ts'

export interface Candidate {
  readonly node: NodeId
  readonly inSyncSet: boolean
  readonly durableIndex: LogIndex
  readonly priority: number
  /** At the site of the master in office: a switch then stays at home; if the site died, nobody there is left to stand. */
  readonly atMastersSite: boolean
}

/** Negative when `a` stands before `b`: sync set, durable index, priority, site, node id. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  return (
    Number(b.inSyncSet) - Number(a.inSyncSet) ||
    b.durableIndex - a.durableIndex ||
    b.priority - a.priority ||
    Number(b.atMastersSite) - Number(a.atMastersSite) ||
    (a.node < b.node ? -1 : a.node > b.node ? 1 : 0)
  )
}

/** True while this node could ever be elected (EL4, EL6): what its heartbeats say. */
export function electable(state: ElectionState): boolean {
  const { config, role } = state
  if (role.r === 'frozen' || role.r === 'stopped' || (role.r === 'resigning' && role.leaving)) return false
  if (isRefused(state) || state.revoked.has(config.node)) return false
  // EL6: a node that never knew a token has no log either.
  return (
    state.own !== null && !config.noFailover && state.log.complete && !(state.view?.bars.includes(config.node) ?? false)
  )
}

/** EL6: the authority knows that this log has been longer; nothing has changed since it said so. */
function isRefused(state: ElectionState): boolean {
  const { unelectable, log } = state
  return (
    unelectable !== null &&
    unelectable.version === registry(state)?.version &&
    unelectable.durableIndex === log.durableIndex &&
    unelectable.complete === log.complete
  )
}

/** Why this node may not stand now for that reason; null when it may. RG6: `lost` is the reason of those outside the sync set. */
export function barToStanding(state: ElectionState, why: Suspicion['kind']): string | null {
  const { config, log } = state
  const known = registry(state)
  if (known === null) return 'the registry is not known at the highest token'
  // Whatever its evidence: the authority grants nothing under this key, or has not heard of it yet (ID8).
  if (state.revoked.has(config.node)) return 'its key is revoked'
  if (why !== 'lost' && !known.syncSet.includes(config.node)) return 'not in the sync set'
  // The registered master that claims anew does not fail over.
  if (config.noFailover && known.master !== config.node) return 'noFailover is set'
  // With nobody to take over, the barred master goes on, and may have to claim anew for it (RG9).
  if (known.bars.includes(config.node) && why !== 'own') return 'barred'
  if (!log.complete) return 'the log is not complete'
  if (why === 'lost') return null
  if (isRefused(state)) return 'the authority refused this node at this version'
  return null
}

export function ownCandidate(state: ElectionState): Candidate {
  return {
    node: state.config.node,
    inSyncSet: registry(state)?.syncSet.includes(state.config.node) ?? false,
    durableIndex: state.log.durableIndex,
    priority: state.config.priority,
    atMastersSite: state.config.site === mastersSite(state),
  }
}

/** A peer as a candidate, by its last heartbeat; `durableIndex` can be newer than that. */
export function peerCandidate(state: ElectionState, node: NodeId, durableIndex?: LogIndex): Candidate {
  const heartbeat = state.peers.get(node)?.heartbeat
  return {
    node,
    inSyncSet: registry(state)?.syncSet.includes(node) ?? false,
    durableIndex: durableIndex ?? heartbeat?.durableIndex ?? (0 as LogIndex),
    priority: heartbeat?.priority ?? 0,
    atMastersSite: siteOf(state, node) === mastersSite(state),
  }
}

/** Peers that could stand: link up, heard within `suspectAfter` at our token, electable, neither barred nor revoked; best first. */
export function electablePeers(state: ElectionState, now: Instant): readonly Candidate[] {
  const bars = registry(state)?.bars ?? []
  const found: Candidate[] = []
  for (const [node, peer] of state.peers) {
    if (!peer.linkUp || peer.heartbeat === null || peer.heardAt === null) continue
    if (!peer.heartbeat.electable || bars.includes(node) || state.revoked.has(node)) continue
    if (now - Math.max(peer.heardAt, state.awakeSince) > state.config.suspectAfterMs) continue
    if (state.own === null || !sameToken(peer.heartbeat.token, state.own.token)) continue
    found.push(peerCandidate(state, node))
  }
  return found.sort(compareCandidates)
}

/** EL4: how many reachable candidates stand before this node. When the sync set is lost, nobody of it is among them (RG6). */
export function rank(state: ElectionState, now: Instant, why: Suspicion['kind']): number {
  const self = ownCandidate(state)
  const master = state.own?.node
  return electablePeers(state, now).filter(
    (peer) => peer.node !== master && (peer.inSyncSet || why === 'lost') && compareCandidates(peer, self) < 0,
  ).length
}

/** The node to hand the mastership to: `wanted`, or the best; null when there is none. */
export function successor(state: ElectionState, now: Instant, wanted: NodeId | null): NodeId | null {
  const able = electablePeers(state, now).filter((peer) => peer.inSyncSet)
  return able.find((peer) => wanted === null || peer.node === wanted)?.node ?? null
}

/** EL7: the node this one will add next: the best outside the sync set that its grant leaves it with. */
export function comingStandby(state: ElectionState, now: Instant): NodeId | null {
  const known = registry(state)
  const remaining = known?.syncSet.filter((node) => node !== known.master) ?? []
  return electablePeers(state, now).find((peer) => !remaining.includes(peer.node))?.node ?? null
}

function mastersSite(state: ElectionState): SiteId | null {
  const master = state.own
  return master === null ? null : siteOf(state, master.node)
}

function siteOf(state: ElectionState, node: NodeId): SiteId | null {
  if (node === state.config.node) return state.config.site
  return state.view?.members.find((member) => member.node === node)?.site ?? null
}
