import type { Trust } from '@baton/shared/crypto/authority-keys'
import type { KeyPair } from '@baton/shared/crypto/keys'
import { assembleGrant, verifyMajorityGrant, verifyVote } from '@baton/shared/crypto/majority-grant'
import { keysOfMember, type MemberKey, presentKey, withMemberKeys } from '@baton/shared/crypto/member-keys'
import { NoticeBook } from '@baton/shared/crypto/notice-book'
import { verifyNotice } from '@baton/shared/crypto/notices'
import { withOwnerKeys } from '@baton/shared/crypto/owner-keys'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Jws, NodeId, UnixMs } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { C1, C1A, C1B, C2, fixedKeyPair, NODE, OWNER_C1, OWNER_C2, PAYLOADS } from '../../support/fixed-network.ts'
import { C1C, MEMBER_KEYS, trustWith, voteOf } from '../../support/majority-members.ts'

const [SECOND, THIRD, OTHER] = [await fixedKeyPair(81), await fixedKeyPair(82), await fixedKeyPair(83)]
const OF_THREE = trustWith([C1A, C1B, C1C])
const FIRST_CHANGE: MemberKey = { ...PAYLOADS.memberKey, from: NODE.publicKey, to: SECOND.publicKey }
const SECOND_CHANGE: MemberKey = { ...FIRST_CHANGE, sequence: 2, from: SECOND.publicKey, to: THIRD.publicKey }

const saidBy = (by: KeyPair, change: MemberKey) => signStatement('memberKey', change, by.privateKey)

function counts(trust: Trust, pair: KeyPair, node: NodeId = C1A): boolean {
  return presentKey(trust, C1, node) === pair.publicKey
}

/** A grant that these members have signed, each with the key that is given. */
async function grantBy(votes: readonly (readonly [NodeId, KeyPair])[]): Promise<string> {
  const signed = await Promise.all(votes.map(async ([node, by]) => [node, await voteOf(node, {}, by)] as const))
  return assembleGrant(new Map(signed))
}

test('[MJ1] the owner gives a member another key: the one before is that of no member any more', async () => {
  const book = new NoticeBook(OF_THREE)
  const { verified, refused } = await book.verifyAll([await saidBy(OWNER_C1, FIRST_CHANGE)], null)
  expect(refused).toEqual([])
  expect(counts(book.trust, NODE)).toBe(true)
  for (const { notice } of verified) book.add(notice)
  expect([counts(book.trust, NODE), counts(book.trust, SECOND), counts(book.trust, SECOND, C1B)]).toEqual([
    false,
    true,
    false,
  ])
  expect(keysOfMember(book.trust, C1, C1A)).toEqual([NODE.publicKey, SECOND.publicKey])
  expect(keysOfMember(book.trust, C1, C1B)).toEqual([MEMBER_KEYS.get(C1B)!.publicKey])
  expect(keysOfMember(book.trust, C2, C1A)).toEqual([])
})

test('[MJ1] a vote counts by the present key only, and a grant that was signed with the one before stays proven', async () => {
  const trust = withMemberKeys(OF_THREE, [FIRST_CHANGE])
  expect(await verifyVote(trust, C1A, await voteOf(C1A, {}, NODE))).toMatchObject({ ok: false })
  expect(await verifyVote(trust, C1A, await voteOf(C1A, {}, SECOND))).toMatchObject({ ok: true })
  const keyB = MEMBER_KEYS.get(C1B)!
  for (const by of [NODE, SECOND]) {
    const grant = await grantBy([
      [C1A, by],
      [C1B, keyB],
    ])
    expect(await verifyMajorityGrant(trust, grant)).toMatchObject({ ok: true })
  }
  // Two keys of one name are one member, and a key is nobody else's.
  for (const [node, by] of [
    [C1A, OTHER],
    [C1C, SECOND],
  ] as const) {
    const grant = await grantBy([
      [node, by],
      [C1B, keyB],
    ])
    expect(await verifyMajorityGrant(trust, grant)).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
  }
  const before = await grantBy([
    [C1A, SECOND],
    [C1B, keyB],
  ])
  expect(await verifyMajorityGrant(OF_THREE, before)).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
})

