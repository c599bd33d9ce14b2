import { proposer } from '@baton/shared/core/consensus/proposer'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { A, B, Bench, C1, C2, C3, C4, CLUSTERS, HEIGHT, round } from './bench.ts'

test('[NW3 L14-18] the proposer of round 0 asks for a block and proposes it', () => {
  const bench = new Bench(C1)
  bench.work()
  expect(bench.asked()).toEqual(['getValue 0'])
  bench.value(0, A)
  expect(bench.asked()).toEqual(['propose 0 a -1'])
  bench.value(0, B)
  expect(bench.asked()).toEqual([])
})

test('[NW3 L15-16] a proposer that knows a valid block proposes it again with its round', () => {
  const bench = new Bench(C2)
  bench.proposal(0, A)
  bench.votes([C1, C2, C3], 'prevote', 0, A)
  bench.asked()
  bench.votes([C1, C3, C4], 'precommit', 0, null)
  bench.timeout('precommit', 0)
  expect(bench.asked()).toEqual(['propose 1 a 0'])
})

test('[NW3 L20-21] who does not propose waits, longer in later rounds', () => {
  const bench = new Bench(C4)
  bench.work()
  expect(bench.asked()).toEqual([])
  expect(bench.timers).toEqual(new Map([['propose', 300]]))
  bench.votes([C1, C2], 'prevote', 2, null)
  expect(bench.timers).toEqual(new Map([['propose', 600]]))
})

test('[NW3 L21] the proposer waits no longer for its own block than the others do', () => {
  const bench = new Bench(C1)
  bench.work()
  bench.timeout('propose', 0)
  expect(bench.asked()).toEqual(['getValue 0', 'prevote 0 nil'])
  bench.value(0, A)
  expect(bench.asked()).toEqual([])
})

test('[NW3 L55-56] f + 1 clusters in a later round pull this one there', () => {
  const bench = new Bench(C3)
  bench.work()
  bench.vote(C1, 'prevote', 5, null)
  bench.vote(C1, 'precommit', 5, null)
  expect(bench.running.round).toBe(0)
  bench.vote(C2, 'precommit', 3, null)
  expect(bench.running.round).toBe(3)
  expect(bench.running.progress.step).toBe('propose')
})

test('[NW3 L55] a proposal counts as a message of its round', () => {
  const bench = new Bench(C4)
  bench.vote(C1, 'prevote', 2, A)
  bench.proposal(2, A)
  expect(bench.running.round).toBe(2)
  expect(bench.asked()).toEqual(['prevote 2 a'])
})

test('[NW3 L55] one faulty cluster alone moves nobody', () => {
  const bench = new Bench(C4)
  for (let at = 1; at < 20; at += 1) bench.vote(C1, 'prevote', at, null)
  expect(bench.running.round).toBe(0)
})

test('[NW3 L55] clusters far beyond the kept rounds still pull, and their votes are not kept', () => {
  const bench = new Bench(C4)
  const far = LIMITS.roundsKept * 3
  bench.votes([C1, C2], 'prevote', far, null)
  expect(bench.running.round).toBe(far)
  expect(bench.running.votes.rounds.size).toBe(0)
})

test('[NW3 L28] rounds out of the window are forgotten, but not the newest polka', () => {
  const bench = new Bench(C4)
  bench.votes([C1, C2, C3], 'prevote', 0, A)
  bench.votes([C1, C2, C3], 'prevote', 1, B)
  const far = LIMITS.roundsKept + 2
  bench.votes([C1, C2], 'precommit', far, null)
  expect([...bench.running.votes.rounds.keys()]).toEqual([1])
  expect(bench.vote(C4, 'prevote', 0, A).rejected?.code).toBe('PEER_UNEXPECTED')
  bench.proposal(far, B, { validRound: 1 })
  expect(bench.asked()).toContain(`prevote ${far} b`)
})

test('[NW3] the proposer rotates over the sorted clusters by height and round', () => {
  const turns = [0, 1, 2, 3, 4].map((at) => proposer(CLUSTERS, HEIGHT, round(at)))
  expect(turns).toEqual([C1, C2, C3, C4, C1])
})
