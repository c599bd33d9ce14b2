import type { NodeId } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { A, B, C, GuardBench, led } from './bench.ts'

/** A alone at version 10, with C attached and up to date. */
function alone(): GuardBench {
  return led(new GuardBench(), [A], [B, C])
}

function offer(bench: GuardBench, ...nodes: NodeId[]): void {
  bench.step(A, { i: 'candidates', nodes })
}

test('[RG4] a removal counts only when the registry shows it', () => {
  const bench = led()
  bench.unlink(A, B)
  bench.append(A)
  bench.wait(600)
  bench.step(A, { i: 'timer' })
  expect(bench.take(A, 'reshape').at(-1)?.syncSet).toEqual([A])
  const held = bench.role(A).held
  bench.append(A)
  expect(bench.role(A).held).toBe(held)
  bench.registry(A, 1, 11, [A])
  expect(bench.role(A).held).toBe(bench.state(A).last.index)
})

test('[RG4] an addition is on disk before it is asked for, and nothing counts without it from then on', () => {
  const bench = alone()
  offer(bench, C)
  expect(bench.take(A, 'reshape')).toHaveLength(1)
  expect(bench.place(A).disk.required).toMatchObject({ syncSet: [A], pending: [C] })
  bench.unlink(A, C)
  const held = bench.role(A).held
  bench.append(A)
  expect(bench.role(A).held).toBe(held)
})

test('[RG4] a lost answer and any time change nothing; a higher version that shows it outside ends it', () => {
  const bench = alone()
  offer(bench, C)
  bench.unlink(A, C)
  const held = bench.role(A).held
  for (let n = 0; n < 10; n++) {
    bench.wait(1_000)
    bench.append(A)
    bench.step(A, { i: 'timer' })
  }
  bench.registry(A, 1, 10, [A])
  expect(bench.role(A).held).toBe(held)
  expect(bench.place(A).disk.required?.pending).toEqual([C])
  // The same request again, so that it is answered when the authority is back.
  expect(new Set(bench.take(A, 'reshape').map(({ syncSet }) => syncSet.join())).size).toBe(1)
  bench.registry(A, 1, 11, [A])
  expect(bench.role(A).held).toBe(bench.state(A).last.index)
  expect(bench.place(A).disk.required?.pending).toEqual([])
})

test('[RG2 RG4] an addition that was asked for survives a restart of the master', () => {
  const bench = alone()
  offer(bench, C)
  bench.take(A, 'reshape')
  bench.crash(A, 1)
  bench.resume(A)
  bench.link(A, B)
  bench.pump()
  // C may be recorded already: B must not take its place, and nothing may count without it.
  offer(bench, B)
  bench.append(A)
  bench.pump()
  expect(bench.place(A).disk.required?.pending).toEqual([C])
  expect(bench.role(A).held).toBeLessThan(bench.state(A).last.index)
  bench.wait(600)
  bench.step(A, { i: 'timer' })
  expect(bench.take(A, 'reshape').at(-1)?.syncSet).toEqual([A, C])
})

test('[RG2 RG4] a suspected standby does not cost a restarted master its pending addition', () => {
  const bench = led(new GuardBench([A, B, C], { syncReplicas: 2 }), [A, B])
  offer(bench, C)
  expect(bench.place(A).disk.required?.pending).toEqual([C])
  bench.crash(A, 1)
  bench.resume(A)
  bench.wait(600)
  bench.step(A, { i: 'timer' })
  expect(bench.place(A).disk.required?.pending).toEqual([C])
})

test('[RG2 RG4] what was not asked for yet is no promise: a restart may choose anew', () => {
  const bench = alone()
  bench.passes = (from) => from !== C
  bench.append(A)
  bench.pump()
  offer(bench, C)
  const held = bench.role(A).held
  bench.append(A)
  expect(bench.role(A).held).toBe(held)
  expect(bench.take(A, 'reshape')).toEqual([])
  bench.crash(A, 1)
  bench.resume(A)
  expect(bench.role(A).required.pending).toEqual([])
})

