import type { UnixMs } from '@baton/shared/ids'
import type { SwitchoverView } from '@baton/shared/protocol/control'
import { describe, expect, it } from 'vitest'
import { A, B, C, grantOf, HEARTBEAT, LoneNode, token, viewOf } from './lone-node.ts'

const PLANNED: SwitchoverView = {
  id: 's-1',
  to: C,
  by: 'ann',
  why: 'new kernel',
  at: 0 as UnixMs,
  until: 30_000 as UnixMs,
  due: true,
}

const told = (switchover: SwitchoverView | null, more: object = {}) =>
  ({
    i: 'view',
    view: viewOf(grantOf(B, 2, { version: 21 as never, syncSet: [A, B, C] }), { switchover, ...more }),
  }) as const

describe('a master that is told of a planned switch', () => {
  it('[EL8, RG3] hands over in writing to the node that the registry names', () => {
    const node = new LoneNode().leading()
    node.feed(told(PLANNED))
    expect(node.state.role).toMatchObject({ r: 'resigning', to: C, leaving: false })
    expect(node.of('sealGuard')).toHaveLength(1)
  })

  it('[EL8] waits until it is due', () => {
    const node = new LoneNode().leading()
    node.feed(told({ ...PLANNED, due: false }))
    node.pass(3 * HEARTBEAT)
    expect(node.role()).toBe('master')
  })

  it('[EL8, EL6] goes on while the named node cannot take over, and hands over once it can', () => {
    const node = new LoneNode().leading()
    node.feed({ i: 'linkDown', peer: C })
    node.feed(told(PLANNED))
    node.pass(HEARTBEAT)
    expect(node.role()).toBe('master')
    node.feed({ i: 'linkUp', peer: C })
    node.hear(C, { token: token(2) })
    expect(node.state.role).toMatchObject({ r: 'resigning', to: C })
  })

  it('[RG7, EL8] obeys no view of another token than its own, and none while the authority is out of reach', () => {
    const old = new LoneNode().leading()
    old.feed({
      i: 'view',
      view: viewOf(grantOf(A, 1, { version: 22 as never, syncSet: [A, B, C] }), { switchover: PLANNED }),
    })
    expect(old.role()).toBe('master')
    const alone = new LoneNode().leading()
    alone.feed({ i: 'authorityDown' })
    alone.feed(told(PLANNED))
    expect(alone.role()).toBe('master')
  })
})

it('[EL8] a follower does nothing about a planned switch: only the word of the master counts', () => {
  const node = new LoneNode().following({ switchover: { ...PLANNED, to: B } })
  node.pass(3 * HEARTBEAT, () => node.hear(A, { role: 'master' }))
  expect(node.role()).toBe('follower')
  expect(node.claims()).toEqual([])
})
