import type { LogIndex, NodeId, Token } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import { A, B, C, grantOf, HEARTBEAT, LoneNode, SUSPECT_AFTER, token, viewOf } from './lone-node.ts'

const D = 'd' as NodeId

const revoke = (node: LoneNode, ...nodes: NodeId[]) => node.feed({ i: 'revoked', nodes })
const preVote = (of: Token = token(1)) =>
  ({ t: 'preVote', token: of, attempt: 7, durableIndex: 100 as LogIndex, lost: false }) as const

function answerTo(node: LoneNode, from: NodeId) {
  node.clear().feed({ i: 'preVote', from, message: preVote() })
  return node.messages('preVoteAnswer')[0]?.message
}

describe('a revoked peer', () => {
  test('[ID8] gets no pre-vote, though nobody hears the master; with a new key of its owner it does', () => {
    const node = new LoneNode().following({ syncSet: [A, C] })
    node.feed({ i: 'linkDown', peer: A })
    expect(answerTo(node, C)).toMatchObject({ granted: true })
    revoke(node, C)
    expect(answerTo(node, C)).toMatchObject({
      granted: false,
      why: 'CERTIFICATE_REVOKED: the key of c is revoked (ID8)',
    })
    revoke(node)
    expect(answerTo(node, C)).toMatchObject({ granted: true })
  })

  test('[ID8, EL3] is not granted what was declined while the master was heard', () => {
    const node = new LoneNode().following({ syncSet: [A, C] })
    expect(answerTo(node, C)).toMatchObject({ granted: false, why: 'the master is heard' })
    revoke(node, C)
    node.clear().feed({ i: 'linkDown', peer: A })
    expect(node.messages('preVoteAnswer')).toEqual([])
  })

  test('[ID8, EL4] holds up no other candidate', () => {
    const standsAtOnce = (...revoked: NodeId[]) => {
      const node = new LoneNode().following({ syncSet: [A, B, C] })
      node.hear(C, { durableIndex: 200 as LogIndex })
      revoke(node, ...revoked)
      node.killMaster()
      return node.messages('preVote').length > 0
    }
    expect([standsAtOnce(), standsAtOnce(C)]).toEqual([false, true])
  })

  test('[ID8, EL7] is nobody’s heir, and nobody’s coming standby', () => {
    const master = new LoneNode().leading([B, C])
    revoke(master, C)
    master.feed({ i: 'resign', to: null, leaving: false })
    expect(master.role()).toBe('master')
    revoke(master)
    master.feed({ i: 'resign', to: null, leaving: false })
    expect(master.role()).toBe('resigning')
    const comingOf = (...revoked: NodeId[]) => {
      const node = new LoneNode().following({ syncSet: [A, B] })
      revoke(node, ...revoked)
      node.killMaster()
      node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
      return node.claims()[0]?.claim.coming
    }
    expect([comingOf(), comingOf(C)]).toEqual([C, null])
  })

  test('[ID8, RG6] of the sync set is none of those whom a lost node waits for', () => {
    const node = new LoneNode({ recoverAfterMs: 2_000 as never }).started()
    for (const peer of [A, C, D]) node.feed({ i: 'linkUp', peer })
    node.feed({ i: 'authorityUp', challenge: 'challenge' })
    const grant = grantOf(A, 1, { syncSet: [A, D] })
    node.feed({ i: 'grantSeen', ...grant })
    node.feed({ i: 'view', view: viewOf(grant) })
    node.hear(A, { role: 'master' })
    node.feed({ i: 'linkDown', peer: A })
    node.feed({ i: 'probeResult', peer: A, result: 'refused' })
    const heard = () => node.hear(D)
    node.pass(3_000, heard)
    expect(node.claims()).toEqual([])
    revoke(node, D)
    node.pass(HEARTBEAT, heard)
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    node.feed({ i: 'preVoteAnswer', from: D, message: node.answer(true) })
    expect(node.claims()[0]?.claim.evidence).toMatchObject({ kind: 'lost' })
  })

  test('[ID8, EL5] that was granted all the same is followed: the token is on disk, and the one before is over', () => {
    const node = new LoneNode().leading([B, C])
    revoke(node, C)
    const step = node.feed({ i: 'grantSeen', ...grantOf(C, 3) })
    expect(step.write).toEqual([{ w: 'ownToken', own: { token: token(3), node: C } }])
    expect(node.role()).toBe('follower')
    expect(node.of('stepDown')).toMatchObject([{ token: token(2), reason: 'higherToken' }])
    // What it says as master is heard, or its cluster would take its votes for the silence of a dead one.
    node.hear(C, { role: 'master', token: token(3) })
    expect(answerAt(node, A, token(3))).toMatchObject({ granted: false, why: 'the master is heard' })
  })
})

