import { checkConsensus, stateViolations } from '@baton/shared/core/consensus/invariants'
import type { ConsensusRequest, ConsensusState, RunningState } from '@baton/shared/core/consensus/types'
import { expect, test } from 'vitest'
import { A, B, Bench, C1, C2, C3, C4, HEIGHT, round } from './bench.ts'

/** c4 in the step precommit of round 0, locked on `a`. */
function locked(): RunningState {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C1, C2, C3], 'prevote', 0, A)
  return bench.running
}

function names(violations: readonly string[]): string[] {
  return violations.map((violation) => violation.split(':')[0]!)
}

const damaged: [string, (state: RunningState) => RunningState][] = [
  ['lock-is-a-precommit', (state) => ({ ...state, locked: { round: round(0), block: B } })],
  ['precommit-locks', (state) => ({ ...state, locked: null })],
  ['valid-covers-lock', (state) => ({ ...state, valid: null })],
  ['acts-fit-step', (state) => ({ ...state, progress: { step: 'propose', awaitsValue: false } })],
  ['acts-not-ahead', (state) => ({ ...state, acts: { ...state.acts, prevote: new Map([[round(3), A]]) } })],
  ['observer-silent', (state) => ({ ...state, setting: { ...state.setting, mayVote: false } })],
  [
    'tally-exact',
    (state) => {
      const votes = state.votes.rounds.get(round(0))!
      const wrong = { ...votes, prevote: { ...votes.prevote, total: 4 } }
      return { ...state, votes: { ...state.votes, rounds: new Map([[round(0), wrong]]) } }
    },
  ],
]

test.each(damaged)('[NW3] the invariant %s sees a damaged state', (name, damage) => {
  expect(stateViolations(locked())).toEqual([])
  expect(names(stateViolations(damage(locked())))).toContain(name)
})

test('[NW3] the invariants see a step that goes back', () => {
  const after = locked()
  const before: RunningState = { ...after, round: round(2), locked: { round: round(2), block: A } }
  const found = names(checkConsensus(before, { kind: 'work' }, after, []))
  expect(found).toEqual(['step-monotone', 'lock-monotone'])
})

test('[NW3] the invariants see a transition outside the table', () => {
  const waiting = new Bench(C4).state
  expect(names(checkConsensus(locked(), { kind: 'work' }, waiting, []))).toEqual(['transition'])
})

const vote = { kind: 'vote', height: HEIGHT, round: round(0), type: 'prevote', block: A, again: false } as const
const propose = { kind: 'propose', height: HEIGHT, round: round(0), validRound: -1, block: A, again: false } as const

const wrong: [string, ConsensusRequest][] = [
  ['one-vote', vote],
  ['again-is-the-same', { ...vote, block: B, again: true }],
  ['vote-for-valid', { ...vote, round: round(1), block: B }],
  ['precommit-on-polka', { ...vote, round: round(1), type: 'precommit' }],
  ['prevote-respects-lock', { ...vote, round: round(2), block: B }],
  ['height-fixed', { ...vote, height: 5 as never }],
  ['proposer-only', propose],
  ['proposal-covers-lock', { ...propose, round: round(3), block: B }],
  ['valid-round-on-polka', { ...propose, round: round(3), validRound: 1 }],
  ['valid-round-below', { ...propose, round: round(3), validRound: 3 }],
  ['decide-once', { kind: 'decide', height: HEIGHT, round: round(0), block: A, votes: [] }],
  ['decided-by-quorum', { kind: 'decide', height: HEIGHT, round: round(0), block: A, votes: [] }],
  ['decide-valid', { kind: 'decide', height: HEIGHT, round: round(0), block: B, votes: [] }],
]

test.each(wrong)('[NW3 GU7] the invariant %s sees a wrong request', (name, request) => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C1, C2, C3], 'prevote', 0, A)
  bench.proposal(1, A)
  bench.proposal(2, B)
  const state: ConsensusState = bench.state
  expect(names(checkConsensus(state, { kind: 'work' }, state, [request]))).toContain(name)
})
