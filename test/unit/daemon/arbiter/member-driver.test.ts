import { NO_SEAT } from '@baton/shared/core/arbiter/machine'
import type { ArbiterInput, ArbiterSend } from '@baton/shared/core/arbiter/messages'
import type { Seat } from '@baton/shared/core/arbiter/types'
import { BatonError } from '@baton/shared/errors'
import type { Jws, NodeId } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { systemClock } from '../../../../node-runtime/src/adapters/clock.ts'
import { MemberDriver } from '../../../../node-runtime/src/daemon/arbiter/member-driver.ts'
import { A, B, C, CLUSTER, member, NETWORK, POLICY } from '../../registry/fixture.ts'

/** A member with what it writes, says and sets, in the order in which it happens. */
function driven(fault: { readonly store?: unknown } = {}) {
  const happened: string[] = []
  const failures: unknown[] = []
  const sent: ArbiterSend[] = []
  const store = {
    load: () => ({ promised: { counter: 5, node: A }, accepted: null }) satisfies Seat,
    keep: ({ promised }: Seat) => {
      if (fault.store !== undefined) throw fault.store
      happened.push(`write ${promised?.counter ?? 'nothing'}`)
    },
    close: () => {},
  }
  const driver = new MemberDriver(
    { member: member(B), network: NETWORK, cluster: CLUSTER, founder: A, policy: POLICY, members: [A, B, C] },
    'c1-b/1',
    {
      clock: systemClock,
      store,
      prove: () => 'a.b.c' as Jws,
      perform: (send) => {
        sent.push(send)
        happened.push(`send ${send.s === 'member' ? send.message.m : send.s}`)
      },
      observe: ({ e }) => happened.push(`event ${e}`),
      rejected: ({ code }) => happened.push(`rejected ${code}`),
      fail: (error) => failures.push(error),
    },
  )
  return { driver, happened, failures, sent }
}

const memory = (from: NodeId): ArbiterInput => {
  return { i: 'message', from, message: { m: 'memory', life: 'c1-b/1', ...NO_SEAT } }
}
const prepare: ArbiterInput = { i: 'message', from: C, message: { m: 'prepare', ballot: { counter: 9, node: C } } }

test('[MJ1] a promise is on disk before it is answered, and events come last', () => {
  const { driver, happened } = driven()
  driver.feed(memory(A))
  driver.feed(memory(C))
  expect(happened).toEqual(['write 5', 'event fresh'])
  driver.feed(prepare)
  expect(happened.slice(2)).toEqual(['write 9', 'send promise'])
  driver.stop()
})

test('[MJ1] nothing leaves a member whose seat could not be written, then or later', () => {
  const full = new BatonError('STORAGE_FULL', 'no space left')
  const fault: { store?: unknown } = {}
  const { driver, happened, failures } = driven(fault)
  driver.feed(memory(A))
  driver.feed(memory(C))
  fault.store = full
  driver.feed(prepare)
  driver.feed(prepare)
  expect(happened).toEqual(['write 5', 'event fresh'])
  expect(failures).toEqual([full])
})

test('[MJ1] what a member without a vote is asked, it refuses; it asks again by its timer until it is told', async () => {
  const { driver, happened, sent } = driven()
  driver.feed(prepare)
  expect(happened).toEqual(['rejected PEER_UNEXPECTED'])
  driver.feed({ i: 'link', peer: A, up: true })
  const asked = () => sent.filter((send) => send.s === 'member' && send.message.m === 'recall' && send.to === A)
  expect(asked()).toHaveLength(1)
  await expect.poll(asked, { timeout: 10_000 }).toHaveLength(2)
  driver.stop()
})

test('[MJ1] after its end it takes nothing in and sets nothing off', () => {
  const { driver, happened } = driven()
  driver.stop()
  driver.feed(memory(A))
  driver.feed(prepare)
  expect(happened).toEqual([])
})
