/** EL5, RG8: grants of the own cluster, and what they make of this node. */
import { compareTokens, formatToken, type Token } from '../../ids.ts'
import type { OwnToken } from '../../ports/node-store.ts'
import { NO_TOKEN, nextToken } from './known.ts'
import type { Turn } from './turn.ts'
import type { Input, KnownGrant, StepDownReason } from './types.ts'

export function onGrantSeen(turn: Turn, input: Input<'grantSeen'>): void {
  const { i: _, doubt = null, ...grant } = input
  const { config, own, role } = turn.state
  const { mastership } = grant
  const seen: OwnToken = { token: tokenOf(grant), node: mastership.node }
  if (mastership.cluster !== config.cluster) {
    turn.reject('PEER_UNEXPECTED', `a grant of ${mastership.cluster}`)
    return
  }
  if (role.r === 'frozen') {
    turn.reject('TOKEN_CONFLICT', 'the cluster is frozen')
    return
  }
  const order = own === null ? 1 : compareTokens(seen.token, own.token)
  if (order < 0) {
    turn.reject('LOWER_TOKEN', `grant ${formatToken(seen.token)}, known ${formatToken(own!.token)}`)
    return
  }
  if (order === 0 && own!.node !== seen.node) {
    freeze(turn, own!, grant)
    return
  }
  const ours = isOurs(turn, grant)
  if (order > 0) adopt(turn, seen, grant)
  else if (turn.state.grant === null) turn.set({ grant })
  if (ours && doubt !== null) distrust(turn, seen, grant, doubt)
  else if (ours) becomeMaster(turn, grant)
  else if (order > 0) follow(turn, seen)
}

export function tokenOf({ mastership }: KnownGrant): Token {
  return { generation: mastership.generation, epoch: mastership.epoch }
}

/** EL5: the write is durable before anything that this step or a later one sends. */
function adopt(turn: Turn, own: OwnToken, grant: KnownGrant): void {
  turn.write({ w: 'ownToken', own })
  turn.event({ e: 'tokenSeen', own })
  turn.set({
    own,
    ownSince: turn.now,
    grant,
    unelectable: null,
    declined: new Map(),
    handedOver: null,
    suspectedSince: null,
    challenges: [],
  })
}

/** EL5: it repeats the nonce of this process's claim, or founder's challenge, for the first time. Any other copy only informs. */
function isOurs(turn: Turn, grant: KnownGrant): boolean {
  const { asked, challenges, config, role } = turn.state
  if (role.r === 'stopped' || grant.mastership.node !== config.node) return false
  if (compareTokens(tokenOf(grant), nextToken(NO_TOKEN)) === 0 && challenges.includes(grant.nonce)) return true
  return asked !== null && grant.nonce === asked.nonce && compareTokens(tokenOf(grant), asked.token) === 0
}

function becomeMaster(turn: Turn, grant: KnownGrant): void {
  const token = tokenOf(grant)
  // A master can only be asked again under a higher token: whatever ran under the old one ends first.
  leaveOffice(turn, 'higherToken', { token, node: grant.mastership.node })
  turn.set({ asked: null, unsureSince: null })
  turn.become({ r: 'master', token, since: turn.now }, `granted ${formatToken(token)}`)
  turn.send({ s: 'becomeMaster', grant })
}

function follow(turn: Turn, successor: OwnToken): void {
  const { role, asked } = turn.state
  if (asked !== null && compareTokens(successor.token, asked.token) >= 0) turn.set({ asked: null })
  if (role.r === 'stopped') return
  leaveOffice(turn, role.r === 'resigning' ? 'handedOver' : 'higherToken', successor)
  const why = `${successor.node} is master at ${formatToken(successor.token)}`
  if (role.r === 'resigning' && role.leaving) turn.become({ r: 'stopped' }, why)
  else if (role.r !== 'follower') turn.become({ r: 'follower' }, why)
}

/** Ends whatever this node does under its token; nothing to end for other roles. */
export function leaveOffice(turn: Turn, reason: StepDownReason, successor: OwnToken | null): void {
  const { role } = turn.state
  if (role.r !== 'master' && role.r !== 'resigning') return
  turn.send({ s: 'stepDown', token: role.token, reason, successor })
  turn.set({ unsureSince: null })
}

/**
 * ID4: the authority has granted cleanly what it had no right to. This process is not the master; the token is on disk, so nothing lower is
 * answered either. It does not recover (section 6): the end of that is recorded by the same authority.
 */
function distrust(turn: Turn, { token, node }: OwnToken, grant: KnownGrant, why: string): void {
  leaveOffice(turn, 'higherToken', null)
  turn.event({ e: 'grantDoubted', code: 'STATEMENT_INVALID', grant, why })
  turn.set({ asked: null, suspectedSince: null })
  turn.become({ r: 'frozen', token, nodes: [node, node] }, why)
  turn.reject('STATEMENT_INVALID', why)
}

/** RG8: two grants with one token prove a fraud of the authority (ID4): stop, keep both, wait for an operator. */
function freeze(turn: Turn, known: OwnToken, other: KnownGrant): void {
  leaveOffice(turn, 'tokenConflict', null)
  turn.event({ e: 'tokenConflict', code: 'TOKEN_CONFLICT', known, knownGrant: turn.state.grant, other })
  const why = `${formatToken(known.token)} names ${known.node} and ${other.mastership.node}`
  turn.set({ asked: null, suspectedSince: null })
  turn.become({ r: 'frozen', token: known.token, nodes: [known.node, other.mastership.node] }, why)
  turn.reject('TOKEN_CONFLICT', why)
}