test('[RG4] a node is asked for only when it has acknowledged all that came before', () => {
  const bench = alone()
  bench.passes = (from) => from !== C
  bench.append(A, 3)
  bench.pump()
  offer(bench, C)
  expect(bench.take(A, 'reshape')).toEqual([])
  bench.passes = () => true
  bench.append(A)
  bench.pump()
  expect(bench.take(A, 'reshape').map(({ syncSet }) => syncSet)).toEqual([[A, C]])
})

test('[RG4] an addition that stops answering before it is asked for is dropped', () => {
  const bench = alone()
  bench.passes = (from) => from !== C
  bench.append(A)
  bench.pump()
  offer(bench, C)
  bench.unlink(A, C)
  bench.append(A)
  expect(bench.role(A).reshaping).toBe(null)
  expect(bench.role(A).held).toBe(bench.state(A).last.index)
})

test('[RG4] a node that is no candidate any more is not asked for', () => {
  const bench = alone()
  bench.passes = (from) => from !== C
  bench.append(A)
  bench.pump()
  offer(bench, C)
  offer(bench)
  bench.passes = () => true
  bench.append(A)
  bench.pump()
  expect(bench.take(A, 'reshape')).toEqual([])
  expect(bench.role(A)).toMatchObject({ reshaping: null, required: { pending: [] } })
})

test('[RG4] silence is noticed under load, when the timer never gets to fire', () => {
  const bench = led()
  bench.passes = (from) => from !== B
  for (let n = 0; n < 100; n++) {
    bench.append(A)
    bench.pump()
    bench.wait(10)
  }
  expect(bench.take(A, 'reshape').at(-1)?.syncSet).toEqual([A])
})

test('[EL6 RG4] a standby that comes back with less than it acknowledged is asked to leave', () => {
  const bench = led()
  bench.append(A, 5)
  bench.pump()
  bench.unlink(A, B)
  // B's disk lost its tail.
  bench.place(B).store.apply([{ w: 'truncate', after: 3 as never }])
  bench.place(B).store.commit()
  bench.crash(B, 1)
  bench.follow(B, 1, A)
  bench.pump()
  expect(bench.take(A, 'reshape').at(-1)?.syncSet).toEqual([A])
})

test('[RG4] a change of the registry that is not the answer leaves an unfinished addition as it is', () => {
  const bench = alone()
  bench.passes = (from) => from !== C
  bench.append(A)
  bench.pump()
  offer(bench, C)
  bench.registry(A, 1, 11, [A])
  expect(bench.role(A).reshaping).toMatchObject({ step: 'adding', node: C })
  expect(bench.place(A).disk.required?.pending).toEqual([])
  bench.passes = () => true
  bench.append(A)
  bench.pump()
  expect(bench.take(A, 'reshape').at(-1)).toMatchObject({ syncSet: [A, C], version: 11 })
})

test('[RG4] a refusal of a stale request, with the state as it is now, is asked again on that state', () => {
  const bench = alone()
  offer(bench, C)
  expect(bench.take(A, 'reshape').at(-1)).toMatchObject({ syncSet: [A, C], version: 10 })
  bench.registry(A, 1, 11, [A])
  bench.pump()
  expect(bench.take(A, 'reshape').at(-1)).toMatchObject({ syncSet: [A, C], version: 11 })
})

test('[RG4] a standby that was suspected and comes back with all it had is not asked to leave any more', () => {
  const bench = led()
  bench.unlink(A, B)
  bench.append(A)
  bench.wait(600)
  bench.step(A, { i: 'timer' })
  expect(bench.role(A).suspects.has(B)).toBe(true)
  bench.take(A, 'reshape')
  bench.link(A, B)
  bench.pump()
  // The registry has moved by something else meanwhile: the request is refused for its version.
  bench.registry(A, 1, 11, [A, B])
  bench.step(A, { i: 'timer' })
  expect(bench.take(A, 'reshape').filter(({ version }) => version === 11)).toEqual([])
})

test('[RG4] a follower that leaves something unanswered is not taken in, however little it lacks', () => {
  const bench = alone()
  bench.append(A)
  bench.wait(400)
  offer(bench, C)
  expect(bench.role(A).reshaping).toBeNull()
  bench.pump()
  offer(bench, C)
  expect(bench.role(A).required.pending).toEqual([C])
})
