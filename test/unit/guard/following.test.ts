import { AssertionFailure } from '@baton/shared/assert'
import type { Hash, LogIndex } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { A, B, C, GuardBench, led, token } from './bench.ts'

test('[EL5 GU1] entries and acknowledgements under a lower token are refused', () => {
  const bench = led()
  bench.append(A)
  const [append] = bench.wire.splice(0)
  bench.follow(B, 2, C)
  const refused = bench.step(B, { i: 'message', from: A, message: append!.send.message })
  expect(refused.rejected?.code).toBe('LOWER_TOKEN')
  expect(refused.write).toEqual([])
  const ack = { t: 'appendAck', token: token(0), durable: bench.log(B).at(-1)! } as const
  expect(bench.step(A, { i: 'message', from: B, message: ack }).rejected?.code).toBe('LOWER_TOKEN')
})

test('[GU3] a new master’s log begins with a barrier, and others truncate to it', () => {
  const bench = led()
  bench.passes = (_, to) => to !== B
  bench.append(A, 3)
  bench.pump()
  bench.passes = () => true
  bench.lead(B, 2, [B])
  bench.follow(C, 2, B)
  bench.pump()
  expect(bench.entry(C, bench.state(B).last.index)?.kind).toBe('barrier')
  expect(bench.log(C)).toEqual(bench.log(B))
})

test('[GU3] a truncation below a held index is a bug of the master: the node stops and writes nothing', () => {
  const bench = led()
  bench.append(A, 3)
  bench.pump()
  bench.append(A)
  bench.pump()
  const [barrier, second] = bench.place(B).disk.entries
  const after = { index: barrier!.index, hash: barrier!.hash }
  const entries = [{ ...second!, hash: 'f'.repeat(64) as Hash }]
  const before = bench.log(B)
  expect(() =>
    bench.step(B, {
      i: 'message',
      from: A,
      message: { t: 'append', token: token(1), after, entries, held: 0 as LogIndex },
    }),
  ).toThrow(AssertionFailure)
  expect(bench.log(B)).toEqual(before)
})

test('[RG2 GU3] a master that restarts under its own token replaces what it streamed and lost', () => {
  const bench = led()
  bench.append(A, 2, false)
  bench.passes = (from) => from === A
  bench.pump()
  bench.passes = () => true
  const lost = bench.log(B).slice(-2)
  bench.crash(A, 1)
  bench.resume(A)
  bench.link(A, B)
  bench.link(A, C)
  bench.pump()
  expect(bench.log(B)).toEqual(bench.log(A))
  expect(bench.log(C)).toEqual(bench.log(A))
  for (const entry of lost) expect(bench.log(B)).not.toContainEqual(entry)
  expect(bench.role(A).held).toBe(bench.state(A).last.index)
})

test('[GU1] an acknowledgement that was on its way when the master restarted counts for nothing', () => {
  const bench = led()
  bench.append(A, 2, false)
  const streamed = bench.wire.splice(0)
  for (const { send } of streamed) bench.step(send.to, { i: 'message', from: A, message: send.message })
  const late = bench.wire.splice(0).filter(({ from }) => from === B)
  expect(late.length).toBeGreaterThan(0)
  bench.crash(A, 1)
  bench.resume(A)
  bench.link(A, B)
  for (const { send } of late) {
    bench.step(A, { i: 'message', from: B, message: send.message })
    expect(bench.role(A).held).toBeLessThan(bench.state(A).last.index)
  }
})

test('[GU1 GU3] an acknowledgement of another entry at the same index counts for nothing', () => {
  const bench = led()
  bench.passes = (from) => from !== B
  bench.append(A, 3)
  bench.pump()
  const { held } = bench.role(A)
  const durable = { index: bench.state(A).last.index, hash: 'f'.repeat(64) as Hash }
  const refused = bench.step(A, { i: 'message', from: B, message: { t: 'appendAck', token: token(1), durable } })
  expect(refused.rejected?.code).toBe('PEER_UNEXPECTED')
  expect(bench.role(A).held).toBe(held)
})

test('[GU3] an acknowledgement names only what the master’s message has shown to be the same', () => {
  const bench = led()
  bench.append(A, 2)
  bench.pump()
  const [first] = bench.place(A).disk.entries
  const message = {
    t: 'append',
    token: token(1),
    after: { index: 0 as LogIndex, hash: first!.previous },
    entries: [first!],
    held: 0 as LogIndex,
  } as const
  bench.step(B, { i: 'message', from: A, message })
  expect(bench.wire.at(-1)?.send.message).toMatchObject({ t: 'appendAck', durable: { index: 1, hash: first!.hash } })
})

test('[GU5] a follower that came before its master led asks again until it is attached', () => {
  const bench = new GuardBench()
  bench.follow(B, 1, A)
  bench.pump()
  bench.lead(A, 1, [A])
  bench.wait(300)
  bench.step(B, { i: 'timer' })
  bench.pump()
  expect(bench.state(B).role).toMatchObject({ attached: true })
  expect(bench.log(B)).toEqual(bench.log(A))
})

test('[EL5] the same token never makes a follower of its master, and a lower one nothing', () => {
  const bench = led()
  expect(bench.follow(A, 1, B).state.role.role).toBe('leading')
  bench.follow(B, 2, C)
  expect(bench.follow(B, 1, A).rejected?.code).toBe('LOWER_TOKEN')
  expect(bench.state(B)).toMatchObject({ token: token(2), role: { master: C } })
})
