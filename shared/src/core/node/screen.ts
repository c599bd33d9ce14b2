/** NW1: under which token a cluster's message counts. */
import type { Mastership } from '../../crypto/statement-types.ts'
import { type ClusterId, compareTokens, type Height, type NodeId, sameToken } from '../../ids.ts'
import type { Proposal, Vote } from '../consensus/messages.ts'
import { isLeading, type NodeState } from './state.ts'
import { reject, sendTo, type Turn } from './turn.ts'

/**
 * Whose key a vote must be signed with; null when its token does not count. That is the highest known token of its cluster; and, up to the
 * height at which this cluster learned of a recovering one, the token before it: the recovering master is silent there, so that these are
 * the only votes, and others may have locked a block on them that must be decided (SPEC.md).
 */
export function mastershipOfVote(state: NodeState, vote: Vote): Mastership | null {
  const { masterships, superseded, chain } = state
  const known = masterships.get(vote.cluster)
  if (known === undefined) return null
  const order = compareTokens(vote, known)
  if (order === 0) return known
  if (order > 0 || !known.recovering || vote.height > learnedAt(state, vote.cluster)) return null
  const named = chain.tokens.entries.find(({ cluster }) => cluster === vote.cluster)
  if (named !== undefined && compareTokens(vote, named) < 0) return null
  const older = [...superseded, chain.tokens.masterships.get(vote.cluster)]
  return older.find((one) => one?.cluster === vote.cluster && sameToken(one, vote)) ?? null
}

/** RC1: the height this cluster worked on when its log took in the recovering token it knows of `cluster`; 0 when it has not. */
export function learnedAt({ masterships, tokenHeights }: NodeState, cluster: ClusterId): Height {
  const known = masterships.get(cluster)
  return (known === undefined ? 0 : (tokenHeights.get(known.credential.grant) ?? 0)) as Height
}

/** True when the vote counts; `verified` is false when its signature was not looked at, because its token seemed not to count. */
export function screenVote(turn: Turn, from: NodeId, vote: Vote, verified: boolean): boolean {
  if (!isLeading(turn.state)) return false
  const counts = verified && mastershipOfVote(turn.state, vote) !== null
  if (!counts || turn.state.links.get(from) === vote.cluster) answerLower(turn, from, vote)
  if (!counts) refuseToken(turn, vote)
  return counts
}

/** Only the highest known token of a cluster proposes. */
export function screenProposal(turn: Turn, from: NodeId, proposal: Proposal): boolean {
  if (!isLeading(turn.state)) return false
  const known = turn.state.masterships.get(proposal.cluster)
  if (known !== undefined && sameToken(proposal, known)) return true
  answerLower(turn, from, proposal)
  refuseToken(turn, proposal)
  return false
}

/** A lower token is answered with the higher grant. */
function answerLower(turn: Turn, from: NodeId, message: Vote | Proposal): void {
  const known = turn.state.masterships.get(message.cluster)
  if (known === undefined || compareTokens(message, known) >= 0) return
  sendTo(turn, from, { t: 'inform', credentials: [known.credential] })
}

function refuseToken(turn: Turn, message: Vote | Proposal): void {
  const known = turn.state.masterships.get(message.cluster)
  const lower = known !== undefined && compareTokens(message, known) < 0
  reject(turn, {
    code: lower ? 'LOWER_TOKEN' : 'PEER_UNEXPECTED',
    why: `a message of cluster ${message.cluster} under token ${message.epoch}, known is ${known?.epoch ?? 'none'}`,
  })
}
