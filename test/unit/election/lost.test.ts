import type { Claim } from '@baton/shared/crypto/statement-types'
import type { LogIndex, NodeId } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import { A, B, C, grantOf, HEARTBEAT, LoneNode, token, viewOf } from './lone-node.ts'

const RECOVER_AFTER = 30_000
const D = 'd' as NodeId

/** Node `b`, outside the sync set of `a` and `d`; `c` is outside as well, linked and alive. */
function outside(more: { readonly noFailover?: boolean } = {}): LoneNode {
  const node = new LoneNode(more)
  node.started()
  for (const peer of [A, C, D]) node.feed({ i: 'linkUp', peer })
  node.feed({ i: 'authorityUp', challenge: 'challenge' })
  const grant = grantOf(A, 1, { syncSet: [A, D] })
  node.feed({ i: 'grantSeen', ...grant })
  node.feed({ i: 'view', view: viewOf(grant) })
  node.hear(A, { role: 'master' })
  node.hear(C)
  node.hear(D)
  return node.clear()
}

function loseBoth(node: LoneNode): void {
  for (const peer of [A, D]) node.feed({ i: 'linkDown', peer })
  node.feed({ i: 'probeResult', peer: A, result: 'refused' })
}

const stillThere = (node: LoneNode) => () => node.hear(C)

function preVote(lost: boolean, durableIndex = 100) {
  return { t: 'preVote', token: token(1), attempt: 7, durableIndex: durableIndex as LogIndex, lost } as const
}

function answersTo(node: LoneNode, from: NodeId, lost: boolean, durableIndex?: number): boolean | undefined {
  node.clear().feed({ i: 'preVote', from, message: preVote(lost, durableIndex) })
  const [answer] = node.messages('preVoteAnswer')
  return answer?.message.t === 'preVoteAnswer' ? answer.message.granted : undefined
}

describe('a node outside the sync set', () => {
  test('[RG6] claims as lost when it, and every peer it reaches, has heard nobody of the sync set for recoverAfter', () => {
    const node = outside()
    loseBoth(node)
    node.pass(RECOVER_AFTER - HEARTBEAT, stillThere(node))
    expect(node.messages('preVote')).toEqual([])
    expect(node.claims()).toEqual([])
    node.pass(2 * HEARTBEAT, stillThere(node))
    expect(
      node.messages('preVote').map(({ peer, message }) => [peer, message.t === 'preVote' && message.lost]),
    ).toEqual([[C, true]])
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    const claim = node.claims()[0]!.claim as Claim
    expect(claim).toMatchObject({ epoch: 2, version: 10, evidence: { kind: 'lost' } })
    expect(claim.evidence.kind === 'lost' && claim.evidence.forMs).toBeGreaterThanOrEqual(RECOVER_AFTER)
  })

  test('[RG6 EL8] also when a switch to it was planned before it was taken out of the sync set (seed 60000946)', () => {
    const node = outside()
    const planned = { id: 's-1', to: B, by: 'ann', why: 'kernel', at: 0 as never, until: 9_000 as never, due: true }
    const grant = grantOf(A, 1, { syncSet: [A, D], version: 11 as never })
    node.feed({ i: 'view', view: viewOf(grant, { switchover: planned }) })
    loseBoth(node)
    node.pass(RECOVER_AFTER + HEARTBEAT, stillThere(node))
    expect(node.messages('preVote').map(({ message }) => message.t === 'preVote' && message.lost)).toEqual([true])
  })

  test('[RG6] is not lost while an electable standby is heard, whatever has become of the master', () => {
    const node = outside()
    node.feed({ i: 'linkDown', peer: A })
    node.feed({ i: 'probeResult', peer: A, result: 'refused' })
    node.pass(2 * RECOVER_AFTER, () => {
      node.hear(C)
      node.hear(D)
    })
    expect(node.messages('preVote')).toEqual([])
    node.pass(RECOVER_AFTER + 2 * HEARTBEAT, () => {
      node.hear(C)
      node.hear(D, { electable: false })
    })
    expect(node.messages('preVote').length).toBeGreaterThan(0)
  })

  test('[RG6 EL3] a peer that hears a member of the sync set says no, and so does a member', () => {
    const node = outside()
    loseBoth(node)
    node.pass(1_000, stillThere(node))
    expect(answersTo(node, C, true)).toBe(false)
    expect(answersTo(node, C, false)).toBe(true)
    node.pass(RECOVER_AFTER, stillThere(node))
    expect(answersTo(node, C, true, 101)).toBe(true)
    // A member itself: node `b`, standby of `a`.
    const member = new LoneNode().following()
    member.killMaster()
    member.pass(2 * RECOVER_AFTER, () => member.hear(C))
    expect(answersTo(member, C, true)).toBe(false)
  })

  test('[RG6 EL4] the one with the longer log stands first, for a while', () => {
    const node = outside()
    loseBoth(node)
    node.pass(RECOVER_AFTER + 2 * HEARTBEAT, stillThere(node))
    expect(answersTo(node, C, true, 90)).toBe(false)
    expect(answersTo(node, C, true, 110)).toBe(true)
    node.pass(1_000, stillThere(node))
    expect(answersTo(node, C, true, 90)).toBe(true)
  })

  test('[RG6] asks again while the authority finds that something is missing', () => {
    const node = outside()
    loseBoth(node)
    node.pass(RECOVER_AFTER + 2 * HEARTBEAT, stillThere(node))
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    const { request } = node.claims()[0]!
    const outcome = { ok: false, code: 'NOT_ELECTABLE', why: 'not yet', retryAfterMs: 2_000, state: null } as const
    node.clear().feed({ i: 'claimReply', request, outcome })
    node.pass(1_900, stillThere(node))
    expect(node.messages('preVote')).toEqual([])
    node.pass(200, stillThere(node))
    expect(node.messages('preVote').length).toBeGreaterThan(0)
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    expect(node.claims()).toHaveLength(1)
  })

  test.each([{ noFailover: true }, { complete: false }])('[RG6 EL6] does not stand with %o', (more) => {
    const node = outside('noFailover' in more ? more : {})
    if ('complete' in more) node.feed({ i: 'logStatus', log: { ...node.state.log, complete: false } })
    loseBoth(node)
    node.pass(2 * RECOVER_AFTER, stillThere(node))
    expect(node.messages('preVote')).toEqual([])
    expect(node.claims()).toEqual([])
  })

  test('[RG6] reports how long ago it heard the sync set', () => {
    const node = outside()
    loseBoth(node)
    node.now += 700
    node.clear().feed({ i: 'timer', name: 'report' })
    expect(node.of('report')[0]?.message).toMatchObject({ heardMasterMs: null, heardSyncSetMs: 700 })
  })
})

