/**
 * RG4: the authority's signed word on the sync set goes round among the nodes of its cluster. A master that has asked for the removal of its
 * standby and hears no answer learns from any peer that it was recorded.
 */

import type { KnownSyncSet, RecordedSyncSet } from '../../crypto/recorded-sync-set.ts'
import { compareTokens, type NodeId } from '../../ids.ts'
import type { RegistryView } from '../../protocol/control.ts'
import { keepReshape } from './recorded-reshape.ts'
import { runGuard } from './run-guard.ts'
import { offerCandidates } from './sync-candidates.ts'
import { sendTo, type Turn } from './turn.ts'

/**
 * RG8: a session has opened, and this node has shown what it holds. The registry may be one that forgot, and count on that: until a view of
 * this session says otherwise, what a peer remembers of the time before counts for nothing.
 */
export function sessionOpened(turn: Turn): void {
  turn.state = { ...turn.state, registryHeard: false }
}

/** From the authority itself: the view says the same as the statement, and more. */
export function heardRegistry(turn: Turn, view: RegistryView, syncSet: KnownSyncSet | undefined): void {
  const { guard, registryHeard } = turn.state
  const heard = view.frozen === null && view.generation === guard.token.generation
  if (heard !== registryHeard) turn.state = { ...turn.state, registryHeard: heard }
  if (syncSet !== undefined) keep(turn, syncSet, null)
}

/**
 * From a peer: counts as a view of the registry does, if it is news and rests on what this cluster's master has itself asked for (ID4); the guard
 * takes it for its own token and a higher version only. What allows the master to go on without a node is on disk in the same commit.
 */
export function learnSyncSet(turn: Turn, from: NodeId, syncSet: KnownSyncSet): void {
  if (!keep(turn, syncSet, from) || !turn.state.registryHeard || syncSet.reshape === null) return
  const { generation, epoch, version, syncSet: nodes } = syncSet.recorded
  keepReshape(turn, syncSet.reshape)
  runGuard(turn, { i: 'registry', token: { generation, epoch }, version, syncSet: nodes })
  offerCandidates(turn)
}

/** To a peer of the cluster whose link is new. */
export function showSyncSet(turn: Turn, peer: NodeId): void {
  const { syncSetWord } = turn.state
  if (syncSetWord !== null) sendTo(turn, peer, { t: 'syncSet', statement: syncSetWord.statement })
}

/** True when it is news; it is then told to all linked peers of the cluster but the one it came from, once. */
function keep(turn: Turn, syncSet: KnownSyncSet, from: NodeId | null): boolean {
  const { syncSetWord, links, config } = turn.state
  if (syncSetWord !== null && order(syncSet.recorded, syncSetWord.recorded) <= 0) return false
  turn.state = { ...turn.state, syncSetWord: syncSet }
  const message = { t: 'syncSet', statement: syncSet.statement } as const
  for (const [peer, cluster] of links) {
    if (cluster === config.election.cluster && peer !== from) sendTo(turn, peer, message)
  }
  return true
}

function order(a: RecordedSyncSet, b: RecordedSyncSet): number {
  return compareTokens(a, b) || a.version - b.version
}
