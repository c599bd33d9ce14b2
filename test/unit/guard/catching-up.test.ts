import type { LogIndex } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { A, B, C, type GuardBench, led, token } from './bench.ts'

/** The node forgets entries up to `index`. */
function compact(bench: GuardBench, node: typeof A, index: number): void {
  bench.step(node, { i: 'compact', upTo: index as LogIndex })
  expect(bench.state(node).base.index).toBe(index)
}

test('[GU5] a follower far behind gets the log in chunks, then the live stream', () => {
  const bench = led()
  bench.unlink(A, C)
  bench.append(A, LIMITS.appendEntries * 2 + 10)
  bench.pump()
  bench.link(A, C)
  bench.pump()
  bench.append(A)
  bench.pump()
  expect(bench.log(C)).toEqual(bench.log(A))
})

test('[GU3 GU5] a follower that restarted with a tail of another epoch is not stuck behind the first chunk', () => {
  const bench = led()
  bench.append(A, LIMITS.appendEntries + 50)
  bench.pump()
  bench.append(A)
  bench.pump()
  // C forgets the opening of the span when it compacts and restarts; it keeps a tail that nobody else has.
  for (const node of [A, B, C]) compact(bench, node, 10)
  bench.passes = (_, to) => to !== B
  bench.append(A, 5)
  bench.pump()
  bench.crash(C, 1)
  bench.passes = () => true
  bench.lead(B, 2, [B])
  bench.append(B, 20)
  bench.follow(C, 2, B)
  bench.pump()
  bench.append(B)
  bench.pump()
  expect(bench.log(C)).toEqual(bench.log(B))
})

test('[GU5 GU6] a follower that compaction overtakes on the way is sent for blocks', () => {
  const bench = led()
  bench.unlink(A, C)
  bench.append(A, LIMITS.appendEntries * 3)
  bench.pump()
  bench.passes = (from, _, message) => !(from === C && message.t === 'appendAck')
  bench.link(A, C)
  bench.pump()
  compact(bench, A, LIMITS.appendEntries * 2)
  bench.passes = () => true
  bench.step(A, {
    i: 'message',
    from: C,
    message: { t: 'appendAck', token: token(1), durable: bench.log(C).at(-1)! },
  })
  bench.pump()
  expect(bench.take(C, 'catchUp')).toHaveLength(1)
})

test('[GU5] a node whose log ends below the base continues from it when it has the blocks', () => {
  const bench = led()
  bench.unlink(A, C)
  bench.append(A, 20)
  bench.pump()
  compact(bench, A, 15)
  bench.link(A, C)
  bench.pump()
  const [catchUp] = bench.take(C, 'catchUp')
  bench.step(C, { i: 'rebase', base: catchUp!.base })
  bench.pump()
  expect(bench.log(C)).toEqual(bench.log(A))
  expect(bench.state(C).base).toEqual(bench.state(A).base)
})

test('[GU3 GU5] continuing from a base never drops entries that agree with it: a standby may be all that has them', () => {
  const bench = led()
  bench.append(A, 30)
  bench.pump()
  compact(bench, A, 20)
  const before = bench.log(B)
  const base = bench.state(A).base
  // A base that reaches B late, as after a long catch-up.
  bench.step(B, { i: 'rebase', base })
  expect(bench.log(B)).toEqual(before.filter(({ index }) => index > 20))
  expect(bench.state(B).last).toEqual(bench.state(A).last)
})

test('[GU5 RG4] a master that restarts after a compaction takes its standby back with all it has', () => {
  const bench = led()
  bench.append(A, 30)
  bench.pump()
  compact(bench, A, 20)
  bench.crash(A, 1)
  bench.resume(A)
  bench.link(A, B)
  bench.pump()
  expect(bench.take(B, 'catchUp')).toEqual([])
  expect(bench.take(A, 'reshape')).toEqual([])
  expect(bench.role(A).held).toBe(bench.state(A).last.index)
})

test('[GU6] a master keeps what a required node may still need, also one that is away', () => {
  const bench = led()
  bench.append(A, 10)
  bench.pump()
  bench.passes = (from) => from !== B
  bench.append(A, 10)
  bench.pump()
  bench.step(A, { i: 'compact', upTo: 18 as LogIndex })
  expect(bench.state(A).base.index).toBe(bench.role(A).followers.get(B)!.acked.index)
  bench.unlink(A, B)
  bench.step(A, { i: 'compact', upTo: 18 as LogIndex })
  expect(bench.state(A).base.index).toBeLessThan(18)
})
