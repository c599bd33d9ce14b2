import { arbiterStep, startArbiter } from '@baton/shared/core/arbiter/machine'
import type { ArbiterMessage } from '@baton/shared/core/arbiter/messages'
import type { Instant, Jws, NodeId, UnixMs } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import { CLUSTER, D, member, NETWORK } from '../registry/fixture.ts'
import { A, B, C, foundedMembers, type Letter, Members, POLICY } from './fixture.ts'

const REFUSED = { kind: 'refused' } as const
const E = 'c1-e' as NodeId

/** What is under way and fits arrives, once; the rest waits. */
function pass(members: Members, fits: (letter: Letter) => boolean): number {
  const passing = members.letters.filter(fits)
  const rest = members.letters.filter((letter) => !fits(letter))
  members.letters.splice(0, members.letters.length, ...rest)
  for (const letter of passing) members.arrive(letter)
  return passing.length
}

const is =
  (m: ArbiterMessage['m'], to?: NodeId) =>
  (letter: Letter): boolean =>
    letter.message.m === m && (to === undefined || letter.to === to)

/** A is gone; B and C have just lost it. */
function withoutMaster(names?: readonly NodeId[]): Members {
  const members = foundedMembers(names)
  members.cut(A)
  members.deliver()
  return members
}

describe('votes', () => {
  test('[MJ1] one member decides nothing: its own vote is kept, and the answer is that the outcome is unknown', () => {
    const members = foundedMembers()
    members.cut(B)
    const request = members.claim(B, REFUSED)
    members.advance(3_000)
    expect(members.outcomes.get(request)).toMatchObject({ ok: false, code: 'UNREACHABLE' })
    expect(members.known(C)).toMatchObject({ epoch: 1, master: A })
  })

  test('[MJ1] a promise is on disk before it is answered: a member that restarts refuses what is below', () => {
    const members = withoutMaster()
    members.claim(B, REFUSED)
    pass(members, is('prepare', C))
    const first = members.disks.get(C)!.promised!
    expect(first).toMatchObject({ node: B })
    members.restart(C)
    members.letters.splice(0)
    const promised = members.disks.get(C)!.promised!
    expect(promised.counter).toBeGreaterThanOrEqual(first.counter)
    const lower = { counter: first.counter - 1, node: B }
    members.feed(C, { i: 'message', from: B, message: { m: 'prepare', ballot: lower } })
    expect(members.letters.at(-1)).toMatchObject({ to: B, message: { m: 'refused', ballot: lower, promised } })
    const { value } = members.disks.get(C)!.accepted!
    members.feed(C, { i: 'message', from: B, message: { m: 'accept', ballot: lower, value, founding: false } })
    expect(members.letters.at(-1)).toMatchObject({ to: B, message: { m: 'refused', ballot: lower, promised } })
  })

  test('[MJ1] no ballot is promised twice, and none in the name of another member', () => {
    const members = withoutMaster()
    const ballot = { counter: 900, node: B }
    members.feed(C, { i: 'message', from: B, message: { m: 'prepare', ballot } })
    members.feed(C, { i: 'message', from: B, message: { m: 'prepare', ballot } })
    expect(members.letters.map(({ message: { m } }) => m)).toEqual(['promise', 'refused'])
    members.letters.splice(0)
    members.feed(C, { i: 'message', from: B, message: { m: 'prepare', ballot: { counter: 901, node: A } } })
    expect(members.letters).toEqual([])
    expect(members.disks.get(C)!.promised).toEqual(ballot)
  })

  test('[MJ1] what a member accepted without a majority is taken up by the next proposal', () => {
    const members = foundedMembers()
    members.reshape(A, [A, B, C])
    pass(members, is('prepare', B))
    pass(members, is('promise', A))
    pass(members, is('accept', B))
    // The master dies: nobody knows whether that was decided.
    members.letters.splice(0)
    members.cut(A)
    const request = members.claim(C, REFUSED)
    members.deliver()
    // B has it, so it counts, and the claim was made against an older version.
    expect(members.outcomes.get(request)).toMatchObject({ ok: false, code: 'STALE_VERSION' })
    expect(members.known(C).syncSet).toEqual([A, B, C])
    const again = members.claim(C, REFUSED)
    members.deliver()
    expect(members.outcomes.get(again)).toEqual({ ok: true })
  })

  test('[MJ1] a refusal rests on a decided value: what is under way is finished first', () => {
    const members = foundedMembers()
    members.reshape(A, [A, B, C])
    pass(members, is('prepare', B))
    pass(members, is('promise', A))
    pass(members, is('accept', B))
    members.letters.splice(0)
    members.cut(A)
    members.claim(C, REFUSED)
    pass(members, is('prepare', B))
    pass(members, is('promise', C))
    expect(members.letters.map(({ message: { m } }) => m)).toContain('accept')
    members.letters.splice(0)
    expect(members.outcomes.size).toBe(1)
  })

  test('[MJ1] votes of different ballots never add up', () => {
    const members = foundedMembers([A, B, C, D, E])
    members.cut(A)
    members.deliver()
    const request = members.claim(B, REFUSED)
    pass(members, is('prepare'))
    pass(members, is('promise'))
    // One of four accepts under the first ballot; its answer is late.
    pass(members, is('accepted', B))
    pass(members, is('accept', C))
    const late = members.letters.filter(is('accepted', B))
    expect(late).toHaveLength(1)
    members.letters.splice(0)
    members.feed(B, { i: 'timer', name: 'proposal' })
    pass(members, is('prepare', D))
    pass(members, is('prepare', E))
    pass(members, is('promise'))
    pass(members, is('accepted', B))
    for (const letter of late) members.arrive(letter)
    pass(members, is('accept', D))
    pass(members, is('accepted', B))
    // B and D under the second ballot, C under the first: no majority of five.
    expect(members.outcomes.get(request)).toBeUndefined()
    expect(members.known(B)).toMatchObject({ epoch: 1 })
    pass(members, is('accept', E))
    pass(members, is('accepted', B))
    expect(members.outcomes.get(request)).toEqual({ ok: true })
    expect([...members.proof(B).signers].sort()).toEqual([B, D, E])
  })

  test('[MJ1] the value of the highest ballot is taken up, not that of most members', () => {
    const members = foundedMembers([A, B, C, D, E])
    const basis = members.disks.get(C)!.accepted!
    const { value } = basis
    const marked = (version: number) => ({ ...value, registry: { ...value.registry, version: version as never } })
    const older = { counter: basis.ballot.counter + 10, node: C }
    const newer = { counter: basis.ballot.counter + 20, node: D }
    // Neither is decided: C, D accepted the older one, E the newer one.
    for (const to of [C, D]) {
      const message = { m: 'accept', ballot: older, value: marked(90), founding: false } as const
      members.feed(to, { i: 'message', from: C, message })
    }
    members.feed(E, {
      i: 'message',
      from: D,
      message: { m: 'accept', ballot: newer, value: marked(91), founding: false },
    })
    members.letters.splice(0)
    members.cut(A, B)
    const request = members.confirm(C, members.known(C))
    members.advance(1_000)
    expect(members.outcomes.get(request)).toMatchObject({ ok: false, code: 'NOT_CURRENT_MASTER' })
    expect(members.known(C).version).toBe(91)
  })

  test('[MJ1] a grant that a majority has signed is proven once: later decisions carry the same proof', () => {
    const members = foundedMembers()
    const before = members.states.get(B)!.decided!.value.proof
    const request = members.reshape(A, [A, B, C])
    members.deliver()
    expect(members.outcomes.get(request)).toEqual({ ok: true })
    expect(members.states.get(B)!.decided!.value.proof).toBe(before)
  })
})

