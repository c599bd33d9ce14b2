import { AssertionFailure } from '@baton/shared/assert'
import type { LogIndex } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { A, B, C, type GuardBench, led, token } from './bench.ts'

/** B knows entries of epoch 1 to be held that C, which leads at epoch 2, does not have. */
function lostToC(): GuardBench {
  const bench = led()
  bench.append(A, 2)
  bench.pump()
  bench.passes = (_, to) => to !== C
  bench.append(A, 3)
  bench.pump()
  bench.append(A)
  bench.pump()
  bench.passes = () => true
  bench.crash(A, 1)
  bench.lead(C, 2, [C])
  expect(bench.state(B).knownHeld).toBeGreaterThan(bench.state(C).last.index)
  return bench
}

test('[GU3] without a recovering grant between, losing what was held stops the node', () => {
  const bench = lostToC()
  const before = bench.log(B)
  bench.follow(B, 2, C)
  expect(() => bench.pump()).toThrow(AssertionFailure)
  expect(bench.log(B)).toEqual(before)
})

test('[GU3 RC3] across a recovering grant a log is cut below what was held, and only when a master is followed', () => {
  const bench = lostToC()
  const before = bench.log(B)
  const { knownHeld } = bench.state(B)
  bench.follow(B, 2, null, true)
  bench.pump()
  bench.wait(1_000)
  bench.step(B, { i: 'timer' })
  bench.link(B, C)
  bench.pump()
  // The token is promised, and nothing is cut: the log is being handed over.
  expect(bench.state(B)).toMatchObject({ token: token(2), knownHeld })
  expect(bench.log(B)).toEqual(before)
  const late = { t: 'append', token: token(1), after: before.at(-1)!, entries: [], held: knownHeld } as const
  expect(bench.step(B, { i: 'message', from: A, message: late }).rejected?.code).toBe('LOWER_TOKEN')
  bench.follow(B, 2, C, true)
  bench.pump()
  expect(bench.log(B)).toEqual(bench.log(C))
})

test('[GU3] what the recovering master has held counts again from then on', () => {
  const bench = lostToC()
  bench.follow(B, 2, C, true)
  bench.pump()
  bench.step(C, { i: 'candidates', nodes: [B] })
  bench.append(C, 2)
  bench.pump()
  bench.append(C)
  bench.pump()
  const { knownHeld } = bench.state(B)
  expect(knownHeld).toBeGreaterThan(bench.role(C).barrier)
  const [barrier] = bench.place(C).disk.entries.filter(({ token: of }) => of.epoch === 2)
  const wrong = { ...bench.entry(C, barrier!.index + 1)!, hash: 'f'.repeat(64) as never }
  const after = { index: barrier!.index, hash: barrier!.hash }
  const message = { t: 'append', token: token(2), after, entries: [wrong], held: 0 as LogIndex } as const
  expect(() => bench.step(B, { i: 'message', from: C, message })).toThrow(AssertionFailure)
})

test('[GU3 GU5] across a recovering grant a log continues from a base below its own', () => {
  const bench = lostToC()
  bench.step(B, { i: 'compact', upTo: bench.state(B).knownHeld })
  const { base } = bench.state(B)
  expect(base.index).toBeGreaterThan(bench.state(C).last.index)
  bench.follow(B, 2, C, true)
  bench.pump()
  const [ask] = bench.take(B, 'catchUp')
  expect(ask!.base.index).toBeLessThan(base.index)
  bench.step(B, { i: 'rebase', base: ask!.base })
  bench.pump()
  expect(bench.state(B).last).toEqual(bench.state(C).last)
  expect(bench.state(B).role).toMatchObject({ attached: true })
})

test('[GU3 GU5] a base that a master named before takes nothing back once its log is followed', () => {
  const bench = lostToC()
  const late = { t: 'behind', token: token(2), base: bench.state(C).base, height: 0 } as const
  bench.follow(B, 2, C, true)
  bench.pump()
  bench.step(C, { i: 'candidates', nodes: [B] })
  bench.append(C, 3)
  bench.pump()
  bench.append(C)
  bench.pump()
  bench.step(B, { i: 'compact', upTo: bench.state(B).knownHeld })
  const { base, last, knownHeld } = bench.state(B)
  expect(base.index).toBeGreaterThan(late.base.index)
  bench.step(B, { i: 'message', from: C, message: late })
  bench.step(B, { i: 'rebase', base: late.base })
  expect(bench.state(B)).toMatchObject({ base, last, knownHeld })
})
