import type { Jws } from '@baton/shared/ids'
import { describe, expect, it } from 'vitest'
import { A, B, C, grantOf, HEARTBEAT, LoneNode, MASTER_TTL, token } from './lone-node.ts'

const JWS = 'resignation' as Jws

function handingOver(leaving = false): LoneNode {
  const node = new LoneNode().leading()
  node.feed({ i: 'resign', to: null, leaving })
  node.feed({ i: 'sealed', token: token(2) })
  node.feed({ i: 'resignationSigned', token: token(2), resignation: JWS })
  return node
}

describe('handing over', () => {
  it('[RG3] signs only after the guard has stopped, and names the successor', () => {
    const node = new LoneNode().leading()
    node.feed({ i: 'resign', to: C, leaving: false })
    expect(node.of('sealGuard')).toHaveLength(1)
    expect(node.of('signResignation')).toEqual([])
    node.feed({ i: 'sealed', token: token(1) })
    expect(node.of('signResignation')).toEqual([])
    node.feed({ i: 'sealed', token: token(2) })
    expect(node.of('signResignation')[0]?.resignation).toMatchObject({ node: B, to: C, epoch: 2 })
  })

  it('[RG3] speaks as a follower from then on', () => {
    const node = new LoneNode().leading()
    node.feed({ i: 'resign', to: C, leaving: false })
    expect(node.messages('heartbeat').at(-1)?.message).toMatchObject({ role: 'follower' })
  })

  it('[RG3] is given up in its time, though the timer came a little early', () => {
    const node = handingOver()
    node.now += MASTER_TTL - 1
    expect(node.feed({ i: 'timer', name: 'handover' }).timers).toContainEqual({ name: 'handover', after: 1 })
    expect(node.role()).toBe('resigning')
    node.now += 1
    node.feed({ i: 'timer', name: 'handover' })
    expect(node.role()).not.toBe('resigning')
  })

  it('[RG3] repeats the handover until a higher grant is seen', () => {
    const node = handingOver()
    node.pass(3 * HEARTBEAT)
    expect(node.messages('handover')).toHaveLength(4)
    node.clear().feed({ i: 'grantSeen', ...grantOf(C, 3) })
    expect(node.of('stepDown')[0]).toMatchObject({ reason: 'handedOver', token: token(2) })
    expect(node.role()).toBe('follower')
    node.clear().pass(HEARTBEAT)
    expect(node.messages('handover')).toEqual([])
  })

  it('[RG3] a node that leaves ends stopped, and says nothing more', () => {
    const node = handingOver(true)
    const step = node.feed({ i: 'grantSeen', ...grantOf(C, 3) })
    expect(node.role()).toBe('stopped')
    expect(step.timers).toContainEqual({ name: 'tick', after: null })
    expect(node.feed({ i: 'timer', name: 'tick' }).send).toEqual([])
  })

  it('[RG3] never acts under a resigned token again: when nobody takes over it claims as `own`', () => {
    const node = handingOver()
    node.pass(MASTER_TTL, () => node.hear(C, { token: token(2) }))
    node.feed({ i: 'timer', name: 'handover' })
    expect(node.of('stepDown')[0]).toMatchObject({ reason: 'resigned' })
    expect(node.claims().at(-1)?.claim).toMatchObject({ epoch: 3, evidence: { kind: 'own' } })
  })

  it('[EL4] refuses a successor that cannot stand, and stays master', () => {
    const node = new LoneNode().leading()
    expect(node.feed({ i: 'resign', to: A, leaving: false }).rejected).toMatchObject({ code: 'NOT_ELECTABLE' })
    expect(node.role()).toBe('master')
    const follower = new LoneNode().following()
    expect(follower.feed({ i: 'resign', to: C, leaving: false }).rejected).toMatchObject({ code: 'NOT_MASTER' })
  })

  it('[RG2] leaving with nobody to hand over to resigns nothing: it may go on when it is back', () => {
    const node = new LoneNode().leading([B])
    node.feed({ i: 'resign', to: null, leaving: true })
    expect(node.role()).toBe('stopped')
    expect(node.of('signResignation')).toEqual([])
    expect(node.of('stepDown')[0]).toMatchObject({ reason: 'stopping' })
  })
})

describe('being handed over to', () => {
  it('[RG3] claims at once on the word of the master, asking nobody', () => {
    const node = new LoneNode().following()
    node.feed({ i: 'handover', from: A, token: token(1), to: B, resignation: JWS })
    expect(node.claims()[0]?.claim.evidence).toEqual({ kind: 'resigned', resignation: JWS })
    expect(node.messages('preVote')).toEqual([])
  })

  it('[EL7] names the old master as the next standby when it stays', () => {
    const node = new LoneNode().following()
    node.hear(C, { electable: false })
    node.feed({ i: 'handover', from: A, token: token(1), to: B, resignation: JWS })
    expect(node.claims()[0]?.claim.coming).toBe(A)
  })

  it.each([
    ['of another token', { from: A, token: token(2), to: B }],
    ['of a node that is not the master', { from: C, token: token(1), to: B }],
    ['in favour of another', { from: A, token: token(1), to: C }],
  ])('[RG3] a resignation %s changes nothing', (_, handover) => {
    const node = new LoneNode().following()
    const step = node.feed({ i: 'handover', resignation: JWS, ...handover })
    expect(step.rejected).toMatchObject({ code: 'PEER_UNEXPECTED' })
    expect(node.claims()).toEqual([])
    expect(node.role()).toBe('follower')
  })
})