describe('a member that has lost its disk', () => {
  test('[MJ1] votes for nothing until all others have told what they hold', () => {
    const members = foundedMembers()
    members.cut(C)
    members.wipe(B)
    members.deliver()
    expect(members.states.get(B)!.standing.s).toBe('asking')
    const request = members.confirm(A, members.known(A))
    members.advance(3_000)
    // A alone has a vote: B has forgotten its promises.
    expect(members.outcomes.get(request)).toMatchObject({ ok: false, code: 'UNREACHABLE' })
    members.mend(C)
    members.advance(1_000)
    expect(members.states.get(B)!.standing.s).toBe('seated')
    const again = members.confirm(A, members.known(A))
    members.advance(1_000)
    expect(members.outcomes.get(again)).toEqual({ ok: true })
  })

  test('[MJ1] promises what any other one promises: a ballot that it may have promised before stays above', () => {
    const members = foundedMembers()
    const ballot = { counter: 500, node: C }
    members.feed(A, { i: 'message', from: C, message: { m: 'prepare', ballot } })
    members.letters.splice(0)
    members.wipe(B)
    members.advance(1_000)
    expect(members.disks.get(B)!.promised).toEqual(ballot)
    expect(members.disks.get(B)!.accepted).not.toBeNull()
  })

  test('[MJ1] whoever it asks starts its own proposal again: the lost disk may have voted for it', () => {
    const members = withoutMasterOfFive()
    const request = members.claim(B, REFUSED)
    pass(members, is('prepare'))
    pass(members, is('promise'))
    pass(members, is('accepted', B))
    pass(members, is('accept', C))
    pass(members, is('accepted', B))
    // C has accepted, and said so; now it loses its disk.
    members.letters.splice(0)
    members.wipe(C)
    pass(members, is('recall', B))
    pass(members, is('accept', D))
    expect(members.states.get(B)!.proposal).toMatchObject({ p: 'waiting' })
    expect(members.outcomes.get(request)).toBeUndefined()
  })
})