test.each<[string, Partial<MemberKey>, RegExp]>([
  ['of a node that genesis does not name', { node: 'c1-x' as NodeId }, /c1-x is not among the members/],
  ['of a cluster whose registry is at the edge', { cluster: C2 }, /not among the members that are the arbiter of c2/],
  ['out of its turn', { sequence: 2 }, /change 2 of the key of c1-a, the next one is 1/],
  ['from another key than the present one', { from: OTHER.publicKey }, /the key of c1-a is/],
  ['to the key of another member', { to: MEMBER_KEYS.get(C1B)!.publicKey }, /is, or has been, the key of a member/],
  ['to the key that it has', { to: NODE.publicKey }, /is, or has been, the key of a member/],
])('[MJ1] a change is refused: %s', async (_, change, why) => {
  const owner = change.cluster === C2 ? OWNER_C2 : OWNER_C1
  const refused = await verifyNotice(OF_THREE, await saidBy(owner, { ...FIRST_CHANGE, ...change }))
  expect(refused).toMatchObject({ ok: false, code: 'STATEMENT_INVALID', why: expect.stringMatching(why) })
})

test('[MJ1, ID1] nobody but the owner of the cluster gives a member a key, and no owner key that has ended', async () => {
  for (const by of [OWNER_C2, NODE, SECOND]) {
    const refused = await verifyNotice(OF_THREE, await saidBy(by, FIRST_CHANGE))
    expect(refused).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
  }
  const until = (FIRST_CHANGE.issuedAt + 1_000) as UnixMs
  const trust = withOwnerKeys(OF_THREE, [{ ...PAYLOADS.ownerRotation, to: OTHER.publicKey, until }])
  const statement = await saidBy(OWNER_C1, FIRST_CHANGE)
  expect(await verifyNotice(trust, statement, (until - 1) as UnixMs)).toMatchObject({ ok: true })
  expect(await verifyNotice(trust, statement, until)).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
})

test('[MJ1] changes count in the order of their numbers, however they come; a key is never given back, nor given twice', async () => {
  const statements = [await saidBy(OWNER_C1, SECOND_CHANGE), await saidBy(OWNER_C1, FIRST_CHANGE)]
  const book = new NoticeBook(OF_THREE)
  const { verified } = await book.verifyAll(statements, null)
  expect(verified).toHaveLength(2)
  for (const { notice } of verified.toReversed()) book.add(notice)
  expect(keysOfMember(book.trust, C1, C1A)).toEqual([NODE, SECOND, THIRD].map(({ publicKey }) => publicKey))
  const back: MemberKey = { ...FIRST_CHANGE, sequence: 3, from: THIRD.publicKey, to: NODE.publicKey }
  expect(await verifyNotice(book.trust, await saidBy(OWNER_C1, back))).toMatchObject({ ok: false })
  const again = { ...back, node: C1B, sequence: 1, from: MEMBER_KEYS.get(C1B)!.publicKey, to: SECOND.publicKey }
  expect(await verifyNotice(book.trust, await saidBy(OWNER_C1, again))).toMatchObject({ ok: false })
})

test('[MJ1] of two keys for one place the first that is heard stays, and the same said again is nothing new', async () => {
  const [first, second]: [Jws, Jws] = [
    await saidBy(OWNER_C1, FIRST_CHANGE),
    await saidBy(OWNER_C1, { ...FIRST_CHANGE, to: OTHER.publicKey }),
  ]
  const book = new NoticeBook(OF_THREE)
  const { verified, refused } = await book.verifyAll([first, second], null)
  expect([verified.length, refused.length]).toEqual([1, 1])
  for (const { notice } of verified) book.add(notice)
  expect(await verifyNotice(book.trust, second)).toMatchObject({
    ok: false,
    why: expect.stringContaining('next one is 2'),
  })
  // Signed anew by an owner whose key was replaced: with other words, for the same key.
  const anew = { ...FIRST_CHANGE, reason: 'said again' }
  expect(await verifyNotice(book.trust, await saidBy(OWNER_C1, anew))).toMatchObject({ ok: true })
  book.add({ kind: 'memberKey', payload: anew })
  expect(keysOfMember(book.trust, C1, C1A)).toHaveLength(2)
})
