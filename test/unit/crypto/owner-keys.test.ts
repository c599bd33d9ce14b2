import type { Trust } from '@baton/shared/crypto/authority-keys'
import { certificateExpired, verifyChain } from '@baton/shared/crypto/certificate-chain'
import { verifyCredential } from '@baton/shared/crypto/credential'
import type { KeyPair } from '@baton/shared/crypto/keys'
import { NoticeBook } from '@baton/shared/crypto/notice-book'
import { verifyNotice } from '@baton/shared/crypto/notices'
import { verifyOperatorToken } from '@baton/shared/crypto/operator-token'
import { presentOwnerKeys, withOwnerKeys } from '@baton/shared/crypto/owner-keys'
import type { NodeCertificate, OwnerRotation } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Jws, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import {
  AUTHORITY,
  C1,
  C2,
  DELEGATE,
  fixedKeyPair,
  GENESIS,
  NODE,
  OUTSIDER,
  OWNER_C1,
  OWNER_C2,
  PAYLOADS,
} from '../../support/fixed-network.ts'

const [NEXT, LATER, THIEF] = [await fixedKeyPair(71), await fixedKeyPair(72), await fixedKeyPair(73)]
const ISSUED = PAYLOADS.ownerRotation.issuedAt
const UNTIL = (ISSUED + 1_000) as UnixMs
const EXPIRES = (UNTIL + 100_000) as UnixMs
const ROTATION: OwnerRotation = { ...PAYLOADS.ownerRotation, to: NEXT.publicKey, until: UNTIL }
const ROTATED: Trust = withOwnerKeys(GENESIS, [ROTATION])

const certificateBy = (by: KeyPair, change: Partial<NodeCertificate> = {}) =>
  signStatement('certificate', { ...PAYLOADS.certificate, expiresAt: EXPIRES, ...change }, by.privateKey)

async function recorded(rotation: OwnerRotation, by: KeyPair, authority: KeyPair = AUTHORITY): Promise<Jws> {
  const { network, cluster } = rotation
  const signed = await signStatement('ownerRotation', rotation, by.privateKey)
  return signStatement('recordedRotation', { network, cluster, rotation: signed }, authority.privateKey)
}

/** Whether a certificate by this key opens doors at that time. */
async function admits(trust: Trust, by: KeyPair, now: number): Promise<boolean | string> {
  const chain = await verifyChain(trust, await certificateBy(by))
  return chain.ok ? !certificateExpired(chain.value.certificate, now as UnixMs) : chain.code
}

test('[ID1, ID8] in the window both keys admit nodes, after it only the new one; before it only the old one', async () => {
  expect([await admits(GENESIS, OWNER_C1, ISSUED), await admits(GENESIS, NEXT, ISSUED)]).toEqual([
    true,
    'CERTIFICATE_INVALID',
  ])
  const at = async (now: number) => [await admits(ROTATED, OWNER_C1, now), await admits(ROTATED, NEXT, now)]
  expect(await at(UNTIL - 1)).toEqual([true, true])
  expect(await at(UNTIL)).toEqual([false, true])
  expect(await admits(ROTATED, OWNER_C2, UNTIL)).toBe('CERTIFICATE_INVALID')
})

test('[ID8] the end of an owner key touches no vote: credentials verify without a clock, renewed ones too', async () => {
  const renewUntil = (EXPIRES + 10_000) as UnixMs
  const base = await certificateBy(OWNER_C1, { renewUntil })
  const grant = await signStatement('grant', PAYLOADS.grant, AUTHORITY.privateKey)
  const { network, cluster, node } = PAYLOADS.certificate
  const expiresAt = (EXPIRES + 5_000) as UnixMs
  const issuedAt = (expiresAt - 10_000) as UnixMs
  const said = { network, cluster, node, certificate: base, issuedAt, expiresAt }
  const renewal = await signStatement('renewal', said, NODE.privateKey)
  const renewed = await signStatement(
    'renewedCertificate',
    { network, cluster, node, renewal, issuedAt },
    AUTHORITY.privateKey,
  )
  for (const certificate of [base, renewed]) {
    expect(await verifyCredential(ROTATED, { grant, certificate })).toMatchObject({ ok: true, value: { node } })
  }
  // And what gates looks at ends with the key: the certificate, its renewal, the right to renew.
  for (const certificate of [base, renewed]) {
    const chain = await verifyChain(ROTATED, certificate)
    const ends = { certificate: { expiresAt: UNTIL }, renewUntil: UNTIL, ownerKeyEnds: UNTIL }
    expect(chain).toMatchObject({ ok: true, value: ends })
  }
})

test('[ID1, ID3] so do join tokens that the old key has signed', async () => {
  const underToken = async (by: KeyPair) => {
    const token = await signStatement('joinToken', PAYLOADS.joinToken, by.privateKey)
    const { issuedAt } = PAYLOADS.joinToken
    const chain = await verifyChain(ROTATED, await certificateBy(DELEGATE, { token, issuedAt }))
    return chain.ok ? chain.value.ownerKeyEnds : chain.code
  }
  expect(await underToken(OWNER_C1)).toBe(UNTIL)
  expect(await underToken(NEXT)).toBeNull()
  expect(await underToken(THIEF)).toBe('TOKEN_INVALID')
})

test('[ID1, ID7] and tokens of operators', async () => {
  const asks = async (by: KeyPair, now: number) => {
    const payload = { ...PAYLOADS.operatorToken, expiresAt: 9e15 as UnixMs }
    const token = await signStatement('operatorToken', payload, by.privateKey)
    const verified = await verifyOperatorToken(ROTATED, C1, token, now as UnixMs)
    return verified.ok || verified.why
  }
  expect(await asks(OWNER_C1, UNTIL - 1)).toBe(true)
  expect(await asks(OWNER_C1, UNTIL)).toContain('was replaced')
  expect(await asks(NEXT, UNTIL)).toBe(true)
})

