import type { ClusterId, Hash } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { A, B, Bench, C1, C2, C3, C4, proposal, vote } from './bench.ts'

test('[NW3] the first vote of a cluster counts, and the same vote again counts once', () => {
  const bench = new Bench(C4)
  bench.vote(C1, 'prevote', 0, A)
  expect(bench.vote(C1, 'prevote', 0, A).rejected).toBeUndefined()
  bench.vote(C1, 'prevote', 0, A, 7)
  expect(bench.running.votes.rounds.get(0 as never)?.prevote).toMatchObject({
    total: 1,
    counts: [{ block: A, count: 1 }],
  })
  expect(bench.events.filter((event) => event.kind === 'equivocation')).toEqual([])
})

test('[NW4] two different votes of one cluster are evidence, with both messages, once', () => {
  const bench = new Bench(C4)
  bench.vote(C1, 'prevote', 0, A)
  const output = bench.vote(C1, 'prevote', 0, null, 2)
  const evidence = { cluster: C1, first: vote(C1, 'prevote', 0, A), second: vote(C1, 'prevote', 0, null, 2) }
  expect(output.events).toEqual([{ kind: 'equivocation', evidence }])
  expect(output.rejected?.code).toBe('PEER_UNEXPECTED')
  expect(bench.vote(C1, 'prevote', 0, B).events).toEqual([])
  expect(bench.running.votes.rounds.get(0 as never)?.prevote).toMatchObject({
    total: 1,
    counts: [{ block: A, count: 1 }],
  })
})

test('[NW4] a vote that contradicts after the decision is evidence too', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C1, C2, C3], 'precommit', 0, A)
  expect(bench.vote(C3, 'precommit', 0, null).events).toHaveLength(1)
  expect(bench.state.kind).toBe('decided')
})

test('[NW4] two different proposals of one round are evidence, and the first one gets the prevote', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.proposal(0, A)
  const output = bench.proposal(0, B)
  const evidence = { cluster: C1, first: proposal(C1, 0, A), second: proposal(C1, 0, B) }
  expect(output.events).toEqual([{ kind: 'equivocation', evidence }])
  const kept = bench.running.proposals
  expect(bench.proposal(0, 'c' as Hash).events).toEqual([])
  expect(bench.running.proposals).toBe(kept)
  expect(bench.asked()).toEqual(['prevote 0 a'])
})

test('[NW3 L28] a contradicting vote for a proposed block counts for that block, so that nobody is locked alone', () => {
  // c3 is faulty: it prevoted `a` to c1, which locked it, and nil to this one.
  const bench = new Bench(C4)
  bench.work()
  bench.timeout('propose', 0)
  bench.vote(C3, 'prevote', 0, null)
  bench.votes([C1, C2], 'prevote', 0, A)
  bench.votes([C1, C2], 'precommit', 1, null)
  bench.asked()
  bench.vote(C3, 'prevote', 0, A)
  bench.proposal(1, A, { validRound: 0 })
  expect(bench.asked()).toEqual([])
  bench.vote(C3, 'prevote', 0, A)
  expect(bench.asked()).toEqual(['prevote 1 a'])
  expect(bench.running.votes.rounds.get(0 as never)?.prevote.total).toBe(3)
})

test('[NW3 L49] a faulty proposer cannot hide the block that the others decide behind two others', () => {
  const bench = new Bench(C4)
  bench.proposal(0, B)
  bench.proposal(0, 'c' as Hash)
  bench.votes([C2, C3], 'precommit', 0, A)
  bench.vote(C1, 'precommit', 0, B)
  bench.proposal(0, A)
  bench.vote(C1, 'precommit', 0, A)
  expect(bench.state).toMatchObject({ kind: 'decided', block: A })
})

test('[NW3] contradicting votes for blocks nobody proposed cost no memory', () => {
  const bench = new Bench(C4)
  bench.vote(C1, 'prevote', 0, A)
  bench.vote(C1, 'prevote', 0, B)
  const before = bench.state
  for (let i = 0; i < 100; i += 1) bench.vote(C1, 'prevote', 0, `junk ${i}` as never)
  expect(bench.state).toBe(before)
})

test('[NW3] a message that a peer may not send is refused with a code and changes nothing', () => {
  const bench = new Bench(C4)
  bench.work()
  const before = bench.state
  const refused: [unknown, string][] = [
    [{ kind: 'vote', vote: vote('c9' as ClusterId, 'prevote', 0, A) }, 'PEER_UNEXPECTED'],
    [{ kind: 'vote', vote: { ...vote(C1, 'prevote', 0, A), height: 5 } }, 'PEER_UNEXPECTED'],
    [{ kind: 'vote', vote: vote(C1, 'prevote', -1, A) }, 'PEER_MALFORMED'],
    [{ kind: 'vote', vote: vote(C1, 'prevote', 0.5, A) }, 'PEER_MALFORMED'],
    [{ kind: 'vote', vote: vote(C1, 'prevote', Number.NaN, A) }, 'PEER_MALFORMED'],
    [{ kind: 'proposal', valid: true, proposal: proposal(C2, 0, A) }, 'PEER_UNEXPECTED'],
    [{ kind: 'proposal', valid: true, proposal: { ...proposal(C1, 0, A), height: 5 } }, 'PEER_UNEXPECTED'],
    [{ kind: 'proposal', valid: true, proposal: proposal(C1, 0, A, 0) }, 'PEER_MALFORMED'],
    [{ kind: 'proposal', valid: true, proposal: proposal(C1, 0, A, -2) }, 'PEER_MALFORMED'],
  ]
  for (const [input, code] of refused) {
    expect(bench.give(input as never).rejected?.code).toBe(code)
    expect(bench.state).toBe(before)
  }
})
