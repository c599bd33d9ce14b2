/** EL1: is the master heard, and is it suspected. */
import { type Instant, type NodeId, sameToken } from '../../ids.ts'
import type { OwnToken } from '../../ports/node-store.ts'
import { latest, registry } from './known.ts'
import { plannedFor, standingOrder } from './office.ts'
import type { Turn } from './turn.ts'
import type { ElectionState, Input, PeerState, Suspicion } from './types.ts'

const UNKNOWN_PEER: PeerState = { linkUp: false, heartbeat: null, heardAt: null, asMaster: null, probe: 'none' }

/**
 * RG3: the master is heard as master at the current token and not stalled, within `suspectAfter`. As at the
 * authority, hearing ends with the link, unless a reconnect shows that its host still accepts.
 */
export function hearsMaster(state: ElectionState, now: Instant): boolean {
  const at = heardAsMasterAt(state)
  if (at === null || now - at > state.config.suspectAfterMs) return false
  const peer = state.peers.get(state.own?.node as NodeId)
  return peer !== undefined && (peer.linkUp || peer.probe === 'open')
}

/** When the present master was last heard as such; null when never. */
export function heardAsMasterAt(state: ElectionState): Instant | null {
  const master = state.own
  const asMaster = master === null ? null : (state.peers.get(master.node)?.asMaster ?? null)
  return asMaster !== null && master !== null && sameToken(asMaster.token, master.token) ? asMaster.at : null
}

/** Why the mastership seems free, the strongest reason first; null while it does not. */
export function suspicion(state: ElectionState, now: Instant): Suspicion | null {
  const master = state.own
  if (master === null) return null
  if (master.node === state.config.node) return { kind: 'own' }
  return calledOn(state, master) ?? noticed(state, master, now)
}

/** Somebody has said that this node should take over. Outside the sync set nobody can: it may have been taken out since, and must not wait for that for ever (RG6). */
function calledOn(state: ElectionState, { token }: OwnToken): Suspicion | null {
  if (registry(state)?.syncSet.includes(state.config.node) !== true) return null
  const { handedOver } = state
  if (handedOver !== null && sameToken(handedOver.token, token)) {
    return { kind: 'resigned', resignation: handedOver.resignation }
  }
  const order = standingOrder(state)
  if (order !== null) return { kind: 'ordered', order }
  const switchover = plannedFor(state)
  return switchover === null ? null : { kind: 'planned', switchover }
}

function noticed(state: ElectionState, master: OwnToken, now: Instant): Suspicion | null {
  const lost = lostSince(state)
  if (lost !== null && now - lost >= state.config.recoverAfterMs) return { kind: 'lost', since: lost }
  const peer = state.peers.get(master.node)
  if (peer !== undefined && !peer.linkUp && peer.probe === 'refused') return { kind: 'refused' }
  const since = latest(heardAsMasterAt(state), state.awakeSince, state.ownSince)
  return now - since >= state.config.suspectAfterMs ? { kind: 'silence', since } : null
}

/** When any electable member of the sync set besides this node was last heard, the master included (RG6); null when never. */
export function heardSyncSetAt(state: ElectionState): Instant | null {
  let heard: Instant | null = null
  for (const node of registry(state)?.syncSet ?? []) {
    const peer = state.peers.get(node)
    if (peer?.heardAt == null || peer.heartbeat?.electable === false || state.revoked.has(node)) continue
    if (heard === null || peer.heardAt > heard) heard = peer.heardAt
  }
  return heard
}

/** RG6: since when this node, which is outside the sync set, has heard nobody of it; null while it is a member or knows none. */
function lostSince(state: ElectionState): Instant | null {
  const known = registry(state)
  if (known === null || known.syncSet.includes(state.config.node)) return null
  return latest(heardAsMasterAt(state), heardSyncSetAt(state), state.awakeSince, state.ownSince)
}

/** What the peer said before may be of an earlier process, or of a disk it no longer has (EL6): it speaks anew. */
export function onLinkUp(turn: Turn, { peer }: Input<'linkUp'>): void {
  const known = turn.state.peers.get(peer) ?? UNKNOWN_PEER
  turn.set({ peers: new Map(turn.state.peers).set(peer, { ...known, linkUp: true, heartbeat: null, probe: 'none' }) })
}

export function onLinkDown(turn: Turn, { peer }: Input<'linkDown'>): void {
  turn.setPeer(peer, { linkUp: false, probe: 'none' })
}

export function onProbeResult(turn: Turn, { peer, result }: Input<'probeResult'>): void {
  const known = turn.state.peers.get(peer)
  // The link may have come back while the probe was under way.
  if (known !== undefined && !known.linkUp && known.probe !== 'none') turn.setPeer(peer, { probe: result })
}

/** Probes the master's host as soon as its link is down; an answer other than "refused" is asked again each tick. */
export function watchMaster(turn: Turn, onTick: boolean): void {
  const { role } = turn.state
  if (role.r === 'master' || role.r === 'resigning' || role.r === 'stopped' || role.r === 'frozen') return
  const master = turn.state.own?.node
  const peer = master === undefined ? undefined : turn.state.peers.get(master)
  if (master === undefined || peer === undefined || peer.linkUp) return
  const again = onTick && (peer.probe === 'open' || peer.probe === 'timeout')
  if (peer.probe !== 'none' && !again) return
  // While it is asked again the last answer stands.
  if (!again) turn.setPeer(master, { probe: 'pending' })
  turn.send({ s: 'probe', peer: master })
}
