import { describe, expect, it } from 'vitest'
import { A, B, C, HEARTBEAT, LoneNode, SUSPECT_AFTER, token } from './lone-node.ts'

describe('stalls of this node', () => {
  it('[EL2] a master that stalled seals its guard and hands over to the electable standby', () => {
    const node = new LoneNode().leading()
    node.feed({ i: 'stalled', ms: SUSPECT_AFTER + 1 })
    expect(node.of('sealGuard')).toEqual([{ s: 'sealGuard', token: token(2) }])
    expect(node.state.role).toMatchObject({ r: 'resigning', to: C, phase: 'sealing' })
  })

  it('[EL2] notices a stall by its own late tick, whatever comes first afterwards', () => {
    const node = new LoneNode().leading()
    node.now += SUSPECT_AFTER + HEARTBEAT + 1
    node.feed({
      i: 'preVote',
      from: C,
      message: { t: 'preVote', token: token(2), attempt: 1, durableIndex: 100 as never, lost: false },
    })
    expect(node.role()).toBe('resigning')
    expect(node.messages('preVoteAnswer')[0]?.message).toMatchObject({ granted: true })
  })

  it('[EL2] a shorter stall changes nothing', () => {
    const node = new LoneNode().leading()
    node.feed({ i: 'stalled', ms: SUSPECT_AFTER - 1 })
    expect(node.role()).toBe('master')
  })

  it.each([
    ['the authority is out of reach', (node: LoneNode) => node.feed({ i: 'authorityDown' })],
    ['the standby is out of reach', (node: LoneNode) => node.feed({ i: 'linkDown', peer: C })],
    ['the standby is not electable', (node: LoneNode) => node.hear(C, { token: token(2), electable: false })],
  ] as const)('[EL2] goes on, but not before it looked for a higher token, when %s', (_, prevent) => {
    const node = new LoneNode().leading()
    prevent(node)
    node.clear().feed({ i: 'stalled', ms: SUSPECT_AFTER + 1 })
    expect(node.role()).toBe('master')
    const preVote = { t: 'preVote', token: token(2), attempt: 1, durableIndex: 100 as never, lost: false } as const
    node.feed({ i: 'preVote', from: A, message: preVote })
    expect(node.messages('preVoteAnswer').at(-1)?.message).toMatchObject({ granted: true })
    // The standby at our token, heard late enough not to have waited in a buffer, ends the doubt.
    node.feed({ i: 'linkUp', peer: C })
    node.pass(HEARTBEAT, () => node.hear(C, { token: token(2) }))
    node.feed({ i: 'preVote', from: A, message: preVote })
    expect(node.messages('preVoteAnswer').at(-1)?.message).toMatchObject({ granted: false })
  })

  it('[EL2] asks the authority when only that is left', () => {
    const node = new LoneNode().leading()
    node.feed({ i: 'linkDown', peer: C })
    node.clear().feed({ i: 'stalled', ms: SUSPECT_AFTER + 1 })
    expect(node.of('confirm')[0]?.message).toMatchObject({ t: 'confirm', token: token(2) })
  })

  it('[EL2] a follower counts no silence that it slept through', () => {
    const node = new LoneNode().following()
    node.now += 3_000
    node.feed({ i: 'timer', name: 'tick' })
    expect(node.role()).toBe('follower')
    node.pass(SUSPECT_AFTER)
    expect(node.role()).not.toBe('follower')
    expect(node.state.config.node).toBe(B)
  })
})
