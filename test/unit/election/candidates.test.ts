import { type Candidate, compareCandidates } from '@baton/shared/core/election/candidates'
import type { LogIndex, NodeId, Version } from '@baton/shared/ids'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { A, B, C, grantOf, HEARTBEAT, LoneNode, SUSPECT_AFTER, viewOf } from './lone-node.ts'

const index = (value: number) => value as LogIndex

function candidate(more: Partial<Candidate>): Candidate {
  return { node: B, inSyncSet: true, durableIndex: index(10), priority: 1, atMastersSite: true, ...more }
}

describe('the order of candidates', () => {
  it.each([
    [
      'sync set before durable index',
      { inSyncSet: true, durableIndex: index(1) },
      { inSyncSet: false, durableIndex: index(9) },
    ],
    ['durable index before priority', { durableIndex: index(9), priority: 1 }, { durableIndex: index(1), priority: 9 }],
    ['priority before site', { priority: 9, atMastersSite: false }, { priority: 1, atMastersSite: true }],
    ['site before node id', { atMastersSite: true, node: C }, { atMastersSite: false, node: A }],
    ['node id last', { node: A }, { node: C }],
  ] as const)('[EL4] %s', (_, first, second) => {
    expect(compareCandidates(candidate(first), candidate(second))).toBeLessThan(0)
    expect(compareCandidates(candidate(second), candidate(first))).toBeGreaterThan(0)
  })

  it('[EL4] is a strict order: any two nodes agree on who stands first', () => {
    const one = fc.record({
      node: fc.constantFrom('a', 'b', 'c', 'd').map((name) => name as NodeId),
      inSyncSet: fc.boolean(),
      durableIndex: fc.nat(3).map(index),
      priority: fc.nat(2),
      atMastersSite: fc.boolean(),
    })
    fc.assert(
      fc.property(one, one, one, (a, b, c) => {
        expect(Math.sign(compareCandidates(a, b))).toBe(-Math.sign(compareCandidates(b, a)) + 0)
        if (compareCandidates(a, b) < 0 && compareCandidates(b, c) < 0) expect(compareCandidates(a, c)).toBeLessThan(0)
      }),
    )
  })
})

describe('standing', () => {
  const bars: [string, (node: LoneNode) => void][] = [
    [
      'outside the sync set',
      (node) => node.feed({ i: 'view', view: viewOf(grantOf(A, 1, { version: 11 as Version, syncSet: [A, C] })) }),
    ],
    [
      'barred',
      (node) => node.feed({ i: 'view', view: viewOf(grantOf(A, 1, { version: 11 as Version }), { bars: [B] }) }),
    ],
  ]
  it.each(bars)('[EL4] a node %s never claims', (_, bar) => {
    const node = new LoneNode().following()
    bar(node)
    node.killMaster()
    node.pass(10 * SUSPECT_AFTER)
    expect(node.role()).toBe('suspecting')
    expect(node.claims()).toEqual([])
  })

  it('[EL4] a node with noFailover never claims', () => {
    const node = new LoneNode({ noFailover: true }).following()
    node.pass(HEARTBEAT)
    expect(node.messages('heartbeat').at(-1)?.message).toMatchObject({ electable: false })
    node.feed({ i: 'linkDown', peer: C })
    node.killMaster()
    node.pass(10 * SUSPECT_AFTER)
    expect(node.claims()).toEqual([])
    expect(node.role()).toBe('suspecting')
  })

  it('[EL6] a node whose log is not complete does not, until it is', () => {
    const node = new LoneNode().following()
    node.feed({ i: 'logStatus', log: { ...node.state.log, complete: false } })
    node.feed({ i: 'linkDown', peer: C })
    node.killMaster()
    node.pass(SUSPECT_AFTER)
    expect(node.claims()).toEqual([])
    expect(node.messages('preVote')).toEqual([])
    node.feed({ i: 'logStatus', log: { ...node.state.log, complete: true } })
    expect(node.claims()).toHaveLength(1)
  })

  it('[EL4] a lower candidate gives each better one that is reachable one heartbeat, and no more', () => {
    const node = new LoneNode().following({ syncSet: [A, B, C] })
    node.hear(C, { durableIndex: index(200) })
    node.killMaster()
    expect(node.role()).toBe('suspecting')
    expect(node.last?.timers).toContainEqual({ name: 'stand', after: HEARTBEAT })
    node.now += HEARTBEAT
    node.feed({ i: 'timer', name: 'stand' })
    expect(node.role()).toBe('preVoting')
  })

  it.each([
    ['is not electable', { durableIndex: index(200), electable: false }],
    ['is behind', { durableIndex: index(99) }],
  ] as const)('[EL4] does not wait for one that %s', (_, heartbeat) => {
    const node = new LoneNode().following({ syncSet: [A, B, C] })
    node.hear(C, heartbeat)
    node.killMaster()
    expect(node.role()).toBe('preVoting')
  })

  it('[EL7] the claim names the best electable node outside the sync set it will have', () => {
    const node = new LoneNode().following()
    node.killMaster()
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    expect(node.claims()[0]?.claim).toMatchObject({ node: B, coming: C, epoch: 2, version: 10, durableIndex: 100 })
  })

  it('[EL7] names nobody when nobody is electable', () => {
    const node = new LoneNode().following()
    node.hear(C, { electable: false })
    node.killMaster()
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    expect(node.claims()[0]?.claim.coming).toBeNull()
  })
})
