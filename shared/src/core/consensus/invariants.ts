/** What must hold after every step; one name per invariant, listed in SPEC.md. Shared by unit, property and simulation tests. */
import type { Hash } from '../../ids.ts'
import { commitVotes } from './certificate.ts'
import { requestViolations } from './request-invariants.ts'
import type { Tally } from './tally.ts'
import { TRANSITIONS } from './transitions.ts'
import type { ConsensusInput, ConsensusRequest, ConsensusState, DecidedState, RunningState } from './types.ts'

/** Violated invariants of one step, each as `name: what was seen`; empty when all hold. */
export function checkConsensus(
  before: ConsensusState,
  input: ConsensusInput,
  after: ConsensusState,
  requests: readonly ConsensusRequest[],
): readonly string[] {
  return [
    ...stateViolations(after),
    ...stepViolations(before, input, after),
    ...requestViolations(before, input, after, requests),
  ]
}

export function stateViolations(state: ConsensusState): readonly string[] {
  switch (state.kind) {
    case 'idle':
    case 'waiting':
      return []
    case 'running':
      return [...runningViolations(state), ...tallyViolations(state)]
    case 'decided':
      return [...decidedViolations(state), ...tallyViolations(state)]
  }
}

/** Between the two ends of a step. A `start` opens a new life, so it is checked against the table only. */
function stepViolations(before: ConsensusState, input: ConsensusInput, after: ConsensusState): readonly string[] {
  const found: string[] = []
  if (!TRANSITIONS[before.kind][input.kind].includes(after.kind)) {
    found.push(`transition: ${before.kind} × ${input.kind} → ${after.kind}`)
  }
  if (input.kind === 'start') return found
  if (before.kind !== 'idle' && after.kind !== 'idle' && before.height !== after.height) {
    found.push(`height-fixed: ${before.height} → ${after.height}`)
  }
  if (before.kind === 'decided' && after.kind === 'decided') {
    if (before.block !== after.block || before.round !== after.round) found.push('decision-final: it changed')
  }
  if (before.kind === 'running' && after.kind === 'running') {
    if (progressOf(after) < progressOf(before)) {
      found.push(
        `step-monotone: round ${before.round} → ${after.round}, ${before.progress.step} → ${after.progress.step}`,
      )
    }
    if ((after.locked?.round ?? -1) < (before.locked?.round ?? -1)) found.push('lock-monotone: the lock went back')
    if ((after.valid?.round ?? -1) < (before.valid?.round ?? -1))
      found.push('valid-monotone: the valid round went back')
  }
  return found
}

const STEP_ORDER = { propose: 0, prevote: 1, precommit: 2 } as const

/** A number that grows with round and step. */
function progressOf(state: RunningState): number {
  return state.round * 3 + STEP_ORDER[state.progress.step]
}

function runningViolations(state: RunningState): readonly string[] {
  const found: string[] = []
  const { acts, locked, valid, round, progress, setting } = state
  if (locked !== null && acts.precommit.get(locked.round) !== locked.block) {
    found.push(`lock-is-a-precommit: locked in round ${locked.round} without one`)
  }
  if (locked !== null && (valid === null || valid.round < locked.round)) {
    found.push('valid-covers-lock: the valid round is below the locked round')
  }
  for (const [at, block] of acts.precommit) {
    if (block !== null && at > (locked?.round ?? -1)) found.push(`precommit-locks: round ${at} has no lock`)
  }
  const rounds = [...acts.proposal.keys(), ...acts.prevote.keys(), ...acts.precommit.keys()]
  if (rounds.some((at) => at > round)) found.push('acts-not-ahead: an act of a later round')
  if (!setting.mayVote && rounds.length > 0) found.push('observer-silent: an observer acted')
  if (acts.precommit.has(round) && progress.step !== 'precommit')
    found.push('acts-fit-step: precommitted before the step')
  if (acts.prevote.has(round) && progress.step === 'propose') found.push('acts-fit-step: prevoted in the step propose')
  return found
}

function decidedViolations(state: DecidedState): readonly string[] {
  const votes = commitVotes(state)
  const clusters = new Set(votes.map((vote) => vote.cluster))
  if (clusters.size === votes.length && votes.length >= state.setting.roster.quorum) return []
  return [`decided-by-quorum: ${clusters.size} clusters, ${votes.length} votes`]
}

/** Counts against a full recount. */
function tallyViolations({ votes }: RunningState | DecidedState): readonly string[] {
  const found: string[] = []
  for (const [round, { prevote, precommit }] of votes.rounds) {
    for (const tally of [prevote, precommit]) {
      if (!recounts(tally, votes.roster.quorum)) found.push(`tally-exact: round ${round}`)
    }
  }
  return found
}

function recounts(tally: Tally, quorum: number): boolean {
  const counts = new Map<Hash | null, number>()
  let total = 0
  for (const slot of tally.slots) {
    if (slot === undefined) continue
    total += 1
    const blocks = new Set([slot.vote, ...slot.others].map((vote) => vote.block))
    if (blocks.size !== slot.others.length + 1) return false
    for (const block of blocks) counts.set(block, (counts.get(block) ?? 0) + 1)
  }
  const winners = [...counts].filter(([, count]) => count >= quorum).map(([block]) => block)
  const right = tally.quorum === undefined ? winners.length === 0 : winners.includes(tally.quorum)
  const same = tally.counts.every(({ block, count }) => counts.get(block) === count)
  return same && tally.counts.length === counts.size && tally.total === total && right
}
