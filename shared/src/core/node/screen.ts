/** NW1: under which token a cluster's message counts. */
import type { Mastership } from '../../crypto/statement-types.ts'
import { type ClusterId, compareTokens, type Height, type NodeId, sameToken, type Token } from '../../ids.ts'
import type { Proposal, Vote } from '../consensus/messages.ts'
import { isLeading, type NodeState } from './state.ts'
import { supersededOf } from './superseded.ts'
import { reject, sendTo, type Turn } from './turn.ts'

/**
 * Whose key a vote must be signed with; null when its token does not count. Besides the highest known token of its cluster these count,
 * since another cluster may have locked a block on such a vote, and could never show its polka if the vote were refused here: the tokens
 * before a *clean* one, as the acts of all of them travel with the mastership (GU7); and, up to the height at which this cluster learned
 * of a *recovering* one, the tokens before it, as the recovering master is silent there (SPEC.md). In a certificate they still have to
 * reach the block's own table (NW3).
 */
export function mastershipOfVote(state: NodeState, vote: Vote): Mastership | null {
  const known = state.masterships.get(vote.cluster)
  if (known === undefined) return null
  const order = compareTokens(vote, known)
  if (order >= 0) return order === 0 ? known : null
  const named = state.chain.tokens.entries.find(({ cluster }) => cluster === vote.cluster)
  if (named !== undefined && compareTokens(vote, named) < 0) return null
  const older = knownBefore(state, known)
  if (!leadsTo(state, vote, [known, ...older.filter((one) => compareTokens(one, vote) > 0)])) return null
  return older.find((one) => sameToken(one, vote)) ?? null
}

/** Who held a token, as far as this node can prove it, whether or not what was said under it still counts (NW4). */
export function mastershipOfToken(state: NodeState, cluster: ClusterId, token: Token): Mastership | null {
  const known = state.masterships.get(cluster)
  if (known === undefined) return null
  return [known, ...knownBefore(state, known)].find((one) => sameToken(one, token)) ?? null
}

/** What else this node knows of the cluster: of the height it works on, and what the chain names. */
function knownBefore(state: NodeState, known: Mastership): readonly Mastership[] {
  const { cluster } = known
  const inChain = state.chain.tokens.masterships.get(cluster)
  const older = supersededOf(state, cluster)
  const isNew = inChain !== undefined && ![known, ...older].some((one) => sameToken(one, inChain))
  return isNew ? [...older, inChain] : older
}

/**
 * Whether a vote counts whose token is followed by these. A token that is missing among them may have been a recovering one: epochs count on
 * from one generation to the next, so a gap shows there too (RG8).
 */
function leadsTo(state: NodeState, vote: Vote, later: readonly [Mastership, ...Mastership[]]): boolean {
  const [known] = later
  if (known.recovering) return vote.height <= learnedAt(state, vote.cluster)
  if (later.some(({ recovering }) => recovering)) return false
  return known.epoch - vote.epoch === later.length
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
