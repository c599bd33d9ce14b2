import { commitVotes, votesBelow } from '@baton/shared/core/consensus/certificate'
import { expect, test } from 'vitest'
import { A, B, Bench, C1, C2, C3, C4, clusterNames, epoch, tokenTable } from './bench.ts'

test('[NW3 L47-48] starts the precommit timer when two thirds precommitted without agreement', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C1, C2], 'precommit', 0, A)
  bench.vote(C3, 'precommit', 0, null)
  expect(bench.timers.get('precommit')).toBe(150)
})

test('[NW3 L65-67] the precommit timeout opens the next round and stops the timers of this one', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C1, C2], 'prevote', 0, A)
  bench.vote(C3, 'prevote', 0, null)
  bench.votes([C1, C2], 'precommit', 0, null)
  bench.timeout('precommit', 0)
  expect(bench.running.round).toBe(0)
  bench.vote(C3, 'precommit', 0, null)
  bench.timeout('precommit', 0)
  expect(bench.running.round).toBe(1)
  expect(bench.timers).toEqual(new Map([['propose', 450]]))
})

test('[NW3 L47 L65] a round without a proposal that two thirds gave up ends at once', () => {
  const bench = new Bench(C4)
  bench.work()
  bench.give({ kind: 'suspectProposer', cluster: C1 })
  bench.votes([C2, C3, C4], 'prevote', 0, null)
  bench.votes([C2, C3], 'precommit', 0, null)
  expect(bench.running.round).toBe(0)
  bench.vote(C4, 'precommit', 0, null)
  expect(bench.running.round).toBe(1)
})

test('[NW3 L47] a round with a proposal that two thirds gave up waits, so that bad blocks cannot make it spin', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A, { valid: false })
  bench.votes([C1, C2, C3], 'precommit', 0, null)
  expect(bench.running.round).toBe(0)
  expect(bench.timers.has('precommit')).toBe(true)
})

test('[NW3 L49-51] two thirds of precommits decide, in any round, and stop all timers', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C1, C2], 'prevote', 1, null)
  expect(bench.running.round).toBe(1)
  bench.asked()
  bench.votes([C1, C2, C3], 'precommit', 0, A)
  expect(bench.asked()).toEqual(['decide 0 a c1,c2,c3'])
  expect(bench.state.kind).toBe('decided')
  expect(bench.timers.size).toBe(0)
})

test('[NW3 L49] precommits decide when the proposal comes after them', () => {
  const bench = new Bench(C4)
  bench.votes([C1, C2, C3], 'precommit', 0, A)
  expect(bench.events).toContainEqual({ kind: 'commitWithoutBlock', height: 4, round: 0, block: A, reason: 'unknown' })
  bench.proposal(0, A)
  expect(bench.state.kind).toBe('decided')
})

test('[NW3 L50] a block judged invalid here is never decided here, and the host is told once', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A, { valid: false })
  bench.votes([C1, C2, C3, C4], 'precommit', 0, A)
  expect(bench.state.kind).toBe('running')
  const told = bench.events.filter((event) => event.kind === 'commitWithoutBlock')
  expect(told).toEqual([{ kind: 'commitWithoutBlock', height: 4, round: 0, block: A, reason: 'invalid' }])
})

test('[NW3 L49] decides a block although a faulty proposer showed another one first', () => {
  const bench = new Bench(C4)
  bench.proposal(0, B)
  bench.proposal(0, A)
  bench.votes([C1, C2, C3], 'precommit', 0, A)
  expect(bench.asked()).toEqual(['prevote 0 b', 'decide 0 a c1,c2,c3'])
})

test('[NW3] a late precommit completes the certificate and changes nothing else', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C3, C2, C1], 'precommit', 0, A)
  bench.asked()
  expect(bench.vote(C4, 'precommit', 0, A)).toMatchObject({ send: [], events: [], timers: [] })
  expect(commitVotes(bench.state).map((vote) => vote.cluster)).toEqual([C1, C2, C3, C4])
})

test('[NW3] a certificate keeps each vote under the highest token it came with', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.vote(C1, 'precommit', 0, A, 3)
  bench.vote(C2, 'precommit', 0, A, 2)
  bench.vote(C1, 'precommit', 0, A, 2)
  bench.vote(C2, 'precommit', 0, A, 5)
  bench.vote(C3, 'precommit', 0, A)
  bench.vote(C3, 'precommit', 0, A, 4)
  expect(commitVotes(bench.state).map((vote) => vote.epoch)).toEqual([3, 5, 4])
})

test('[NW3] a precommit under a lower token than the block names is void until it comes under that token', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A, { tokens: tokenTable({ c1: 1, c2: 2, c3: 1, c4: 1 }) })
  bench.votes([C1, C2, C3], 'precommit', 0, A)
  expect(bench.state.kind).toBe('running')
  bench.vote(C2, 'precommit', 0, A, 2)
  expect(bench.state.kind).toBe('decided')
  expect(commitVotes(bench.state).map((vote) => vote.epoch)).toEqual([1, 2, 1])
})

test('[NW3] nothing is decided on a block whose token table is not known: any of the precommits may be void', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A, { tokens: null })
  bench.votes([C1, C2, C3], 'precommit', 0, A)
  expect(bench.state.kind).toBe('running')
  bench.proposal(0, A, { tokens: tokenTable({ c1: 1, c2: 2, c3: 1, c4: 1 }) })
  expect(bench.state.kind).toBe('running')
  bench.proposal(0, A, { tokens: tokenTable({ c1: 1, c2: 1, c3: 1, c4: 1 }) })
  expect(bench.state.kind, 'the first table that is known stays').toBe('running')
  bench.vote(C2, 'precommit', 0, A, 2)
  expect(bench.state.kind).toBe('decided')
  const known = new Bench(C4)
  known.proposal(0, A, { tokens: null })
  known.votes([C1, C2, C3], 'precommit', 0, A)
  known.proposal(0, A, { tokens: tokenTable({ c1: 1, c2: 1, c3: 1, c4: 1 }) })
  expect(known.state.kind, 'it comes last, and decides').toBe('decided')
})

test('[NW3] names the votes that a risen token made old, and drops none', () => {
  const bench = new Bench(C4)
  bench.vote(C1, 'prevote', 0, A)
  bench.vote(C2, 'prevote', 0, A)
  bench.give({ kind: 'repriseTokens', cluster: C2, token: epoch(2) })
  bench.give({ kind: 'repriseTokens', cluster: C2, token: epoch(1) })
  expect(votesBelow(bench.state).map((vote) => vote.cluster)).toEqual([C2])
  expect(bench.running.votes.rounds.get(0 as never)?.prevote.total).toBe(2)
  bench.vote(C2, 'prevote', 0, A, 2)
  expect(votesBelow(bench.state)).toEqual([])
})

test('[NW3] a network of one cluster decides with its own votes', () => {
  const bench = new Bench(C1, { clusters: clusterNames(1) })
  bench.work()
  bench.value(0, A)
  bench.proposal(0, A)
  bench.vote(C1, 'prevote', 0, A)
  bench.vote(C1, 'precommit', 0, A)
  expect(bench.asked()).toEqual(['getValue 0', 'propose 0 a -1', 'prevote 0 a', 'precommit 0 a', 'decide 0 a c1'])
})