function answerAt(node: LoneNode, from: NodeId, of: Token) {
  node.clear().feed({ i: 'preVote', from, message: preVote(of) })
  return node.messages('preVoteAnswer')[0]?.message
}

describe('a node that knows its own key to be revoked', () => {
  test('[ID8] stands for no reason: a dead master, an order, a plan, a resignation', () => {
    const order = { id: 'order-1', node: A, cause: 'operator', why: 'a test' } as const
    const switchover = { id: 's-1', to: B, by: 'ann', why: 'a test', at: 0, until: 9e9, due: true } as never
    const reasons: readonly ((node: LoneNode) => void)[] = [
      (node) => node.killMaster(),
      (node) => node.feed({ i: 'view', view: viewOf(grantOf(A, 1), { version: 11 as never, orders: [order] }) }),
      (node) => node.feed({ i: 'view', view: viewOf(grantOf(A, 1), { version: 11 as never, switchover }) }),
      (node) => node.feed({ i: 'handover', from: A, token: token(1), to: B, resignation: 'r' as never }),
    ]
    for (const happens of reasons) {
      const well = new LoneNode().following()
      happens(well)
      if (well.role() === 'preVoting') well.feed({ i: 'preVoteAnswer', from: C, message: well.answer(true) })
      expect(well.claims()).toHaveLength(1)
      const node = new LoneNode().following()
      revoke(node, B)
      happens(node)
      node.pass(2 * SUSPECT_AFTER, () => node.hear(C))
      expect(node.claims()).toEqual([])
      expect(node.messages('preVote')).toEqual([])
    }
  })

  test('[ID8] says in its heartbeats that it is not electable, and stands back from a claim under way', () => {
    const node = new LoneNode().following()
    node.killMaster()
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    expect(node.role()).toBe('claiming')
    node.clear()
    revoke(node, B)
    expect(node.role()).toBe('suspecting')
    node.pass(4 * SUSPECT_AFTER, () => node.hear(C))
    expect(node.claims()).toEqual([])
    expect(node.messages('heartbeat').at(-1)?.message).toMatchObject({ electable: false })
  })

  test('[ID8, EL5] takes the office all the same that was granted for its claim: nobody else can', () => {
    const node = new LoneNode().following()
    node.killMaster()
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    const { nonce } = node.claims()[0]!.claim
    revoke(node, B)
    node.feed({ i: 'grantSeen', ...grantOf(B, 2, { nonce }) })
    expect(node.role()).toBe('master')
    expect(node.of('becomeMaster')).toHaveLength(1)
  })

  test('[ID8, RG9] keeps its office until it is ordered away, and asks a restored registry for no other', () => {
    const node = new LoneNode().leading([B, C])
    revoke(node, B)
    node.pass(2_000, () => node.hear(C, { token: token(2) }))
    expect(node.role()).toBe('master')
    const restored = viewOf(grantOf(B, 2, { version: 25 as never }), { generation: 1 as never })
    node.feed({ i: 'view', view: restored })
    node.pass(2_000, () => node.hear(C, { token: token(2) }))
    expect([node.role(), node.claims()]).toEqual(['master', []])
  })
})
