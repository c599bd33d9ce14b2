/** One height on a master: starting it, and giving consensus the messages that belong to it. */
import { assert } from '../../assert.ts'
import { decodeCertificate } from '../../codec/certificate.ts'
import type { Mastership } from '../../crypto/statement-types.ts'
import { type ClusterId, compareTokens, type Height, type Ms, type NodeId, type Round } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { Proposal } from '../consensus/messages.ts'
import { allProposals, withoutTable } from '../consensus/proposal-book.ts'
import { resumeFrom } from '../consensus/resume.ts'
import { allVotes, prevotesFor } from '../consensus/vote-keeper.ts'
import { buildProposal } from '../ledger/build-proposal.ts'
import { type BlockRefusal, refuse } from '../ledger/judgement.ts'
import { applyMasterships } from '../ledger/tokens.ts'
import type { Block, CommitCertificate, TokenEntry } from '../ledger/types.ts'
import { type BlockJudgement, validateBlock } from '../ledger/validate-block.ts'
import { type BlockFacts, coversCredentials, NO_FACTS, withKnown } from './facts.ts'
import { noteHeard } from './heard.ts'
import { keepBody } from './interpret.ts'
import type { NodeInput, SignedAct } from './io.ts'
import { bindingActs } from './legacy.ts'
import { foreignMasters, wantCurrentHeight } from './mastership.ts'
import { sayDiffering } from './results.ts'
import { runConsensus } from './run-consensus.ts'
import { learnedAt, screenProposal, screenVote } from './screen.ts'
import { isLeading, type NodeState, tipHeight } from './state.ts'
import { showSuperseded } from './superseded.ts'
import { sendTo, type Turn } from './turn.ts'

/** A height that takes longer is asked after. */
export const REPAIR_MS = 250 as Ms
const LAG_MS = 20

/**
 * Begins the height after the tip, when this node leads and nothing decided waits to be executed, at whatever height: what the log knows as
 * decided is never voted on. GU7: the lock travels.
 */
export function startHeight(turn: Turn): void {
  const { state } = turn
  const height = (tipHeight(state) + 1) as Height
  if (!isLeading(state) || state.decided.size > 0 || state.unverified.size > 0 || isReplaced(state)) return
  if (state.consensus.kind !== 'idle' && state.consensus.height === height) return
  const records = bindingActs(state)
    .filter((act) => act.record.height === height)
    .map((act) => act.record)
  turn.state = { ...turn.state, heightSince: turn.context.now }
  runConsensus(turn, {
    kind: 'start',
    height,
    clusters: state.config.clusters,
    self: state.config.election.cluster,
    resume: resumeFrom(records),
    mayVote: state.recovery === null,
    timeouts: state.config.timeouts,
  })
  turn.timers.push({ name: 'heartbeatBlock', after: state.config.heartbeatBlockMs as never })
  turn.timers.push({ name: 'repair', after: REPAIR_MS })
  turn.send.push({ s: 'heightStarted', height })
  replayEarly(turn, height)
  // After a catch-up the messages of the running height may have been too early to keep.
  if (height - 1 <= state.fetchedUpTo) wantCurrentHeight(turn)
}

/** NW1, RC1: the chain itself names a higher token of this cluster. Its grant is on its way through verification. */
function isReplaced({ chain, guard, config }: NodeState): boolean {
  const named = chain.tokens.entries.find(({ cluster }) => cluster === config.election.cluster)
  return named !== undefined && compareTokens(named, guard.token) > 0
}

function replayEarly(turn: Turn, height: Height): void {
  const messages = turn.state.early.get(height) ?? []
  const early = new Map([...turn.state.early].filter(([of]) => of > height))
  turn.state = { ...turn.state, early }
  for (const message of messages) {
    if (message.i === 'vote') receiveVote(turn, message)
    if (message.i === 'proposal') receiveProposal(turn, message)
  }
}

/** Nothing of the running height is wanted any more. */
export function restOfConsensus(turn: Turn): void {
  turn.state = { ...turn.state, consensus: { kind: 'idle' }, consensusTimers: new Map() }
  for (const kind of ['propose', 'prevote', 'precommit']) turn.timers.push({ name: `consensus:${kind}`, after: null })
}

export function receiveVote(turn: Turn, input: Extract<NodeInput, { i: 'vote' }>): void {
  const { from, vote, verified = true } = input
  if (!screenVote(turn, from, vote, verified)) return
  noteHeight(turn, from, vote.height - 1)
  const place = placeOf(turn, vote.height)
  const before = turn.state.consensus
  if (place === 'current') runConsensus(turn, { kind: 'vote', vote })
  noteHeard(turn, vote.cluster, from, turn.state.consensus !== before)
  if (place === 'early') keepEarly(turn, vote.height, input)
}