describe('a cluster that is being founded', () => {
  test('[MJ1] holds its first value on two disks: whichever of them is lost, and then the other, it is found again', () => {
    const members = withoutAcceptance(C)
    const first = members.disks.get(A)!.accepted!.value.registry
    for (const lost of [B, A]) {
      members.wipe(lost)
      passAll(members, ({ message }) => message.m !== 'accept')
      expect(members.states.get(lost)!.standing.s).toBe('seated')
      expect(members.disks.get(lost)!.accepted!.value.registry).toEqual(first)
    }
  })

  test('[MJ1] seats a member that was left out with what the others have decided', () => {
    const members = withoutAcceptance(C)
    members.feed(A, { i: 'timer', name: 'proposal' })
    passAll(members, ({ to }) => to !== C)
    expect(members.known(A)).toMatchObject({ epoch: 1, master: A })
    expect(members.states.get(C)!.standing.s).toBe('fresh')
    pass(members, is('decided', C))
    expect(members.states.get(C)!.standing.s).toBe('seated')
    expect(members.disks.get(C)!.accepted).toEqual(members.states.get(A)!.decided)
  })

  test('[MJ1] keeps its promises through a lost disk, though nobody holds a value yet', () => {
    const members = new Members()
    passAll(members, ({ message }) => message.m !== 'promise')
    const { promised } = members.disks.get(C)!
    expect(promised).toMatchObject({ node: A })
    members.letters.splice(0)
    members.wipe(C)
    pass(members, is('recall'))
    pass(members, is('memory', C))
    expect(members.states.get(C)!.standing.s).toBe('fresh')
    expect(members.disks.get(C)).toEqual({ promised, accepted: null })
  })
})

/** New members: all have promised, and the first value has come to everybody else. */
function withoutAcceptance(node: NodeId): Members {
  const members = new Members()
  passAll(members, ({ message, to }) => message.m !== 'accept' || to !== node)
  members.letters.splice(0)
  expect(members.disks.get(node)!.accepted).toBeNull()
  return members
}

function passAll(members: Members, fits: (letter: Letter) => boolean): void {
  while (pass(members, fits) > 0);
}

function withoutMasterOfFive(): Members {
  return withoutMaster([A, B, C, D, E])
}

test('[MJ1] members far from each other are waited for: a proposal does not begin anew before their answers can have come', () => {
  const policy = { ...POLICY, suspectAfterMs: 2_500 }
  const config = { member: member(B), network: NETWORK, cluster: CLUSTER, founder: A, policy, members: [A, B, C] }
  const { value } = foundedMembers().states.get(B)!.decided!
  const seat = { promised: { counter: 3, node: A }, accepted: { ballot: { counter: 3, node: A }, value } }
  const prove = () => 'a.b.c' as Jws
  const at = (ms: number) => ({ now: ms as Instant, wallClock: ms as UnixMs, prove })
  const asked = arbiterStep(startArbiter(config, seat, 'life', 0 as Instant), { i: 'ask', ask: { i: 'tick' } }, at(0))
  expect(asked.timers).toEqual([{ name: 'proposal', after: 1_250 }])
  // Four rounds, where one of 250 ms would have been over eight times.
  expect(asked.state.proposal?.until).toBe(5_000)
})
