import { expect, test } from 'vitest'
import { A, B, Bench, C1, C2, C3, C4 } from './bench.ts'

test('[NW3 L34-35] starts the prevote timer once, when two thirds prevoted without agreement', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C1, C2], 'prevote', 0, A)
  expect(bench.timers.has('prevote')).toBe(false)
  bench.vote(C3, 'prevote', 0, null)
  expect(bench.timers.get('prevote')).toBe(150)
  expect(bench.vote(C4, 'prevote', 0, B).timers).toEqual([])
})

test('[NW3 L36-43] a polka locks the block and precommits it', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C1, C2], 'prevote', 0, A)
  expect(bench.running.locked).toBeNull()
  bench.vote(C3, 'prevote', 0, A)
  expect(bench.asked()).toEqual(['prevote 0 a', 'precommit 0 a'])
  expect(bench.running.locked).toEqual({ round: 0, block: A })
  expect(bench.running.valid).toEqual({ round: 0, block: A })
})

test('[NW3 L36] a polka that came before the proposal counts when the proposal comes', () => {
  const bench = new Bench(C4)
  bench.votes([C1, C2, C3], 'prevote', 0, A)
  expect(bench.asked()).toEqual([])
  bench.proposal(0, A)
  expect(bench.asked()).toEqual(['prevote 0 a', 'precommit 0 a'])
})

test('[NW3 L36] a polka for a block judged invalid here locks nothing', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A, { valid: false })
  bench.votes([C1, C2, C3], 'prevote', 0, A)
  expect(bench.asked()).toEqual(['prevote 0 nil'])
  expect(bench.timers.has('prevote')).toBe(true)
})

test('[NW3 L42-43] a polka after the precommit makes the block valid and locks nothing', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C1, C2], 'prevote', 0, A)
  bench.vote(C4, 'prevote', 0, null)
  bench.timeout('prevote', 0)
  expect(bench.asked()).toEqual(['prevote 0 a', 'precommit 0 nil'])
  bench.vote(C3, 'prevote', 0, A)
  expect(bench.running.locked).toBeNull()
  expect(bench.running.valid).toEqual({ round: 0, block: A })
  expect(bench.asked()).toEqual([])
})

test('[NW3 L44-46] two thirds of nil prevotes precommit nil', () => {
  const bench = new Bench(C4)
  bench.work()
  bench.timeout('propose', 0)
  bench.votes([C1, C2, C3], 'prevote', 0, null)
  expect(bench.asked()).toEqual(['prevote 0 nil', 'precommit 0 nil'])
})

test('[NW3 L44] nil prevotes of the others do not precommit before this cluster prevoted', () => {
  const bench = new Bench(C4)
  bench.votes([C1, C2, C3], 'prevote', 0, null)
  expect(bench.asked()).toEqual([])
  bench.timeout('propose', 0)
  expect(bench.asked()).toEqual(['prevote 0 nil', 'precommit 0 nil'])
})

test('[NW3 L61-64] precommits nil when the prevotes did not agree in time', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C1, C2], 'prevote', 0, A)
  bench.timeout('prevote', 0)
  expect(bench.asked()).toEqual(['prevote 0 a'])
  bench.vote(C3, 'prevote', 0, null)
  bench.timeout('prevote', 0)
  expect(bench.asked()).toEqual(['precommit 0 nil'])
})

test('[GU2] its own vote counts only when it is fed back', () => {
  const bench = new Bench(C4)
  bench.proposal(0, A)
  bench.votes([C1, C2], 'prevote', 0, A)
  expect(bench.asked()).toEqual(['prevote 0 a'])
  bench.vote(C4, 'prevote', 0, A)
  expect(bench.asked()).toEqual(['precommit 0 a'])
})
