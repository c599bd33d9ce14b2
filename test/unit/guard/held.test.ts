import { expect, test } from 'vitest'
import { A, B, C, D, GuardBench, led } from './bench.ts'

test('[GU1] an entry is held when every required node has it on disk, and not before', () => {
  const bench = led()
  const before = bench.role(A).held
  bench.passes = (from) => from !== B
  bench.append(A)
  bench.pump()
  expect(bench.entry(B, before + 1)).toBeDefined()
  expect(bench.role(A).held).toBe(before)
  bench.passes = () => true
  bench.append(A)
  bench.pump()
  expect(bench.role(A).held).toBe(before + 2)
})

test('[GU2] nothing is released before it is held, and then everything up to it', () => {
  const bench = led()
  bench.take(A, 'released')
  bench.passes = (from) => from !== B
  bench.append(A, 3)
  bench.pump()
  expect(bench.take(A, 'released')).toEqual([])
  bench.passes = () => true
  bench.append(A)
  bench.pump()
  expect(bench.take(A, 'released')).toEqual([{ s: 'released', upTo: bench.state(A).last.index }])
})

test('[GU1] a node outside the required set does not count', () => {
  const bench = led()
  bench.passes = (from) => from !== C
  bench.append(A)
  bench.pump()
  expect(bench.role(A).held).toBe(bench.state(A).last.index)
})

test('[GU1 GU3] entries of an older epoch are held only when the barrier of this one is', () => {
  const bench = led(new GuardBench([A, B, C]), [A, B, C])
  bench.passes = (from) => from !== C
  bench.append(A, 2)
  bench.pump()
  const tail = bench.state(B).last.index
  const held = bench.role(A).held
  // B takes over with what it has; C acknowledges the old entries first, the barrier last.
  bench.lead(B, 2, [B, C])
  bench.passes = (_, __, message) => message.t !== 'appendAck' || message.durable.index <= tail
  bench.follow(C, 2, B)
  bench.pump()
  expect(bench.role(B).held).toBeLessThanOrEqual(held)
  bench.passes = () => true
  bench.append(B)
  bench.pump()
  expect(bench.role(B).held).toBe(bench.state(B).last.index)
})

test('[RG5] with durability required nothing is held while the master is alone, and all is when a standby is recorded', () => {
  const bench = new GuardBench([A, B], { durability: 'required' })
  bench.lead(A, 1, [A], 1)
  bench.follow(B, 1, A)
  bench.pump()
  bench.append(A, 2)
  bench.pump()
  expect(bench.role(A).held).toBe(0)
  bench.step(A, { i: 'candidates', nodes: [B] })
  bench.pump()
  expect(bench.take(A, 'reshape').at(-1)?.syncSet).toEqual([A, B])
  expect(bench.role(A).held).toBe(0)
  bench.registry(A, 1, 2, [A, B])
  expect(bench.role(A).held).toBe(bench.state(A).last.index)
})

test('[RG5] with durability preferred a master alone holds by itself', () => {
  const bench = new GuardBench([A, B])
  bench.lead(A, 1, [A])
  bench.append(A, 2)
  expect(bench.role(A).held).toBe(3)
})

test('[GU1] what a lone master has not synced is never called held to a follower', () => {
  const bench = led(new GuardBench([A, C, D]), [A], [C, D])
  // Two records in one batch: both are streamed, then the process dies before the commit.
  bench.append(A, 2, false)
  bench.passes = (from) => from === A
  bench.pump()
  bench.passes = () => true
  bench.crash(A, 1)
  bench.resume(A)
  bench.link(A, C)
  bench.pump()
  expect(bench.log(C)).toEqual(bench.log(A))
  expect(bench.state(C).last).toEqual(bench.state(A).last)
})

test('[GU1] held never falls, whatever joins, leaves or reconnects', () => {
  const bench = led()
  let held = 0
  const rises = () => {
    expect(bench.role(A).held).toBeGreaterThanOrEqual(held)
    held = bench.role(A).held
  }
  bench.append(A, 3)
  bench.pump()
  rises()
  bench.unlink(A, B)
  bench.append(A, 3)
  rises()
  bench.link(A, B)
  rises()
  bench.pump()
  rises()
  bench.registry(A, 1, 20, [A])
  rises()
  bench.step(A, { i: 'candidates', nodes: [C] })
  rises()
  bench.append(A)
  rises()
})

test('[GU2] a sealed guard releases nothing more', () => {
  const bench = led()
  bench.passes = (from) => from !== B
  bench.append(A)
  bench.pump()
  bench.take(A, 'released')
  bench.step(A, { i: 'seal' })
  bench.passes = () => true
  bench.link(A, B)
  bench.pump()
  expect(bench.take(A, 'released')).toEqual([])
})
