import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { A, B, Bench, C1, C2, C3, C4, ownVote } from './bench.ts'

/** c4 in round 1, locked on `a` in round 0. */
function lockedOnA(): Bench {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C1, C2, C3], 'prevote', 0, A)
  bench.votes([C1, C2, C3], 'precommit', 0, null)
  bench.timeout('precommit', 0)
  expect(bench.asked()).toEqual(['prevote 0 a', 'precommit 0 a'])
  return bench
}

test('[NW3 L22-24] prevotes a valid new block', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  expect(bench.asked()).toEqual(['prevote 0 a'])
  expect(bench.timers.has('propose')).toBe(false)
})

test('[NW3 L25-26] prevotes nil on an invalid block', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A, { valid: false })
  expect(bench.asked()).toEqual(['prevote 0 nil'])
})

test('[NW3 L23 L26] prevotes nil on another new block while locked', () => {
  const bench = lockedOnA()
  bench.proposal(1, B)
  expect(bench.asked()).toEqual(['prevote 1 nil'])
})

test('[NW3 L22] prevotes nil on a new block that knows less than this cluster, and joins the others once they have a polka for it', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A, { needsPolka: true })
  expect(bench.asked()).toEqual(['prevote 0 nil'])
  bench.votes([C1, C2, C3], 'prevote', 0, A)
  expect(bench.asked()).toEqual(['precommit 0 a'])
  expect(bench.running).toMatchObject({ locked: { round: 0, block: A }, valid: { round: 0, block: A } })
})

test('[NW3 L28] such a block is prevoted when it comes again with its polka, or is the own lock', () => {
  const bench = new Bench(C4)
  bench.votes([C1, C2], 'prevote', 0, A)
  bench.votes([C1, C2], 'precommit', 1, null)
  bench.proposal(1, A, { needsPolka: true, validRound: 0 })
  expect(bench.asked()).toEqual([])
  bench.vote(C3, 'prevote', 0, A)
  expect(bench.asked()).toEqual(['prevote 1 a'])
  bench.votes([C1, C2, C3], 'prevote', 1, A)
  bench.votes([C1, C2], 'precommit', 2, null)
  bench.proposal(2, A, { needsPolka: true })
  expect(bench.asked()).toEqual(['precommit 1 a', 'prevote 2 a'])
})

test('[NW3 L23] prevotes its locked block when it comes as a new one', () => {
  const bench = lockedOnA()
  bench.proposal(1, A)
  expect(bench.asked()).toEqual(['prevote 1 a'])
})

test('[NW3 L28] waits for the prevotes that made the proposed block valid', () => {
  const bench = new Bench(C4)
  bench.votes([C1, C2], 'prevote', 1, null)
  bench.proposal(1, B, { validRound: 0 })
  bench.votes([C1, C2], 'prevote', 0, B)
  expect(bench.asked()).toEqual([])
  bench.vote(C3, 'prevote', 0, B)
  expect(bench.asked()).toEqual(['prevote 1 b'])
})

test('[NW3 L29] gives up a lock for a block that became valid later', () => {
  const bench = lockedOnA()
  bench.proposal(1, B, { valid: false })
  bench.votes([C1, C2, C3], 'prevote', 1, B)
  bench.votes([C1, C2], 'precommit', 2, null)
  bench.asked()
  bench.proposal(2, B, { validRound: 1 })
  expect(bench.asked()).toEqual(['prevote 2 b'])
})

test('[NW3 L29 L32] keeps its lock against a block that became valid earlier', () => {
  const bench = new Bench(C4)
  bench.work()
  bench.timeout('propose', 0)
  bench.votes([C1, C2, C3], 'prevote', 0, B)
  bench.votes([C1, C2], 'precommit', 1, null)
  bench.proposal(1, A)
  bench.votes([C1, C2, C3], 'prevote', 1, A)
  bench.votes([C1, C2], 'precommit', 2, null)
  expect(bench.running.locked).toEqual({ round: 1, block: A })
  bench.asked()
  bench.proposal(2, B, { validRound: 0 })
  expect(bench.asked()).toEqual(['prevote 2 nil'])
})

test('[NW3 L57-60] prevotes nil when no proposal came in time', () => {
  const bench = new Bench(C4)
  bench.work()
  bench.timeout('propose', 0)
  expect(bench.asked()).toEqual(['prevote 0 nil'])
  bench.proposal(0, A)
  bench.timeout('propose', 0)
  expect(bench.asked()).toEqual([])
})

test('[NW3 L57] a timeout of another round or height does nothing', () => {
  const bench = new Bench(C4)
  bench.work()
  bench.timeout('propose', 1)
  bench.give({ kind: 'timeout', timeout: 'propose', height: 3 as never, round: 0 as never })
  expect(bench.asked()).toEqual([])
})

test('[NW3 L57] does not wait for a proposer without a master', () => {
  const bench = new Bench(C4)
  bench.work()
  bench.give({ kind: 'suspectProposer', cluster: C2 })
  expect(bench.asked()).toEqual([])
  bench.give({ kind: 'suspectProposer', cluster: C1 })
  expect(bench.asked()).toEqual(['prevote 0 nil'])
})

test('[NW3 L57] a suspected proposer whose proposal is here still counts', () => {
  const bench = new Bench(C4)
  bench.votes([C1, C2], 'prevote', 1, null)
  bench.proposal(1, B, { validRound: 0 })
  bench.give({ kind: 'suspectProposer', cluster: C2 })
  expect(bench.asked()).toEqual([])
})

test('[NW3] says who proposes on entering each round, so that the host can suspect it', () => {
  const bench = new Bench(C4)
  bench.work()
  bench.votes([C1, C2], 'prevote', 1, null)
  const turns = bench.events.flatMap((event) => (event.kind === 'roundEntered' ? [[event.round, event.proposer]] : []))
  expect(turns).toEqual([
    [0, C1],
    [1, C2],
  ])
})

test('[NW3 L28] the polka of a round long forgotten is taken when the proposal of this round names it, and no other', () => {
  const at = LIMITS.roundsKept + 17
  const bench = new Bench(C4, { records: [ownVote('prevote', at - 1, null)] })
  bench.votes([C1, C2], 'precommit', at, null)
  bench.asked()
  const refused = bench.vote(C1, 'prevote', 1, B)
  expect(refused.rejected).toMatchObject({ code: 'PEER_UNEXPECTED', why: expect.stringContaining('is forgotten') })
  bench.proposal(at, B, { validRound: 1 })
  expect(bench.asked()).toEqual([])
  expect(bench.vote(C1, 'prevote', 2, B).rejected).toMatchObject({ code: 'PEER_UNEXPECTED' })
  expect(bench.vote(C1, 'precommit', 1, B).rejected).toMatchObject({ code: 'PEER_UNEXPECTED' })
  bench.votes([C1, C2, C3], 'prevote', 1, B)
  expect(bench.asked()).toEqual([`prevote ${at} b`])
  // No more of it is kept than that polka.
  bench.votes([C1, C2], 'precommit', at + 1, null)
  expect([...bench.running.votes.rounds.keys()].filter((round) => round < at - LIMITS.roundsKept)).toEqual([1])
})