test.each<[string, Partial<OwnerRotation>, RegExp]>([
  ['the same key', { to: OWNER_C1.publicKey }, /the new key is the old one/],
  ['a key of another owner', { to: OWNER_C2.publicKey }, /a key of an owner or of the authority/],
  ['a key of the authority', { to: AUTHORITY.publicKey }, /a key of an owner or of the authority/],
  ['from a key that owns nothing', { from: OUTSIDER.publicKey }, /is no owner key of c1/],
  ['from the key of another owner', { from: OWNER_C2.publicKey }, /is no owner key of c1/],
  ['of a cluster that does not exist', { cluster: 'c9' as never }, /genesis has no cluster c9/],
  ['with a number too high', { sequence: 2 }, /the next one is 1/],
  ['with a window that ends before it begins', { until: (ISSUED - 1) as UnixMs }, /ends before it begins/],
  ['with a window without bounds', { until: (ISSUED + LIMITS.ownerWindowMs + 1) as UnixMs }, /is longer than/],
])('[ID1, ID4] refuses a rotation: %s', async (_, change, why) => {
  const rotation = { ...ROTATION, ...change }
  const by = [OWNER_C1, OWNER_C2, OUTSIDER].find(({ publicKey }) => publicKey === rotation.from)!
  const refused = await verifyNotice(GENESIS, await recorded(rotation, by))
  expect(refused).toMatchObject({ ok: false, code: 'STATEMENT_INVALID', why: expect.stringMatching(why) })
  expect(withOwnerKeys(GENESIS, [rotation])).toBe(GENESIS)
})

test('[ID1, ID4] counts when the key that goes has signed it and the authority has recorded it, and neither alone', async () => {
  expect(await verifyNotice(GENESIS, await recorded(ROTATION, OWNER_C1))).toMatchObject({
    ok: true,
    value: { kind: 'ownerRotation', payload: ROTATION },
  })
  const alone = await signStatement('ownerRotation', ROTATION, OWNER_C1.privateKey)
  expect(await verifyNotice(GENESIS, alone)).toMatchObject({ ok: false, why: expect.stringContaining('recorded') })
  for (const [owner, authority] of [
    [THIEF, AUTHORITY],
    [AUTHORITY, AUTHORITY],
    [NEXT, AUTHORITY],
    [OWNER_C2, AUTHORITY],
    [OWNER_C1, THIEF],
    [OWNER_C1, OWNER_C1],
  ] as const) {
    expect(await verifyNotice(GENESIS, await recorded(ROTATION, owner, authority))).toMatchObject({ ok: false })
  }
  const elsewhere = await signStatement(
    'recordedRotation',
    { network: GENESIS.network, cluster: C2, rotation: alone },
    AUTHORITY.privateKey,
  )
  expect(await verifyNotice(GENESIS, elsewhere)).toMatchObject({ why: 'it was recorded for another cluster' })
})

test('[ID1] whoever finds the old key later replaces nothing with it: that number has been given, and the key is gone', async () => {
  const book = new NoticeBook(GENESIS)
  const { verified } = await book.verifyAll([await recorded(ROTATION, OWNER_C1)], null)
  const [honest] = verified
  book.add(honest!.notice)
  for (const sequence of [1, 2]) {
    const theft = { ...ROTATION, sequence, to: THIEF.publicKey }
    const statement = await recorded(theft, OWNER_C1)
    const refusal = expect.objectContaining({ code: 'STATEMENT_INVALID' })
    expect(await book.verifyAll([statement], null)).toEqual({ verified: [], refused: [{ statement, refusal }] })
    book.add({ kind: 'ownerRotation', payload: theft })
  }
  expect(presentOwnerKeys(book.trust, C1)).toEqual([NEXT.publicKey])
  expect(await admits(book.trust, THIEF, ISSUED)).toBe('CERTIFICATE_INVALID')
})

test('[ID1] one after the other, told in any order, lead to the same key', async () => {
  const second = { ...ROTATION, sequence: 2, from: NEXT.publicKey, to: LATER.publicKey, until: (UNTIL + 500) as UnixMs }
  const statements = [await recorded(second, NEXT), await recorded(ROTATION, OWNER_C1)]
  const book = new NoticeBook(GENESIS)
  const { trust } = book
  const { verified, refused } = await book.verifyAll(statements, null)
  expect(refused).toEqual([])
  expect(verified.map(({ statement }) => statement)).toEqual([...statements].reverse())
  expect(presentOwnerKeys(trust, C1)).toEqual([OWNER_C1.publicKey])
  for (const { notice } of verified) book.add(notice)
  // The trust that was given out before sees it.
  expect(presentOwnerKeys(trust, C1)).toEqual([LATER.publicKey])
  expect(presentOwnerKeys(trust, C2)).toEqual([OWNER_C2.publicKey])
  expect([await admits(trust, NEXT, UNTIL + 499), await admits(trust, NEXT, UNTIL + 500)]).toEqual([true, false])
})

test('[ID8] a revocation by the old key is taken in from anybody in the window, and later from those who took it in then', async () => {
  const revocation = await signStatement('revocation', PAYLOADS.revocation, OWNER_C1.privateKey)
  const taken = async (now: number | null) => (await verifyNotice(ROTATED, revocation, now as UnixMs | null)).ok
  expect([await taken(UNTIL - 1), await taken(UNTIL), await taken(null)]).toEqual([true, false, true])
  const anew = await signStatement('revocation', PAYLOADS.revocation, NEXT.privateKey)
  expect((await verifyNotice(ROTATED, anew, UNTIL)).ok).toBe(true)
})
