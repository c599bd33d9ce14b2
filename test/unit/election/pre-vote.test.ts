import type { LogIndex } from '@baton/shared/ids'
import { describe, expect, it } from 'vitest'
import { A, B, C, grantOf, HEARTBEAT, LoneNode, SUSPECT_AFTER, token } from './lone-node.ts'

const question = (epoch = 1, durableIndex = 100) =>
  ({ t: 'preVote', token: token(epoch), attempt: 7, durableIndex: durableIndex as LogIndex, lost: false }) as const

function answerTo(node: LoneNode, from = C, message: ReturnType<typeof question> = question()) {
  node.clear().feed({ i: 'preVote', from, message })
  return node.messages('preVoteAnswer')[0]?.message as { granted: boolean; why: string }
}

it('[EL3 EL5] a node says nothing under a token that it does not have on disk', () => {
  const node = new LoneNode().following()
  expect(answerTo(node, C, question(2))).toBe(undefined)
  expect(node.feed({ i: 'preVote', from: C, message: question(2) }).rejected).toMatchObject({ code: 'PEER_UNEXPECTED' })
})

describe('asking', () => {
  it('[EL3] makes no claim before its peers have answered', () => {
    const node = new LoneNode().following()
    node.killMaster()
    expect(node.messages('preVote').map((send) => send.peer)).toEqual([C])
    expect(node.claims()).toEqual([])
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    expect(node.claims()).toHaveLength(1)
  })

  it('[EL3] makes none while a peer hears the master, and asks it again every heartbeat', () => {
    const node = new LoneNode().following()
    node.killMaster()
    for (let round = 1; round < 20; round += 1) {
      node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(false, 'the master is heard') })
      node.pass(HEARTBEAT, () => node.hear(C))
      node.feed({ i: 'timer', name: 'preVote' })
    }
    expect(node.claims()).toEqual([])
    expect(node.messages('preVote')).toHaveLength(20)
  })

  it('[EL3] a round is over in its time, though the timer came a little early', () => {
    const node = new LoneNode().following()
    node.killMaster()
    node.now += HEARTBEAT - 1
    expect(node.feed({ i: 'timer', name: 'preVote' }).timers).toEqual([{ name: 'preVote', after: 1 }])
    expect(node.claims()).toEqual([])
    node.now += 1
    node.feed({ i: 'timer', name: 'preVote' })
    expect(node.claims()).toHaveLength(1)
  })

  it('[EL3] a refusal that is taken back in the same round lets the claim go at once', () => {
    const node = new LoneNode().following()
    node.killMaster()
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(false, 'the master is heard') })
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    expect(node.claims()).toHaveLength(1)
  })

  it('[EL3] a peer that says nothing for a heartbeat is not reachable', () => {
    const node = new LoneNode().following()
    node.killMaster()
    node.now += HEARTBEAT
    node.feed({ i: 'timer', name: 'preVote' })
    expect(node.claims()).toHaveLength(1)
  })

  it('[EL3] with no peer to ask, claims at once', () => {
    const node = new LoneNode().following()
    node.feed({ i: 'linkDown', peer: C })
    node.killMaster()
    expect(node.claims()).toHaveLength(1)
  })

  it('[EL3] an answer of another round, of a stranger or for another token counts for nothing', () => {
    const node = new LoneNode().following()
    node.killMaster()
    const right = node.answer(true)
    node.feed({ i: 'preVoteAnswer', from: C, message: { ...right, attempt: right.attempt - 1 } })
    node.feed({ i: 'preVoteAnswer', from: A, message: right })
    node.feed({ i: 'preVoteAnswer', from: C, message: { ...right, token: token(2) } })
    expect(node.claims()).toEqual([])
  })
})

describe('answering', () => {
  it('[EL3] no, while this node hears the master', () => {
    const node = new LoneNode().following({ syncSet: [A, C] })
    expect(answerTo(node)).toMatchObject({ granted: false, why: 'the master is heard' })
    node.pass(SUSPECT_AFTER + HEARTBEAT)
    expect(answerTo(node)).toMatchObject({ granted: true })
  })

  it('[EL3] no, when this node is the master; yes, once it says itself that it is stalled', () => {
    const node = new LoneNode().leading()
    expect(answerTo(node, C, question(2))).toMatchObject({ granted: false, why: 'this node is the master' })
    const log = { ...node.state.log, cannotHoldSince: (node.now - SUSPECT_AFTER) as never }
    node.feed({ i: 'logStatus', log })
    node.pass(SUSPECT_AFTER, () => node.hear(C, { token: token(2) }))
    expect(answerTo(node, C, question(2))).toMatchObject({ granted: true })
  })

  it('[EL3] hearing ends with the link: yes at once, and a "no" is taken back', () => {
    const node = new LoneNode().following({ syncSet: [A, C] })
    expect(answerTo(node)).toMatchObject({ granted: false })
    node.clear().feed({ i: 'linkDown', peer: A })
    expect(node.messages('preVoteAnswer')[0]).toMatchObject({ peer: C, message: { granted: true, attempt: 7 } })
    node.clear().pass(HEARTBEAT)
    expect(node.messages('preVoteAnswer')).toEqual([])
  })

  it('[EL3] a host that still accepts is heard on: a "no" stands while the reconnect is open', () => {
    const node = new LoneNode().following({ syncSet: [A, C] })
    node.feed({ i: 'linkDown', peer: A })
    node.feed({ i: 'probeResult', peer: A, result: 'open' })
    expect(answerTo(node)).toMatchObject({ granted: false })
  })

  it('[NW1] no, with the higher grant, to a node behind', () => {
    const node = new LoneNode().following()
    node.feed({ i: 'grantSeen', ...grantOf(C, 2) })
    expect(answerTo(node, A, question(1))).toMatchObject({ granted: false })
    expect(node.messages('inform')[0]).toMatchObject({ peer: A, message: { credentials: [{ grant: 'grant:2:c' }] } })
  })

  it('[EL4] no, while this node stands itself and comes before the asker; but not for ever', () => {
    const node = new LoneNode().following({ syncSet: [A, B, C] })
    node.killMaster()
    expect(answerTo(node, C, question(1, 99))).toMatchObject({ granted: false, why: 'b stands before (EL4)' })
    expect(answerTo(node, C, question(1, 101))).toMatchObject({ granted: true })
    node.pass(SUSPECT_AFTER + HEARTBEAT, () => node.hear(C, { durableIndex: 99 as LogIndex }))
    expect(answerTo(node, C, question(1, 99))).toMatchObject({ granted: true })
    expect(node.state.config.node).toBe(B)
  })
})