export function receiveProposal(turn: Turn, input: Extract<NodeInput, { i: 'proposal' }>): void {
  const { from, proposal, block, facts } = input
  if (!screenProposal(turn, from, proposal)) return
  noteHeight(turn, from, proposal.height - 1)
  noteHeard(turn, proposal.cluster, from, false)
  const place = placeOf(turn, proposal.height)
  if (place === 'early') keepEarly(turn, proposal.height, input)
  if (place !== 'current') return
  const judged = judge(turn, block, facts)
  const refusal = judged.ok ? knowsLess(turn.state, judged.tokens.entries, block.header.height) : judged
  if (refusal !== null) {
    const { fault, why } = refusal
    const { cluster, generation, epoch, height, round } = proposal
    turn.events.push({ event: 'invalid-proposal', cluster, token: { generation, epoch }, height, round, fault, why })
  }
  if (!judged.ok) {
    runConsensus(turn, { kind: 'proposal', proposal, valid: false, tokens: null })
    return
  }
  const known = turn.state.bodies.get(block.hash)
  keepBody(turn, { block, facts, logged: known?.logged ?? null })
  const tokens = judged.tokens.entries
  runConsensus(turn, { kind: 'proposal', proposal, valid: true, needsPolka: refusal !== null, tokens })
}

/** Whether the block continues the chain as it should. */
function judge(turn: Turn, block: Block, facts: BlockFacts): BlockJudgement {
  const { chain } = turn.state
  const { transactions, commitVerified, mastershipOf } = facts
  assert(transactions !== null, 'a proposed block is judged with its transactions')
  return validateBlock(
    chain,
    { block, transactions, masterships: facts.masterships, certificateVerified: commitVerified, mastershipOf },
    { hash: turn.context.hash, reader: turn.context.chain },
  )
}

/**
 * NW3: a proposer that does not know of a recovering master must not collect its predecessor's votes: its block gets no prevote as a new
 * one. What may have been locked before this cluster knew of it either stays good, and an observer only looks on. When more than two thirds
 * have prevoted it all the same, no recovering master rests on the silence of its predecessor there (SPEC.md), and those that have locked
 * the block must not be left alone.
 */
function knowsLess(state: NodeState, tokens: readonly TokenEntry[], height: Height): BlockRefusal | null {
  if (state.recovery !== null) return null
  for (const entry of tokens) {
    const known = state.masterships.get(entry.cluster)
    if (entry.cluster === state.config.election.cluster || known?.recovering !== true) continue
    if (compareTokens(known, entry) > 0 && height > learnedAt(state, entry.cluster)) {
      return refuse('recovering', `cluster ${entry.cluster} is recovering under a higher token`)
    }
  }
  return null
}

/** The token table after a block that is known to be good. */
function tokensAfter(turn: Turn, facts: BlockFacts): readonly TokenEntry[] {
  const table = applyMasterships(turn.context.hash, turn.state.chain.tokens, facts.masterships)
  assert(table.ok, 'a good block raises the token table')
  return table.value.entries
}

function placeOf(turn: Turn, height: Height): 'past' | 'current' | 'early' {
  const consensus = turn.state.consensus
  if (height <= tipHeight(turn.state)) return 'past'
  if (consensus.kind !== 'idle' && consensus.height === height) return 'current'
  return 'early'
}

/** Messages of the next heights wait, as many as one height can have. */
function keepEarly(turn: Turn, height: Height, message: NodeInput): void {
  if (height > tipHeight(turn.state) + LIMITS.heightsAhead) return
  const kept = turn.state.early.get(height) ?? []
  if (kept.length >= turn.state.config.clusters.length * 8) return
  turn.state = { ...turn.state, early: new Map(turn.state.early).set(height, [...kept, message]) }
}

export function noteHeight(turn: Turn, peer: NodeId, height: number): void {
  if ((turn.state.heights.get(peer) ?? -1) >= height) return
  turn.state = { ...turn.state, heights: new Map(turn.state.heights).set(peer, height) }
  sayDiffering(turn)
  if (height <= tipHeight(turn.state) || !isLeading(turn.state) || turn.state.lagging) return
  // Somebody has decided what this master has not: its own decision is usually a moment away, else it fetches the block.
  turn.state = { ...turn.state, lagging: true }
  turn.timers.push({ name: 'lag', after: LAG_MS as Ms })
}

