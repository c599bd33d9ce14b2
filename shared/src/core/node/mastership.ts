/** Who speaks for each cluster, as this node knows it (NW1, NW2). */
import type { Credential, Grant, Mastership } from '../../crypto/statement-types.ts'
import { type ClusterId, compareTokens, type Jws, type NodeId, type Token } from '../../ids.ts'
import type { WantHeight } from '../../protocol/peer.ts'
import { acknowledgeEpoch, logToken } from './epoch-ack.ts'
import { learnTables, resendHeight } from './height.ts'
import type { VerifiedGrant } from './io.ts'
import { doubtOf } from './recorded-reshape.ts'
import { markResync } from './resync.ts'
import { runConsensus } from './run-consensus.ts'
import { runElection } from './run-election.ts'
import { isLeading } from './state.ts'
import { keepSuperseded } from './superseded.ts'
import { later, sendTo, type Turn } from './turn.ts'

/** NW1: a higher grant replaces the known one at once; a lower one is answered with the higher. */
export function learnGrants(turn: Turn, grants: readonly VerifiedGrant[], from: NodeId | null): void {
  verified(
    turn,
    grants.map(({ mastership }) => mastership.credential.grant),
  )
  for (const { mastership, grant } of grants) {
    const known = turn.state.masterships.get(mastership.cluster)
    const order = known === undefined ? 1 : compareTokens(mastership, known)
    if (order > 0) adopt(turn, mastership)
    else if (order < 0 && known !== undefined) {
      keepSuperseded(turn, mastership)
      const knowsHigher = grants.some(({ mastership: { cluster, credential } }) => {
        return cluster === known.cluster && credential.grant === known.credential.grant
      })
      if (from !== null && !knowsHigher) sendTo(turn, from, { t: 'inform', credentials: [known.credential] })
    } else if (order === 0 && known !== undefined && known.node !== mastership.node) {
      // RG8, ID4: two grants of one token prove the fraud.
      turn.events.push({
        event: 'token-conflict',
        cluster: mastership.cluster,
        token: mastership,
        nodes: [known.node, mastership.node],
      })
    } else if (from === mastership.node) acknowledgeEpoch(turn, mastership.cluster)
    if (mastership.cluster === turn.state.config.election.cluster) {
      const { nonce, syncSet, version, coming } = grant
      comeNew(turn, grant)
      const doubt = doubtOf(turn.state, mastership)
      runElection(turn, { i: 'grantSeen', mastership, nonce, syncSet, version, coming, doubt })
    }
  }
  learnTables(
    turn,
    grants.map(({ mastership }) => mastership),
  )
}

function adopt(turn: Turn, mastership: Mastership): void {
  const { cluster, node } = mastership
  const foreign = cluster !== turn.state.config.election.cluster
  const known = turn.state.masterships.get(cluster)
  const leaderless = new Set(turn.state.leaderless)
  leaderless.delete(cluster)
  turn.state = {
    ...turn.state,
    masterships: new Map(turn.state.masterships).set(cluster, mastership),
    leaderless,
  }
  if (known !== undefined) keepSuperseded(turn, known)
  turn.write.push({ w: 'mastership', mastership })
  turn.events.push({ event: 'mastership-known', cluster, token: tokenOf(mastership), node })
  if (!foreign || !isLeading(turn.state)) return
  // The tokens a cluster knows of others survive its own switches as records of its log (NW1).
  logToken(turn, mastership)
  runConsensus(turn, { kind: 'repriseTokens', cluster, token: tokenOf(mastership) })
}

/**
 * EL6: a node that never knew a token has no log either, whatever its cluster has seen it acknowledge on another disk. Named as the
 * master it has lost that disk, unless this very process founds its cluster. Said before the token is taken: an empty log is nothing to
 * hand over (RC3).
 */
function comeNew(turn: Turn, { node, nonce }: Grant): void {
  const { own, challenges } = turn.state.election
  if (own !== null || (node === turn.state.config.election.node && challenges.includes(nonce))) return
  markResync(turn, 'it has no log of its cluster yet')
}

/** Tokens of the log that are verified, or never will be: when none is left, the height begins that waited for them. */
export function verified(turn: Turn, grants: readonly Jws[]): void {
  const { unverified } = turn.state
  if (!grants.some((grant) => unverified.has(grant))) return
  const left = new Map([...unverified].filter(([grant]) => !grants.includes(grant)))
  turn.state = { ...turn.state, unverified: left }
  if (left.size === 0) later(turn, { i: 'execute' })
}

function tokenOf(mastership: Mastership): Token {
  return { generation: mastership.generation, epoch: mastership.epoch }
}

/** Tells every linked node of this node's mastership (NW2: the new master's greeting). */
export function informAll(turn: Turn): void {
  const own = turn.state.masterships.get(turn.state.config.election.cluster)
  if (own === undefined) return
  for (const peer of turn.state.links.keys()) sendTo(turn, peer, { t: 'inform', credentials: [own.credential] })
}

/** A master of another cluster is new, or linked again: each side may have missed what the other sent. */
export function greetMaster(turn: Turn, node: NodeId): void {
  if (!isLeading(turn.state) || !turn.state.links.has(node)) return
  resendHeight(turn, node)
  sendTo(turn, node, wantedHeight(turn))
  const cluster = turn.state.links.get(node)
  if (cluster !== undefined) acknowledgeEpoch(turn, cluster)
}

/** Asks the other masters for what they have of the current height: a new or waiting master needs it. */
export function wantCurrentHeight(turn: Turn): void {
  const message = wantedHeight(turn)
  for (const node of foreignMasters(turn)) sendTo(turn, node, message)
}

function wantedHeight(turn: Turn): WantHeight {
  const { chain, consensus } = turn.state
  const round = consensus.kind === 'running' ? consensus.round : 0
  return { t: 'wantHeight', height: chain.tip.height + 1, round }
}

/** The linked masters of the other clusters. */
export function foreignMasters(turn: Turn): readonly NodeId[] {
  const { masterships, links, config } = turn.state
  const masters: NodeId[] = []
  for (const [cluster, mastership] of masterships) {
    if (cluster !== config.election.cluster && links.has(mastership.node)) masters.push(mastership.node)
  }
  return masters
}

/** All credentials this node can show: what a `hello` carries. */
export function knownCredentials(masterships: ReadonlyMap<ClusterId, Mastership>): readonly Credential[] {
  return [...masterships.values()].map((mastership) => mastership.credential)
}
