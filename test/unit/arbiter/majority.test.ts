import { NO_SEAT, startArbiter } from '@baton/shared/core/arbiter/machine'
import type { Instant, NodeId } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import { CLUSTER, member, NETWORK } from '../registry/fixture.ts'
import { A, B, C, foundedMembers, Members, POLICY } from './fixture.ts'

const SILENCE = { kind: 'silence', forMs: 1_000 } as const

describe('founding', () => {
  test('[MJ1, RG2] all members found the cluster together; the founder holds epoch 1, and all have signed it', () => {
    const members = new Members()
    members.deliver()
    expect(members.known(C)).toMatchObject({ epoch: 1, master: A, syncSet: [A] })
    expect([...members.proof(C).signers].sort()).toEqual([A, B, C])
    expect(members.proof(C).signed.grant.nonce).toBe(members.states.get(A)!.life)
  })

  test('[MJ1] with one member out of reach nothing is founded, and it is as soon as that one comes', () => {
    const members = new Members()
    members.letters.splice(0)
    members.cut(C)
    members.advance(5_000)
    for (const name of [A, B]) expect(members.states.get(name)!.decided).toBeNull()
    members.mend(C)
    members.advance(1_000)
    members.report(A)
    members.advance(1_000)
    expect(members.known(B)).toMatchObject({ epoch: 1, master: A })
  })

  test('[MJ1, RG2] a founder whose disk was emptied founds nothing again', () => {
    const members = foundedMembers()
    members.wipe(A)
    members.advance(3_000)
    members.report(A)
    members.advance(3_000)
    const grants = members.told.map(({ decided: { value } }) => value.registry)
    const nonces = grants.flatMap((registry) => (registry.status === 'founded' ? [registry.lastGrant.nonce] : []))
    expect(new Set(nonces).size).toBe(1)
  })

  test('[MJ1] every member introduces itself: the registry knows them all', () => {
    expect([...foundedMembers().known(B).members.keys()].sort()).toEqual([A, B, C])
  })

  test('[MJ1] there is no majority of two', () => {
    const config = { network: NETWORK, cluster: CLUSTER, founder: A, policy: POLICY, member: member(A) }
    const start = (members: NodeId[]) => startArbiter({ ...config, members }, NO_SEAT, 'life', 0 as Instant)
    expect(() => start([A, B])).toThrow('survives nobody')
    expect(() => start([B, C, 'c1-d' as NodeId])).toThrow('not a member')
  })
})

