import type { KnownGrant } from '@baton/shared/core/election/types'
import type { ClusterId } from '@baton/shared/ids'
import { describe, expect, it } from 'vitest'
import { A, B, C, grantOf, LoneNode, token, viewOf } from './lone-node.ts'

function claiming(): LoneNode {
  const node = new LoneNode().following()
  node.killMaster()
  node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
  return node
}

const see = (node: LoneNode, grant: KnownGrant) => node.feed({ i: 'grantSeen', ...grant })

describe('a grant', () => {
  it('[EL5] of its own claim makes this process master, its token written in the same step', () => {
    const node = claiming()
    const grant = grantOf(B, 2, { nonce: node.claims()[0]!.claim.nonce })
    const step = see(node, grant)
    expect(step.write).toEqual([{ w: 'ownToken', own: { token: token(2), node: B } }])
    expect(step.send[0]).toEqual({ s: 'becomeMaster', grant })
    expect(node.role()).toBe('master')
  })

  it('[EL5] makes it master once: another copy only informs', () => {
    const node = claiming()
    const grant = grantOf(B, 2, { nonce: node.claims()[0]!.claim.nonce })
    see(node, grant)
    const again = see(node, grant)
    expect(again.send).toEqual([])
    see(node, grantOf(C, 3))
    expect(node.role()).toBe('follower')
    expect(see(node, grant).rejected).toMatchObject({ code: 'LOWER_TOKEN' })
    expect(node.role()).toBe('follower')
  })

  it('[EL5] makes it master however late it comes, even when the old master has been heard again', () => {
    const node = claiming()
    const { nonce } = node.claims()[0]!.claim
    node.feed({ i: 'linkUp', peer: A })
    node.hear(A, { role: 'master' })
    expect(node.role()).toBe('follower')
    see(node, grantOf(B, 2, { nonce }))
    expect(node.role()).toBe('master')
  })

  it('[EL5] of an earlier process makes nobody master: it claims the next epoch instead', () => {
    const node = new LoneNode().started({ own: { token: token(1), node: A }, nonceSeed: 'after the restart' })
    node.feed({ i: 'authorityUp', challenge: 'challenge' })
    const step = see(node, grantOf(B, 2, { nonce: 'seed-0-2' }))
    expect(step.send.some((send) => send.s === 'becomeMaster')).toBe(false)
    expect(node.claims()[0]?.claim).toMatchObject({ epoch: 3, evidence: { kind: 'own' } })
  })

  it('[EL5] of an earlier process makes nobody master either while this one asks for the same token', () => {
    const node = claiming()
    see(node, grantOf(B, 2, { nonce: 'an earlier seed-0-2' }))
    expect(node.of('becomeMaster')).toEqual([])
    expect(node.claims().at(-1)?.claim).toMatchObject({ epoch: 3, evidence: { kind: 'own' } })
  })

  it('[RG2] the founder becomes master by the challenge of any session that this process has opened', () => {
    const node = new LoneNode().started()
    node.feed({ i: 'authorityUp', challenge: 'first' })
    node.feed({ i: 'authorityDown' })
    node.feed({ i: 'authorityUp', challenge: 'second' })
    see(node, grantOf(B, 1, { nonce: 'first', syncSet: [B] }))
    expect(node.role()).toBe('master')
  })

  it('[RG2] the founder becomes master by the challenge that its session answered', () => {
    const node = new LoneNode().started()
    node.feed({ i: 'authorityUp', challenge: 'challenge' })
    see(node, grantOf(B, 1, { nonce: 'challenge', syncSet: [B] }))
    expect(node.role()).toBe('master')
    expect(node.claims()).toEqual([])
  })

  it('[RG2] a restarted master goes on at its token only where the guard allows it', () => {
    const own = { token: token(4), node: B }
    const resumed = new LoneNode().started({ own, resume: true })
    expect(resumed.of('resumeMaster')).toEqual([{ s: 'resumeMaster', token: token(4) }])
    expect(resumed.role()).toBe('master')
    const barred = new LoneNode().started({ own, resume: false })
    expect(barred.role()).not.toBe('master')
  })

  it('[EL5] lower ones are refused for ever', () => {
    const node = new LoneNode().following()
    see(node, grantOf(C, 5))
    const step = see(node, grantOf(B, 4))
    expect(step.rejected).toMatchObject({ code: 'LOWER_TOKEN' })
    expect(step.write).toEqual([])
    expect(node.state.own).toEqual({ token: token(5), node: C })
    expect(node.feed({ i: 'view', view: viewOf(grantOf(B, 4)) }).rejected).toMatchObject({ code: 'LOWER_TOKEN' })
  })

  it('[EL5] a generation comes before an epoch', () => {
    const node = new LoneNode().following()
    see(node, grantOf(C, 5))
    const restored = grantOf(A, 2)
    const mastership = { ...restored.mastership, ...token(2, 1) }
    expect(see(node, { ...restored, mastership }).rejected).toBeUndefined()
    expect(node.state.own).toEqual({ token: token(2, 1), node: A })
  })

  it('[NW1] a higher one of its own cluster makes a master step down at once', () => {
    const node = new LoneNode().leading()
    const step = see(node, grantOf(C, 3))
    const successor = { token: token(3), node: C }
    expect(step.send[0]).toEqual({ s: 'stepDown', token: token(2), reason: 'higherToken', successor })
    expect(step.write).toEqual([{ w: 'ownToken', own: successor }])
    expect(node.role()).toBe('follower')
  })

  it('[RG8] an equal token that names another node is refused, reported, and freezes the cluster', () => {
    const node = new LoneNode().leading()
    const step = see(node, grantOf(C, 2))
    expect(step.rejected).toMatchObject({ code: 'TOKEN_CONFLICT' })
    expect(step.events).toContainEqual(expect.objectContaining({ e: 'tokenConflict', code: 'TOKEN_CONFLICT' }))
    expect(step.send[0]).toMatchObject({ s: 'stepDown', reason: 'tokenConflict' })
    expect(node.state.role).toEqual({ r: 'frozen', token: token(2), nodes: [B, C] })
    expect(see(node, grantOf(B, 3)).rejected).toMatchObject({ code: 'TOKEN_CONFLICT' })
    expect(node.role()).toBe('frozen')
  })

  it('[NW1] of another cluster is none of its business', () => {
    const node = new LoneNode().following()
    const grant = grantOf(B, 9)
    const foreign = { ...grant, mastership: { ...grant.mastership, cluster: 'c2' as ClusterId } }
    expect(see(node, foreign).rejected).toMatchObject({ code: 'PEER_UNEXPECTED' })
    expect(node.state.own?.token).toEqual(token(1))
  })

  it('[NW1] a master at a lower token is told the higher grant', () => {
    const node = new LoneNode().following()
    see(node, grantOf(C, 2))
    const step = node.clear().hear(A, { role: 'master', token: token(1) })
    expect(step.rejected).toMatchObject({ code: 'LOWER_TOKEN' })
    expect(node.messages('inform')[0]).toMatchObject({ peer: A })
  })

  it('[RG8] a heartbeat that claims another’s token proves nothing and changes nothing', () => {
    const node = new LoneNode().following()
    expect(node.hear(C, { role: 'master', token: token(1) }).rejected).toMatchObject({ code: 'TOKEN_CONFLICT' })
    expect(node.role()).toBe('follower')
  })
})