/** Transactions for a block of this cluster's turn. */
export function receiveTransactions(turn: Turn, input: Extract<NodeInput, { i: 'transactions' }>): void {
  const { state } = turn
  const consensus = state.consensus
  if (consensus.kind !== 'running' || consensus.height !== input.height || consensus.round !== input.round) return
  const built = buildProposal(
    state.chain,
    {
      proposer: state.config.election.cluster,
      transactions: input.transactions,
      masterships: state.masterships.values(),
      lastCommit: commitOfTip(turn),
      time: input.time,
    },
    { hash: turn.context.hash, reader: turn.context.chain },
  )
  const { block, transactions, masterships } = built
  keepBody(turn, { block, facts: { ...NO_FACTS, transactions, masterships, commitVerified: true }, logged: null })
  runConsensus(turn, { kind: 'value', height: input.height, round: input.round, block: block.hash })
}

/** The certificate of the tip; null before the first block. */
function commitOfTip(turn: Turn): CommitCertificate | null {
  const stored = turn.context.chain.block(tipHeight(turn.state))
  if (stored === null) return null
  const certificate = decodeCertificate(stored.certificate)
  assert(certificate.ok, 'the stored certificate of the tip is readable')
  return certificate.value
}

/** GU2: the act was held and is signed now: it leaves, and counts here as any other cluster's would. */
export function receiveSigned(turn: Turn, signed: SignedAct): void {
  const masters = foreignMasters(turn)
  if (signed.act === 'vote') {
    // One object for all: the driver encodes it once.
    const message = { t: 'vote', vote: signed.vote } as const
    for (const to of masters) sendTo(turn, to, message)
    if (placeOf(turn, signed.vote.height) === 'current') runConsensus(turn, { kind: 'vote', vote: signed.vote })
    return
  }
  const { proposal } = signed
  const body = turn.state.bodies.get(proposal.block)
  if (body === undefined) return
  const message = { t: 'proposal', proposal, body: body.block.bytes } as const
  for (const to of masters) sendTo(turn, to, message)
  showPolka(turn, proposal, masters)
  if (placeOf(turn, proposal.height) !== 'current') return
  const facts = withKnown(body.block, body.facts, turn.state.masterships.values())
  keepBody(turn, { ...body, facts })
  const covered = coversCredentials(body.block, facts)
  runConsensus(turn, { kind: 'proposal', proposal, valid: true, tokens: covered ? tokensAfter(turn, facts) : null })
  // A predecessor's block may name masters that this node has never heard of: nothing is decided on it before they are known (NW3).
  if (!covered) turn.send.push({ s: 'verifyCredentials', credentials: body.block.credentials })
}

/** Own proposals of a predecessor's blocks, whose credentials are verified now. */
export function learnTables(turn: Turn, verified: readonly Mastership[]): void {
  const { consensus, bodies, masterships } = turn.state
  if (consensus.kind !== 'running') return
  for (const proposal of withoutTable(consensus.proposals)) {
    const body = bodies.get(proposal.block)
    if (body === undefined) continue
    const facts = withKnown(body.block, body.facts, [...masterships.values(), ...verified])
    if (!coversCredentials(body.block, facts)) continue
    keepBody(turn, { ...body, facts })
    runConsensus(turn, { kind: 'proposal', proposal, valid: true, tokens: tokensAfter(turn, facts) })
  }
}

/** L28: a block that was valid before is prevoted by those that see what made it so, which they may have missed. */
function showPolka(turn: Turn, { height, validRound, block }: Proposal, masters: readonly NodeId[]): void {
  const { consensus } = turn.state
  if (validRound < 0 || consensus.kind !== 'running' || consensus.height !== height) return
  const polka = prevotesFor(consensus.votes, validRound as Round, block)
  for (const to of masters) showSuperseded(turn, to, polka)
  for (const vote of polka) {
    const message = { t: 'vote', vote } as const
    for (const to of masters) sendTo(turn, to, message)
  }
}

/** Sends `to` everything this master has of its current height: it is new, or says that it waits. */
export function resendHeight(turn: Turn, to: NodeId): void {
  const { consensus, bodies, links } = turn.state
  if (!isLeading(turn.state) || !links.has(to)) return
  if (consensus.kind !== 'running' && consensus.kind !== 'decided') return
  for (const proposal of allProposals(consensus.proposals)) {
    const body = bodies.get(proposal.block)
    if (body !== undefined) sendTo(turn, to, { t: 'proposal', proposal, body: body.block.bytes })
  }
  const votes = allVotes(consensus.votes)
  showSuperseded(turn, to, votes)
  for (const vote of votes) sendTo(turn, to, { t: 'vote', vote })
}

/** The proposer of a leaderless cluster is not waited for. */
export function suspectCluster(turn: Turn, cluster: ClusterId): void {
  turn.state = { ...turn.state, leaderless: new Set(turn.state.leaderless).add(cluster) }
  if (turn.state.consensus.kind === 'running') runConsensus(turn, { kind: 'suspectProposer', cluster })
}