test('[EL6 RG6] a node that the authority has refused says so to its peers: nobody waits for it', () => {
  const node = new LoneNode().following()
  const says = () => {
    node.clear().feed({ i: 'timer', name: 'tick' })
    return node.messages('heartbeat').map(({ message }) => message.t === 'heartbeat' && message.electable)
  }
  node.killMaster()
  node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
  const { request } = node.claims()[0]!
  expect(says()).toEqual([true])
  const outcome = {
    ok: false,
    code: 'NOT_ELECTABLE',
    why: 'its log is short',
    retryAfterMs: null,
    state: null,
  } as const
  node.feed({ i: 'claimReply', request, outcome })
  expect(says()).toEqual([false])
  node.feed({ i: 'logStatus', log: { ...node.state.log, durableIndex: 200 as LogIndex } })
  expect(says()).toEqual([true])
})

describe('orders and pauses', () => {
  const order = { id: 'order-1', node: A, cause: 'operator', why: 'maintenance' } as const

  test('[RG9] a standby claims on a standing order against the master it hears, without a pre-vote', () => {
    const node = new LoneNode().following()
    node.feed({ i: 'view', view: viewOf(grantOf(A, 1, { version: 11 as never }), { orders: [order], bars: [A] }) })
    expect(node.messages('preVote')).toEqual([])
    expect(node.claims()[0]?.claim.evidence).toEqual({ kind: 'ordered', order: 'order-1' })
  })

  test('[RG9] an order against a master of the past is none', () => {
    const node = new LoneNode().following({ orders: [{ ...order, node: C }] })
    expect(node.claims()).toEqual([])
    node.feed({ i: 'view', view: viewOf(grantOf(A, 1, { version: 11 as never }), { orders: [order] }) })
    const next = grantOf(C, 2, { syncSet: [C, B] })
    node.clear().feed({ i: 'grantSeen', ...next })
    node.hear(C, { role: 'master', token: token(2) })
    expect(node.role()).toBe('follower')
  })

  test('[RG9 EL4] a barred node never stands', () => {
    const node = new LoneNode().following()
    node.feed({
      i: 'view',
      view: viewOf(grantOf(A, 1, { version: 11 as never }), { orders: [order], bars: [A, B] }),
    })
    node.pass(5_000, () => node.hear(C))
    expect(node.claims()).toEqual([])
  })

  test('[RG9 EL2] an ordered master resigns when somebody can take over, and goes on until then', () => {
    const node = new LoneNode().leading()
    const grant = node.state.grant!
    const view = viewOf({ ...grant, version: 31 as never }, { orders: [{ ...order, node: B }], bars: [B] })
    node.hear(C, { token: token(2), electable: false })
    node.feed({ i: 'view', view })
    expect(node.role()).toBe('master')
    // RG10 (seed 20034117): nobody is granted anything in a pause.
    const pause = { by: 'ops', why: 'rack move', until: 999_999 as never }
    node.feed({ i: 'view', view: { ...view, version: 32 as never, pause } })
    node.hear(C, { token: token(2) })
    expect(node.role()).toBe('master')
    node.feed({ i: 'view', view: { ...view, version: 33 as never } })
    expect(node.role()).toBe('resigning')
    expect(node.of('sealGuard')).toHaveLength(1)
  })

  test('[RG10] a claim refused for a pause is repeated once a masterTtl, and at once when the pause has ended', () => {
    const node = new LoneNode().following()
    const pause = { by: 'ops', why: 'rack move', until: 999_999 as never }
    node.feed({ i: 'view', view: viewOf(grantOf(A, 1, { version: 11 as never }), { pause }) })
    node.killMaster()
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    const { request } = node.claims()[0]!
    const outcome = { ok: false, code: 'PAUSED', why: 'paused', retryAfterMs: 600_000, state: null } as const
    node.clear().feed({ i: 'claimReply', request, outcome })
    node.pass(200, () => node.hear(C))
    expect(node.claims()).toEqual([])
    node.feed({ i: 'view', view: viewOf(grantOf(A, 1, { version: 12 as never })) })
    expect(node.claims()).toHaveLength(1)
  })
})

