import type { ErrorCode } from '@baton/shared/errors'
import type { LogIndex, Version } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import { describe, expect, it } from 'vitest'
import { A, B, C, grantOf, HEARTBEAT, LoneNode, MASTER_TTL, SUSPECT_AFTER, token, viewOf } from './lone-node.ts'

function claiming(): LoneNode {
  const node = new LoneNode().following()
  node.killMaster()
  node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
  return node
}

function refuse(node: LoneNode, code: ErrorCode, retryAfterMs: number | null, state: RegistryView | null = null): void {
  const { request } = node.claims().at(-1)!
  node.feed({ i: 'claimReply', request, outcome: { ok: false, code, why: 'a test', retryAfterMs, state } })
}

describe('a refused claim', () => {
  it.each([
    [700, MASTER_TTL / 3],
    [20, 20],
  ])('[RG3] MASTER_ALIVE for %i ms more is asked again after %i ms', (retryAfterMs, after) => {
    const node = claiming()
    refuse(node, 'MASTER_ALIVE', retryAfterMs)
    expect(node.last?.timers).toContainEqual({ name: 'claim', after })
    node.now += after
    node.feed({ i: 'timer', name: 'claim' })
    expect(node.claims()).toHaveLength(2)
  })

  it('[RG3] is repeated at once when the session of the master has closed', () => {
    const node = claiming()
    refuse(node, 'MASTER_ALIVE', 700)
    node.feed({ i: 'sessionClosed', node: C })
    expect(node.claims()).toHaveLength(1)
    node.feed({ i: 'sessionClosed', node: A })
    expect(node.claims()).toHaveLength(2)
  })

  it('[EL3] asks its peers again when what they said has grown old', () => {
    const node = claiming()
    refuse(node, 'MASTER_ALIVE', 700)
    node.now += SUSPECT_AFTER
    node.feed({ i: 'timer', name: 'claim' })
    expect(node.role()).toBe('preVoting')
    expect(node.claims()).toHaveLength(1)
  })

  it('[RG1] STALE_VERSION: adopts the state and decides anew', () => {
    const node = claiming()
    const moved = viewOf(grantOf(A, 1, { version: 12 as Version }))
    refuse(node, 'STALE_VERSION', null, moved)
    expect(node.role()).toBe('preVoting')
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    expect(node.claims().at(-1)?.claim.version).toBe(12)
  })

  it('[RG1] STALE_VERSION with this node outside the sync set: stands no more', () => {
    const node = claiming()
    refuse(node, 'STALE_VERSION', null, viewOf(grantOf(A, 1, { version: 12 as Version, syncSet: [A] })))
    node.pass(SUSPECT_AFTER)
    expect(node.role()).toBe('suspecting')
    expect(node.claims()).toHaveLength(1)
  })

  it('[RG1] STALE_VERSION that tells nothing new does not spin', () => {
    const node = claiming()
    refuse(node, 'STALE_VERSION', null, node.state.view)
    expect(node.last?.timers).toContainEqual({ name: 'claim', after: HEARTBEAT })
    expect(node.claims()).toHaveLength(1)
  })

  it('[EL6] NOT_ELECTABLE: stands again only when the registry or its log has changed', () => {
    const node = claiming()
    node.feed({ i: 'linkDown', peer: C })
    refuse(node, 'NOT_ELECTABLE', null)
    node.pass(10 * SUSPECT_AFTER)
    expect(node.claims()).toHaveLength(1)
    node.feed({ i: 'logStatus', log: { ...node.state.log, durableIndex: 120 as LogIndex } })
    expect(node.claims()).toHaveLength(2)
  })

  it('[EL6] says at once that its log was truncated, before it claims with it (seed 20001866)', () => {
    const node = claiming()
    node.feed({ i: 'linkDown', peer: C })
    refuse(node, 'NOT_ELECTABLE', null)
    node.clear().feed({ i: 'logStatus', log: { ...node.state.log, durableIndex: 5 as LogIndex } })
    const said = node.last?.send.map((send) => (send.s === 'report' ? send.message.durableIndex : send.s))
    expect(said?.slice(0, 2)).toEqual([5, 'claim'])
  })

  it('[RG3] without a way to the authority stays a candidate, and claims the moment it is back', () => {
    const node = claiming()
    node.feed({ i: 'authorityDown' })
    refuse(node, 'UNREACHABLE', null)
    expect(node.role()).toBe('claiming')
    node.clear().feed({ i: 'authorityUp', challenge: 'another' })
    expect(node.claims()).toHaveLength(1)
  })

  it('[RG1] a claim without an answer is sent again, the same but for its evidence', () => {
    const node = claiming()
    node.now += SUSPECT_AFTER
    node.feed({ i: 'timer', name: 'claim' })
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    const [first, second] = node.claims()
    expect(second?.claim).toEqual({ ...first?.claim, evidence: second?.claim.evidence })
    expect(second?.request).toBeGreaterThan(first?.request ?? 0)
  })

  it('[RG1] an answer to an earlier request changes nothing', () => {
    const node = claiming()
    const outcome = { ok: false, code: 'NOT_ELECTABLE', why: '', retryAfterMs: null, state: null } as const
    node.feed({ i: 'claimReply', request: 99, outcome })
    expect(node.role()).toBe('claiming')
  })

  it('[EL1] is dropped when the master is heard again', () => {
    const node = claiming()
    refuse(node, 'MASTER_ALIVE', 700)
    node.feed({ i: 'linkUp', peer: A })
    node.hear(A, { role: 'master' })
    expect(node.role()).toBe('follower')
    node.pass(MASTER_TTL, () => node.hear(A, { role: 'master' }))
    expect(node.claims()).toHaveLength(1)
  })

  it('[RG2] the registered master that may not go on claims as `own`, asking nobody', () => {
    const node = new LoneNode().started({ own: { token: token(3), node: B } })
    node.feed({ i: 'linkUp', peer: C })
    node.feed({ i: 'authorityUp', challenge: 'challenge' })
    node.feed({ i: 'view', view: viewOf(grantOf(B, 3)) })
    expect(node.claims()[0]?.claim).toMatchObject({ epoch: 4, evidence: { kind: 'own' } })
    expect(node.messages('preVote')).toEqual([])
  })
})