describe('the rules of the registry, decided by its members', () => {
  test('[MJ1, RG3] while a majority has heard the master, a claim is refused with the time that is left', () => {
    const members = foundedMembers()
    const request = members.claim(B, SILENCE)
    members.deliver()
    expect(members.outcomes.get(request)).toMatchObject({ ok: false, code: 'MASTER_ALIVE', retryAfterMs: 1_000 })
  })

  test('[MJ1, RG3] what any member of the majority heard of the master counts, not only what the claimant did', () => {
    const members = foundedMembers()
    members.cut(A)
    members.advance(1_200)
    members.report(B)
    members.report(C, { heardMasterMs: 100 })
    members.deliver()
    const request = members.claim(B, SILENCE)
    members.deliver()
    expect(members.outcomes.get(request)).toMatchObject({ ok: false, code: 'MASTER_ALIVE' })
  })

  test('[MJ1, RG2] a silent master is replaced by a majority without any authority, and its grant carries their signatures', () => {
    const members = foundedMembers()
    members.cut(A)
    members.advance(1_200)
    members.report(B)
    members.report(C)
    members.deliver()
    const request = members.claim(B, SILENCE)
    members.deliver()
    expect(members.outcomes.get(request)).toEqual({ ok: true })
    for (const node of [B, C]) expect(members.known(node)).toMatchObject({ epoch: 2, master: B, syncSet: [B] })
    expect([...members.proof(C).signers].sort()).toEqual([B, C])
  })

  test('[MJ1, RG3] the closed links of the members to a dead master end its hearing: its host refuses, and nothing is waited for', () => {
    const members = foundedMembers()
    members.cut(A)
    const request = members.claim(B, { kind: 'refused' })
    members.deliver()
    expect(members.outcomes.get(request)).toEqual({ ok: true })
  })

  test('[MJ1, RG3] a master that one of the majority is linked with is not dead', () => {
    const members = foundedMembers()
    members.feed(B, { i: 'link', peer: A, up: false })
    const request = members.claim(B, { kind: 'refused' })
    // The master does not answer; C has its link.
    const mute = members.letters.filter(({ to }) => to !== A)
    members.letters.splice(0, members.letters.length, ...mute)
    members.deliver()
    expect(members.outcomes.get(request)).toMatchObject({ ok: false, code: 'MASTER_ALIVE' })
  })

  test('[MJ1, RG2] nobody outside the sync set is granted cleanly', () => {
    const members = foundedMembers()
    members.cut(A)
    members.advance(1_200)
    members.report(B)
    members.report(C)
    members.deliver()
    const request = members.claim(C, SILENCE)
    members.deliver()
    expect(members.outcomes.get(request)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
  })

  test('[MJ1, EL6] a claim below what a member of the majority saw acknowledged is refused', () => {
    const members = foundedMembers()
    members.report(B, { durableIndex: 50 as never })
    members.deliver()
    // The claimant has lost the end of its log, and its memory of what it said.
    members.restart(B)
    members.deliver()
    members.cut(A)
    members.advance(3_000)
    members.report(B)
    members.report(C)
    members.deliver()
    const request = members.claim(B, SILENCE, { durableIndex: 10 as never })
    members.deliver()
    expect(members.outcomes.get(request)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
  })

  test('[MJ1, RG3] members that have just started have heard nothing, and that says nothing', () => {
    const members = foundedMembers()
    members.cut(A)
    members.restart(B)
    members.restart(C)
    members.advance(300)
    members.report(B)
    members.report(C)
    members.deliver()
    const request = members.claim(B, SILENCE)
    members.deliver()
    expect(members.outcomes.get(request)).toMatchObject({ ok: false, code: 'STARTUP_GRACE' })
  })

  test('[MJ1, RG1] a second claim for the same epoch is refused with the state as it is now', () => {
    const members = foundedMembers()
    const reshaped = members.reshape(A, [A, B, C])
    members.deliver()
    expect(members.outcomes.get(reshaped)).toEqual({ ok: true })
    members.cut(A)
    members.advance(1_200)
    members.report(B)
    members.report(C)
    members.deliver()
    const [first, second] = [members.claim(B, SILENCE), members.claim(C, SILENCE)]
    members.advance(2_000)
    const outcomes = [members.outcomes.get(first)!, members.outcomes.get(second)!]
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
    expect(outcomes.find(({ ok }) => !ok)).toMatchObject({ code: 'STALE_VERSION' })
  })

  test('[MJ1, RG4] the master reshapes at its token; one that was replaced is refused', () => {
    const members = foundedMembers()
    const before = members.known(A)
    members.cut(A)
    const claimed = members.claim(B, { kind: 'refused' })
    members.deliver()
    expect(members.outcomes.get(claimed)).toEqual({ ok: true })
    members.cut(B)
    members.mend(A)
    const late = members.confirm(A, before)
    members.advance(300)
    expect(members.outcomes.get(late)).toMatchObject({ ok: false, code: 'NOT_CURRENT_MASTER' })
  })

  test('[MJ1, RG7] "am I still master?" is a write: a majority accepts it', () => {
    const members = foundedMembers()
    const before = members.disks.get(C)!.accepted!
    const request = members.confirm(A, members.known(A))
    members.deliver()
    expect(members.outcomes.get(request)).toEqual({ ok: true })
    expect(members.disks.get(C)!.accepted!.ballot.counter).toBeGreaterThan(before.ballot.counter)
    members.cut(A)
    const alone = members.confirm(A, members.known(A))
    members.advance(3_000)
    expect(members.outcomes.get(alone)).toMatchObject({ ok: false, code: 'UNREACHABLE' })
  })

  test('[MJ1, RG3] a report is answered when a majority has heard it', () => {
    const members = foundedMembers()
    members.cut(A)
    const alone = members.report(A)
    members.advance(1_000)
    expect(members.heard).not.toContainEqual({ node: A, report: alone })
    members.mend(A)
    const again = members.report(A)
    members.deliver()
    expect(members.heard).toContainEqual({ node: A, report: again })
  })

  test('[MJ1] a member that missed decisions is told of them with its next report', () => {
    const members = foundedMembers()
    members.cut(A)
    const claimed = members.claim(B, { kind: 'refused' })
    members.deliver()
    expect(members.outcomes.get(claimed)).toEqual({ ok: true })
    members.letters.splice(0)
    members.mend(A)
    members.letters.splice(0)
    members.report(A)
    members.deliver()
    expect(members.known(A)).toMatchObject({ epoch: 2, master: B })
  })
})
