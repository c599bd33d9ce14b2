/** EL3: before a claim the peers are asked; a reachable peer that hears the master prevents it. */
import {
  compareTokens,
  formatToken,
  type Instant,
  type LogIndex,
  type Ms,
  type NodeId,
  sameToken,
  type Token,
} from '../../ids.ts'
import type { Inform, PreVote } from '../../protocol/peer.ts'
import { barToStanding, compareCandidates, ownCandidate, peerCandidate } from './candidates.ts'
import { sendClaim } from './claim.ts'
import { heardSyncSetAt, hearsMaster } from './detection.ts'
import { NO_TOKEN, registry } from './known.ts'
import { isStalled } from './reporting.ts'
import type { Turn } from './turn.ts'
import type { ElectionState, Input, Suspicion } from './types.ts'

/** Opens a round; with nobody to ask it is passed at once. */
export function askPeers(turn: Turn, why: Suspicion): void {
  const { state, now } = turn
  const master = state.own?.node
  const peers = [...state.peers].filter(([node, peer]) => peer.linkUp && node !== master).map(([node]) => node)
  if (peers.length === 0) {
    sendClaim(turn, why, now)
    return
  }
  const { attempt } = state.counters
  turn.set({ counters: { ...state.counters, attempt: attempt + 1 } })
  const answers = new Map(peers.map((peer) => [peer, null]))
  turn.become({ r: 'preVoting', why, attempt, askedAt: now, answers }, `asks its peers on ${why.kind}`)
  turn.timer('preVote', state.config.heartbeatMs)
  const message = {
    t: 'preVote',
    token: state.own?.token ?? NO_TOKEN,
    attempt,
    durableIndex: state.log.durableIndex,
    lost: why.kind === 'lost',
  } as const
  for (const peer of peers) turn.send({ s: 'peer', peer, message })
}

export function onPreVoteAnswer(turn: Turn, { from, message }: Input<'preVoteAnswer'>): void {
  const { role, own } = turn.state
  const current = role.r === 'preVoting' && message.attempt === role.attempt && role.answers.has(from)
  if (!current || !sameToken(message.token, own?.token ?? NO_TOKEN)) return
  if (!message.granted) turn.event({ e: 'preVoteRefused', by: from, why: message.why })
  const answers = new Map(role.answers).set(from, message.granted)
  turn.set({ role: { ...role, answers } })
  if ([...answers.values()].every((granted) => granted === true)) sendClaim(turn, role.why, turn.now)
}

/** The round is over: a peer that has said nothing is not reachable; one that refused is asked again. */
export function onRoundOver(turn: Turn): void {
  const { role, config } = turn.state
  if (role.r !== 'preVoting') return
  const leftMs = role.askedAt + config.heartbeatMs - turn.now
  if (leftMs > 0) {
    // By this clock the timer came early, as timers of another clock do.
    turn.timer('preVote', leftMs as Ms)
    return
  }
  if ([...role.answers.values()].includes(false)) {
    askPeers(turn, role.why)
    return
  }
  sendClaim(turn, role.why, turn.now)
}

export function onPreVote(turn: Turn, { from, message }: Input<'preVote'>): void {
  const { state, now } = turn
  const own = state.own?.token ?? NO_TOKEN
  if (compareTokens(message.token, own) > 0) {
    // EL5: nothing is said under a token that is not on this disk. Its grant is on the way, and the asker waits a heartbeat only.
    turn.reject('PEER_UNEXPECTED', `${from} asks under ${formatToken(message.token)}, which is not known here`)
    return
  }
  const why = objection(state, now, from, message)
  answer(turn, from, message.token, message.attempt, why)
  if (compareTokens(message.token, own) < 0) inform(turn, from)
  else if (why !== null && hearsMaster(state, now)) {
    const { token, attempt } = message
    turn.set({ declined: new Map(state.declined).set(from, { token, attempt }) })
  }
}

/**
 * Takes back a "no" the moment hearing ends: both nodes see a killed master's links close within milliseconds of each
 * other, and the one that asked first need not wait a heartbeat to ask again.
 */
export function withdrawObjections(turn: Turn): void {
  const { state, now } = turn
  if (state.declined.size === 0 || state.role.r === 'master' || hearsMaster(state, now)) return
  turn.set({ declined: new Map() })
  for (const [peer, { token, attempt }] of state.declined) {
    const { durableIndex } = peerCandidate(state, peer)
    const why = objection(state, now, peer, { token, durableIndex, lost: false })
    if (why === null && state.peers.get(peer)?.linkUp) answer(turn, peer, token, attempt, why)
  }
}

function answer(turn: Turn, peer: NodeId, token: Token, attempt: number, why: string | null): void {
  const message = { t: 'preVoteAnswer', token, attempt, granted: why === null, why: why ?? '' } as const
  turn.send({ s: 'peer', peer, message })
}

/** Why the asker should not claim; null when nothing speaks against it. */
function objection(
  state: ElectionState,
  now: Instant,
  asker: NodeId,
  { token, durableIndex, lost }: Pick<PreVote, 'token' | 'durableIndex' | 'lost'>,
): string | null {
  const own = state.own?.token ?? NO_TOKEN
  const order = compareTokens(token, own)
  if (state.role.r === 'frozen') return 'TOKEN_CONFLICT: the cluster is frozen'
  if (order < 0) return `LOWER_TOKEN: ${formatToken(own)} is known here`
  if (state.revoked.has(asker)) return `CERTIFICATE_REVOKED: the key of ${asker} is revoked (ID8)`
  if (state.role.r === 'master') return isStalled(state, now) ? null : 'this node is the master'
  if (state.role.r === 'resigning') return null
  if (hearsMaster(state, now)) return 'the master is heard'
  if (lost && registry(state)?.syncSet.includes(state.config.node) && barToStanding(state, 'silence') === null) {
    return `${state.config.node} is in the sync set`
  }
  const heard = heardSyncSetAt(state)
  if (lost && heard !== null && now - heard < state.config.recoverAfterMs)
    return 'a member of the sync set is heard (RG6)'
  if (standsBefore(state, now, asker, durableIndex, lost ? 'lost' : 'silence'))
    return `${state.config.node} stands before (EL4)`
  return null
}

/** EL4, for a bounded time only: a better candidate whose claims lead nowhere must not hold up the next one. */
function standsBefore(
  state: ElectionState,
  now: Instant,
  asker: NodeId,
  durableIndex: LogIndex,
  why: Suspicion['kind'],
): boolean {
  const { suspectedSince, config, role } = state
  // Of those outside the sync set only one that stands itself: each has found the sync set lost at a time of its own.
  if (why === 'lost' && !('why' in role && role.why.kind === 'lost')) return false
  if (suspectedSince === null || now - suspectedSince > config.suspectAfterMs) return false
  if (!state.authority.linkUp || barToStanding(state, why) !== null) return false
  return compareCandidates(ownCandidate(state), peerCandidate(state, asker, durableIndex)) < 0
}

/** NW1: the answer to a lower token is the higher grant. */
export function inform(turn: Turn, peer: NodeId): void {
  const { grant } = turn.state
  if (grant === null) return
  const message: Inform = { t: 'inform', credentials: [grant.mastership.credential] }
  turn.send({ s: 'peer', peer, message })
}
