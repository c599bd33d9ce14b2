import { consensusStep, IDLE } from '@baton/shared/core/consensus/machine'
import { TRANSITIONS } from '@baton/shared/core/consensus/transitions'
import type { ConsensusInput, StateName } from '@baton/shared/core/consensus/types'
import type { Height, Instant } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { A, Bench, C1, C2, C3, C4, CLUSTERS, epoch, HEIGHT, proposal, round, vote } from './bench.ts'

test('[NW3 L10] a height waits while there is nothing to decide, and work opens round 0', () => {
  const bench = new Bench(C4)
  expect(bench.state.kind).toBe('waiting')
  expect(bench.timers.size).toBe(0)
  bench.timeout('propose', 0)
  expect(bench.state.kind).toBe('waiting')
  bench.work()
  expect(bench.running.round).toBe(0)
})

test('[NW3 L10] a proposal or a vote of the height opens round 0 as well', () => {
  const byProposal = new Bench(C4)
  byProposal.proposal(0, A)
  expect(byProposal.asked()).toEqual(['prevote 0 a'])
  const byVote = new Bench(C1)
  byVote.vote(C2, 'prevote', 0, null)
  expect(byVote.asked()).toEqual(['getValue 0'])
})

test('[NW3] a refused message leaves the height waiting', () => {
  const bench = new Bench(C4)
  bench.vote('c9' as never, 'prevote', 0, null)
  expect(bench.state.kind).toBe('waiting')
})

test('[NW3 L52-54] the next height starts from nothing', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C1, C2, C3], 'prevote', 0, A)
  bench.votes([C1, C2, C3], 'precommit', 0, A)
  const height = (HEIGHT + 1) as Height
  bench.give({ kind: 'start', height, clusters: CLUSTERS, self: C4, resume: null, mayVote: true })
  bench.work()
  expect(bench.running).toMatchObject({ height, round: 0, locked: null, valid: null })
  expect(bench.running.votes.rounds.size).toBe(0)
})

test('[NW3] a height left unfinished stops its timers', () => {
  const bench = new Bench(C4)
  bench.work()
  const height = (HEIGHT + 1) as Height
  bench.give({ kind: 'start', height, clusters: CLUSTERS, self: C4, resume: null, mayVote: true })
  expect(bench.timers.size).toBe(0)
})

test('[NW3] heights never fall, and a decided one is not started again', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C1, C2, C3], 'precommit', 0, A)
  const start = { kind: 'start', clusters: CLUSTERS, self: C4, resume: null, mayVote: true } as const
  expect(() => bench.give({ ...start, height: HEIGHT })).toThrow('not started again')
  expect(() => bench.give({ ...start, height: 3 as Height })).toThrow('never fall')
})

test('[RC2] an observer follows and decides, and asks for no vote and no block', () => {
  const bench = new Bench(C1, { mayVote: false })
  bench.work()
  bench.proposal(0, A)
  bench.votes([C2, C3, C4], 'prevote', 0, A)
  expect(bench.running.locked).toBeNull()
  bench.votes([C2, C3, C4], 'precommit', 0, A)
  expect(bench.asked()).toEqual(['decide 0 a c2,c3,c4'])
})

test('[NW3] every cell of the transition table is reached, and no step leaves the table', () => {
  const at = { height: HEIGHT, round: round(0) }
  const inputs: ConsensusInput[] = [
    { kind: 'start', height: 9 as Height, clusters: CLUSTERS, self: C4, resume: null, mayVote: true },
    { kind: 'work' },
    { kind: 'proposal', proposal: proposal(C1, 0, A), valid: true, tokens: [] },
    { kind: 'vote', vote: vote(C1, 'prevote', 0, A) },
    { kind: 'timeout', timeout: 'propose', ...at },
    { kind: 'value', ...at, block: A },
    { kind: 'suspectProposer', cluster: C1 },
    { kind: 'repriseTokens', cluster: C1, token: epoch(2) },
  ]
  const waiting = new Bench(C4)
  const running = new Bench(C4)
  running.work()
  const decided = new Bench(C4)
  decided.proposal(0, A)
  decided.votes([C1, C2, C3], 'precommit', 0, A)
  const states = { idle: IDLE, waiting: waiting.state, running: running.state, decided: decided.state }
  for (const [name, state] of Object.entries(states)) {
    expect(state.kind).toBe(name)
    expect(Object.keys(TRANSITIONS[name as StateName]).sort()).toEqual(inputs.map((input) => input.kind).sort())
    for (const input of inputs) {
      const next = consensusStep(state, input, { now: 0 as Instant }).state
      expect(TRANSITIONS[state.kind][input.kind], `${name} × ${input.kind}`).toContain(next.kind)
    }
  }
})
