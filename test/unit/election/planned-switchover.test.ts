import type { NodeId, UnixMs } from '@baton/shared/ids'
import type { RegistryView, SwitchoverView } from '@baton/shared/protocol/control'
import { describe, expect, it } from 'vitest'
import { A, B, C, grantOf, HEARTBEAT, LoneNode, token, viewOf } from './lone-node.ts'

const PLANNED: SwitchoverView = {
  id: 's-1',
  to: B,
  by: 'ann',
  why: 'new kernel',
  at: 0 as UnixMs,
  until: 30_000 as UnixMs,
  due: true,
}

/** The master `a` goes on at epoch 1. */
const told = (switchover: SwitchoverView | null, more: Partial<RegistryView> = {}) =>
  ({ i: 'view', view: viewOf(grantOf(A, 1, { version: 21 as never }), { switchover, ...more }) }) as const

const hearMaster = (node: LoneNode) => () => void node.hear(A, { role: 'master' })

describe('a planned switch', () => {
  it('[EL8, EL3] is claimed at once by the standby it names, with nothing to ask the peers, while the master is heard', () => {
    const node = new LoneNode().following()
    node.feed(told(PLANNED))
    expect(node.claims()).toHaveLength(1)
    expect(node.claims()[0]!.claim).toMatchObject({ epoch: 2, evidence: { kind: 'planned', switchover: 's-1' } })
    expect(node.messages('preVote')).toEqual([])
  })

  it('[EL8] makes no master resign: it goes on until it sees the grant', () => {
    const node = new LoneNode().leading()
    const view = viewOf(grantOf(B, 2, { version: 21 as never, syncSet: [B, C] }), { switchover: { ...PLANNED, to: C } })
    node.feed({ i: 'view', view })
    expect(node.role()).toBe('master')
    node.feed({ i: 'grantSeen', ...grantOf(C, 3) })
    expect(node.of('stepDown')[0]).toMatchObject({ reason: 'higherToken' })
    expect(node.role()).toBe('follower')
  })

  it.each<[string, SwitchoverView | null, Partial<RegistryView>]>([
    ['one that is not due', { ...PLANNED, due: false }, {}],
    ['one to another node', { ...PLANNED, to: C }, {}],
    ['one to nobody yet', { ...PLANNED, to: null as NodeId | null }, {}],
    ['one while this node is barred', PLANNED, { bars: [B] }],
    ['one while this node is outside the sync set', PLANNED, { syncSet: [A, C] }],
    ['none', null, {}],
  ])('[EL8, RG9] is left alone when it is %s', (_, switchover, more) => {
    const node = new LoneNode().following()
    node.feed(told(switchover, more))
    node.pass(3 * HEARTBEAT, hearMaster(node))
    expect(node.claims()).toEqual([])
  })

  it('[RG7, EL8] of another token than the highest known is void', () => {
    const node = new LoneNode().following()
    node.feed({ i: 'grantSeen', ...grantOf(C, 2) })
    node.clear()
    node.feed(told(PLANNED))
    expect(node.claims()).toEqual([])
  })

  it('[RG7, EL8] ends with any grant that is seen, though the last view still shows it', () => {
    const node = new LoneNode().following()
    node.feed(told(PLANNED))
    node.feed({ i: 'grantSeen', ...grantOf(C, 2) })
    node.clear()
    node.pass(3 * HEARTBEAT, () => node.hear(C, { role: 'master', token: token(2) }))
    expect(node.role()).toBe('follower')
    expect(node.claims()).toEqual([])
  })

  it('[EL8] that the registry has dropped is not claimed again: the master is heard as ever', () => {
    const node = new LoneNode().following()
    node.feed(told(PLANNED))
    const { request } = node.claims()[0]!
    const refusal = { ok: false, code: 'STATEMENT_INVALID', why: 'dropped', retryAfterMs: null } as const
    const { view } = told(null, { version: 22 as never })
    node.clear().feed({ i: 'claimReply', request, outcome: { ...refusal, state: view } })
    node.pass(40 * HEARTBEAT, hearMaster(node))
    expect(node.claims()).toEqual([])
    expect(node.role()).toBe('follower')
  })
})