describe('a restored registry', () => {
  const restored = (more = {}) => viewOf(grantOf(B, 2, { version: 5 as never }), { generation: 1 as never, ...more })

  test('[RG8] its master asks for a token of the new generation and keeps its office meanwhile', () => {
    const node = new LoneNode().leading()
    node.feed({ i: 'view', view: restored() })
    expect(node.role()).toBe('master')
    const claim = node.claims()[0]!.claim
    expect(claim).toMatchObject({ generation: 1, epoch: 3, version: 5, evidence: { kind: 'own' } })
    node.pass(900)
    expect(node.claims()).toHaveLength(1)
    node.pass(200)
    expect(node.claims()).toHaveLength(2)
    const grant = grantOf(B, 3, { nonce: claim.nonce, syncSet: [B, C] })
    node.feed({ i: 'grantSeen', ...grant, mastership: { ...grant.mastership, ...token(3, 1) } })
    expect(node.state.own?.token).toEqual(token(3, 1))
    expect(node.of('becomeMaster')).toHaveLength(1)
    expect(node.of('stepDown').map(({ token: ended }) => ended)).toEqual([token(2)])
  })

  test('[RG8] nothing is asked of a frozen registry, nor by a node that it does not name', () => {
    const node = new LoneNode().leading()
    node.feed({ i: 'view', view: restored({ frozen: 'a higher token was shown' }) })
    node.feed({ i: 'view', view: restored({ version: 6, master: C }) })
    node.pass(3_000)
    expect(node.claims()).toEqual([])
  })

  test('[RG8 EL6] a master that must re-sync asks for no new token', () => {
    const node = new LoneNode().leading()
    node.feed({ i: 'logStatus', log: { ...node.state.log, complete: false } })
    node.feed({ i: 'view', view: restored() })
    node.pass(3_000)
    expect(node.claims()).toEqual([])
    expect(node.role()).toBe('master')
  })

  test('[RG8] a standby claims the next token of the new generation', () => {
    const node = new LoneNode().following()
    node.feed({ i: 'view', view: viewOf(grantOf(A, 1, { version: 3 as never }), { generation: 1 as never }) })
    node.killMaster()
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    expect(node.claims()[0]?.claim).toMatchObject({ generation: 1, epoch: 2, version: 3 })
  })

  test('[RG8] a standby claims it also when the restored registry knows only an older master than itself (seed 20000456)', () => {
    const node = new LoneNode().following()
    const older = { generation: 1 as never, master: C, epoch: 0 as never }
    node.feed({ i: 'view', view: viewOf(grantOf(A, 1, { version: 3 as never }), older) })
    node.killMaster()
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    expect(node.claims()[0]?.claim).toMatchObject({ generation: 1, epoch: 1, version: 3 })
  })
})
