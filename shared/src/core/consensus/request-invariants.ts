/** What every request to the host must rest on, checked against the state and not against the code that made it. */
import type { Round } from '../../ids.ts'
import type { OwnActs } from './own-acts.ts'
import { NO_ACTS } from './own-acts.ts'
import { type JudgedProposal, type ProposalBook, proposalOf } from './proposal-book.ts'
import { proposer } from './proposer.ts'
import type { ValueAtRound } from './resume.ts'
import type { ConsensusInput, ConsensusRequest, ConsensusState, DecidedState, RunningState } from './types.ts'
import { hasPolka, type VoteKeeper } from './vote-keeper.ts'

type VoteRequest = Extract<ConsensusRequest, { readonly kind: 'vote' }>
type ProposeRequest = Extract<ConsensusRequest, { readonly kind: 'propose' }>

export function requestViolations(
  before: ConsensusState,
  input: ConsensusInput,
  after: ConsensusState,
  requests: readonly ConsensusRequest[],
): readonly string[] {
  if (requests.length === 0) return []
  if (after.kind !== 'running' && after.kind !== 'decided') return ['requests-need-a-round: none is running']
  const found: string[] = []
  const ledger = openLedger(before, input)
  for (const request of requests) {
    if (request.height !== after.height) found.push(`height-fixed: ${request.kind} of height ${request.height}`)
    if (request.kind !== 'decide' && !after.setting.mayVote) found.push(`observer-silent: ${request.kind}`)
    if (request.kind === 'vote') found.push(...voteViolations(request, after, ledger))
    if (request.kind === 'propose') found.push(...proposeViolations(request, after, ledger))
    if (request.kind === 'getValue' && !isProposer(after, request.round)) found.push('proposer-only: getValue')
    if (request.kind === 'decide') found.push(...decideViolations(request, after))
  }
  return found
}

/** What had been asked for before this request: grows while the requests of a step are read. */
interface RequestLedger {
  readonly recorded: OwnActs
  readonly seen: Set<string>
  /** Nothing new is made below it. */
  readonly round: Round
  locked: ValueAtRound | null
}

function openLedger(before: ConsensusState, input: ConsensusInput): RequestLedger {
  const seen = new Set<string>()
  if (input.kind === 'start') {
    const { resume } = input
    const round = resume?.round ?? (0 as Round)
    return { recorded: resume?.acts ?? NO_ACTS, seen, round, locked: resume?.locked ?? null }
  }
  if (before.kind !== 'running') return { recorded: NO_ACTS, seen, round: 0 as Round, locked: null }
  return { recorded: before.acts, seen, round: before.round, locked: before.locked }
}

function voteViolations(
  request: VoteRequest,
  after: RunningState | DecidedState,
  ledger: RequestLedger,
): readonly string[] {
  const { round, type, block, again } = request
  const found = onceViolations(`${type} ${round}`, ledger)
  const recorded = ledger.recorded[type].get(round)
  if (again) return recorded === block ? found : [...found, `again-is-the-same: ${type} of round ${round}`]
  if (recorded !== undefined) found.push(`one-vote: ${type} of round ${round} was made before`)
  if (round < ledger.round) found.push(`nothing-new-below: ${type} of round ${round} in round ${ledger.round}`)
  if (block === null) return found
  const known = proposalOf(after.proposals, round, block)
  if (!known?.valid) return [...found, `vote-for-valid: ${type} of round ${round}`]
  if (type === 'precommit') {
    if (!hasPolka(after.votes, round, block)) found.push(`precommit-on-polka: round ${round}`)
    ledger.locked = { round, block }
    return found
  }
  if (!prevoteAllowed(known, ledger.locked, after.votes)) {
    found.push(`prevote-respects-lock: round ${round}`)
  }
  return found
}

/** The conditions of L23 and L29. */
function prevoteAllowed(
  { proposal: { validRound, block }, needsPolka }: JudgedProposal,
  locked: ValueAtRound | null,
  votes: VoteKeeper,
): boolean {
  if (needsPolka && validRound === -1 && locked?.block !== block) return false
  if (validRound !== -1 && !hasPolka(votes, validRound as Round, block)) return false
  return locked === null || locked.block === block || (validRound !== -1 && locked.round <= validRound)
}

function proposeViolations(
  request: ProposeRequest,
  after: RunningState | DecidedState,
  ledger: RequestLedger,
): readonly string[] {
  const { round, validRound, block, again } = request
  const found = onceViolations(`proposal ${round}`, ledger)
  if (!isProposer(after, round)) found.push(`proposer-only: proposal of round ${round}`)
  const recorded = ledger.recorded.proposal.get(round)
  if (again) {
    const same = recorded?.block === block && recorded.validRound === validRound
    return same ? found : [...found, `again-is-the-same: proposal of round ${round}`]
  }
  if (recorded !== undefined) found.push(`one-proposal: round ${round} was proposed before`)
  if (round < ledger.round) found.push(`nothing-new-below: proposal of round ${round} in round ${ledger.round}`)
  if (validRound >= round) found.push(`valid-round-below: ${validRound} in round ${round}`)
  if (validRound !== -1 && !hasPolka(after.votes, validRound as Round, block)) {
    found.push(`valid-round-on-polka: ${validRound} in round ${round}`)
  }
  // Its own block may be proposed as new: those that have not locked another accept it, and nobody prevotes it who has.
  const covers = ledger.locked === null || block === ledger.locked.block || validRound >= ledger.locked.round
  if (!covers) found.push(`proposal-covers-lock: round ${round}`)
  return found
}

function decideViolations(
  { round, block, votes }: Extract<ConsensusRequest, { readonly kind: 'decide' }>,
  after: RunningState | DecidedState,
): readonly string[] {
  const found: string[] = []
  if (after.kind !== 'decided' || after.block !== block) found.push('decide-once: the state has not decided it')
  if (!isValidHere(after.proposals, round, block)) found.push('decide-valid: the block is not known as valid')
  const right = votes.filter((v) => v.type === 'precommit' && v.round === round && v.block === block)
  const clusters = new Set(right.map((vote) => vote.cluster))
  if (clusters.size !== votes.length || clusters.size < after.setting.roster.quorum) {
    found.push(`decided-by-quorum: ${clusters.size} of ${votes.length} votes`)
  }
  return found
}

function isValidHere(book: ProposalBook, round: Round, block: ValueAtRound['block']): boolean {
  return proposalOf(book, round, block)?.valid === true
}

function isProposer({ setting, height }: RunningState | DecidedState, round: Round): boolean {
  return proposer(setting.roster.clusters, height, round) === setting.self
}

function onceViolations(key: string, ledger: RequestLedger): string[] {
  if (ledger.seen.has(key)) return [`once-per-step: ${key} requested twice`]
  ledger.seen.add(key)
  return []
}
