import { describe, expect, it } from 'vitest'
import { A, B, C, HEARTBEAT, LoneNode, SUSPECT_AFTER, token } from './lone-node.ts'

describe('suspicion of the master', () => {
  it('[EL1] probes the host of the master the moment its link closes', () => {
    const node = new LoneNode().following()
    node.feed({ i: 'linkDown', peer: A })
    expect(node.of('probe')).toEqual([{ s: 'probe', peer: A }])
    expect(node.role()).toBe('follower')
  })

  it('[EL1] a closed link and a refused reconnect are a suspicion at once', () => {
    const node = new LoneNode().following()
    node.killMaster()
    expect(node.state.role).toMatchObject({ r: 'preVoting', why: { kind: 'refused' } })
  })

  it.each(['open', 'timeout'] as const)('[EL1] a reconnect with result "%s" is none, and is tried again', (result) => {
    const node = new LoneNode().following()
    node.feed({ i: 'linkDown', peer: A })
    node.feed({ i: 'probeResult', peer: A, result })
    expect(node.role()).toBe('follower')
    node.clear().pass(HEARTBEAT)
    expect(node.of('probe')).toHaveLength(1)
  })

  it('[EL1] silence is a suspicion after suspectAfter and not before', () => {
    const node = new LoneNode().following()
    node.pass(SUSPECT_AFTER - 1)
    expect(node.role()).toBe('follower')
    node.pass(1)
    expect(node.state.role).toMatchObject({ r: 'preVoting', why: { kind: 'silence' } })
  })

  it.each([
    ['stalled', { role: 'master', stalled: true }],
    ['at a lower token', { role: 'master', token: token(0) }],
    ['as follower', { role: 'follower' }],
  ] as const)('[RG3] a master heard %s is not heard as master', (_, heartbeat) => {
    const node = new LoneNode().following()
    node.pass(SUSPECT_AFTER, () => node.hear(A, heartbeat))
    expect(node.role()).not.toBe('follower')
  })

  it('[EL1] ends when the master is heard again', () => {
    const node = new LoneNode().following()
    node.pass(SUSPECT_AFTER)
    node.hear(A, { role: 'master' })
    expect(node.role()).toBe('follower')
  })

  it('[EL1] a link that never was up in this process is no refused reconnect', () => {
    const node = new LoneNode().started({ own: { token: token(1), node: A } })
    node.feed({ i: 'linkUp', peer: C })
    node.pass(SUSPECT_AFTER - 1)
    expect(node.of('probe')).toEqual([])
    expect(node.role()).toBe('follower')
  })

  it('[EL1] a link of another node is nobody’s death', () => {
    const node = new LoneNode().following()
    node.feed({ i: 'linkDown', peer: C })
    expect(node.of('probe')).toEqual([])
    expect(
      node.feed({ i: 'heartbeat', from: C, message: node.messages('heartbeat')[0]?.message as never }).rejected,
    ).toMatchObject({ code: 'PEER_UNEXPECTED' })
  })
})

describe('what a node says of itself', () => {
  it('[EL2] heartbeats carry the durable index, to every linked peer, every heartbeat', () => {
    const node = new LoneNode().following()
    node.pass(HEARTBEAT)
    expect(node.messages('heartbeat').map((send) => send.peer)).toEqual([A, C])
    expect(node.messages('heartbeat')[0]?.message).toMatchObject({ durableIndex: 100, heardMasterMs: HEARTBEAT })
    expect(node.last?.timers).toContainEqual({ name: 'tick', after: HEARTBEAT })
  })

  it('[RG3] a report says how long ago the master was heard, and nothing once its host refused', () => {
    const node = new LoneNode().following()
    node.now += 40
    node.feed({ i: 'timer', name: 'report' })
    expect(node.of('report')[0]?.message).toMatchObject({ role: 'follower', heardMasterMs: 40, heardSyncSetMs: 40 })
    node.killMaster()
    node.clear().feed({ i: 'timer', name: 'report' })
    expect(node.of('report')[0]?.message.heardMasterMs).toBeNull()
  })

  it('[RG3] reports go out every third of the TTL as master, every second otherwise, and at once on a change', () => {
    const node = new LoneNode().following()
    expect(node.feed({ i: 'timer', name: 'report' }).timers).toContainEqual({ name: 'report', after: 1_000 })
    const leader = new LoneNode().leading()
    const { after } = leader.feed({ i: 'timer', name: 'report' }).timers.find((timer) => timer.name === 'report')!
    expect(after).toBeCloseTo(1_000 / 3)
    const step = new LoneNode().leading().feed({ i: 'resign', to: null, leaving: false })
    expect(step.send.filter((send) => send.s === 'report')).toHaveLength(1)
  })

  it('[RG3] a master that for suspectAfter can neither hold nor reach the authority says stalled', () => {
    const node = new LoneNode().leading()
    const cannotHoldSince = node.now as never
    node.feed({ i: 'logStatus', log: { ...node.state.log, cannotHoldSince } })
    node.pass(SUSPECT_AFTER - HEARTBEAT, () => node.hear(C, { token: token(2) }))
    expect(node.messages('heartbeat').at(-1)?.message).toMatchObject({ role: 'master', stalled: false })
    node.pass(2 * HEARTBEAT, () => node.hear(C, { token: token(2) }))
    expect(node.messages('heartbeat').at(-1)?.message).toMatchObject({ role: 'master', stalled: true })
  })

  it('[RG3] an answer of the authority counts from when its report was sent', () => {
    const node = new LoneNode().leading()
    const sentAt = node.now
    node.feed({ i: 'timer', name: 'report' })
    const { report } = node.of('report').at(-1)!.message
    node.now += 30
    node.feed({ i: 'heardByAuthority', report, version: 20 as never })
    expect(node.state.authority.answeredAt).toBe(sentAt)
    expect(node.state.config.node).toBe(B)
  })
})
