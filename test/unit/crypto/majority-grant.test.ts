import type { Trust } from '@baton/shared/crypto/authority-keys'
import { toBase64Url, toUtf8 } from '@baton/shared/crypto/bytes'
import { peekGrant, verifyCredential, verifyGrant } from '@baton/shared/crypto/credential'
import { assembleGrant, signersProblem, verifyVote } from '@baton/shared/crypto/majority-grant'
import { signStatement } from '@baton/shared/crypto/statements'
import { parseGenesis } from '@baton/shared/genesis-schema'
import type { Jws, NodeId } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import {
  AUTHORITY,
  C1,
  C1A,
  C1B,
  C2,
  C2A,
  GENESIS,
  NODE,
  OUTSIDER,
  OWNER_C1,
  PAYLOADS,
} from '../../support/fixed-network.ts'
import { expectGolden } from '../../support/golden.ts'
import { C1C, C1D, C1E, MEMBER_KEYS, OF_FIVE, signedBy, trustWith, voteOf } from '../../support/majority-members.ts'

const INVALID = { ok: false, code: 'STATEMENT_INVALID' }
const THREE = [C1A, C1C, C1E]
const X = 'c1-x' as NodeId

/** The text of `signedBy(THREE)` with these signatures in place of its own. */
async function withSignatures(signatures: readonly (readonly [NodeId, Jws])[]): Promise<string> {
  const text = await signedBy(THREE)
  const parts = signatures.map(([node, vote]) => [node, vote.split('.')[2]])
  return `${text.slice(0, text.lastIndexOf('.'))}.${toBase64Url(toUtf8(JSON.stringify(parts)))}`
}

describe('a grant of a majority', () => {
  test('[MJ1, NW1] three of five signatures under one ballot are a grant, and with the certificate a mastership', async () => {
    const { ballot: _, ...grant } = PAYLOADS.grantVote
    const text = await signedBy(THREE)
    expect(await verifyGrant(OF_FIVE, text)).toEqual({ ok: true, value: grant })
    expect(peekGrant(text)).toEqual({ ok: true, value: grant })
    const certificate = await signStatement('certificate', PAYLOADS.certificate, OWNER_C1.privateKey)
    expect(await verifyCredential(OF_FIVE, { grant: text, certificate })).toMatchObject({
      ok: true,
      value: { cluster: C1, epoch: 3, node: C1A, key: NODE.publicKey },
    })
  })

  test('[MJ1] its bytes are as stored, in whatever order the votes came', async () => {
    const text = await signedBy(THREE)
    expectGolden('majority-grant', { grant: text, vote: await voteOf(C1C) })
    expect(await signedBy([...THREE].reverse())).toBe(text)
  })

  test('[MJ1] every majority is one, all five are too, and none of those texts is the other', async () => {
    const texts = await Promise.all([THREE, [C1B, C1C, C1D], [C1A, C1B, C1C, C1D, C1E]].map((who) => signedBy(who)))
    for (const text of texts) expect(await verifyGrant(OF_FIVE, text)).toMatchObject({ ok: true })
    expect(new Set(texts).size).toBe(3)
  })

  test.each<[string, () => Promise<string>]>([
    ['with two of five signatures', () => signedBy([C1A, C1B])],
    ['with none', () => withSignatures([])],
    [
      'that one member has signed twice',
      async () => {
        const twice = [C1A, C1A, C1B] as const
        return withSignatures(await Promise.all(twice.map(async (node) => [node, await voteOf(node)] as const)))
      },
    ],
    [
      'with a signer outside the list',
      async () => {
        const votes = await Promise.all([C1A, C1B].map(async (node) => [node, await voteOf(node)] as const))
        return withSignatures([...votes, [X, await voteOf(X, {}, OUTSIDER)]])
      },
    ],
    [
      'with the key of another member under a name',
      async () => {
        const votes = await Promise.all([C1A, C1B].map(async (node) => [node, await voteOf(node)] as const))
        return withSignatures([...votes, [C1C, await voteOf(C1B)]])
      },
    ],
    [
      'of which one signature is of another ballot',
      async () => {
        const votes = await Promise.all([C1A, C1C].map(async (node) => [node, await voteOf(node)] as const))
        return withSignatures([...votes, [C1E, await voteOf(C1E, { ballot: { counter: 13, node: C1A } })]])
      },
    ],
    [
      'of which one signature is of another grant',
      async () => {
        const votes = await Promise.all([C1A, C1C].map(async (node) => [node, await voteOf(node)] as const))
        return withSignatures([...votes, [C1E, await voteOf(C1E, { nonce: 'other' })]])
      },
    ],
    ['signed by the authority in the form of a vote', () => voteOf(C1A, {}, AUTHORITY)],
    ['that is the vote of a member alone', () => voteOf(C1A)],
    ['of another cluster, signed by these members', () => signedBy(THREE, { cluster: C2, node: C2A })],
    ['of another network', () => signedBy(THREE, { network: 'other' as never })],
    ['of a cluster that genesis does not have', () => signedBy(THREE, { cluster: 'c9' as never })],
  ])('[MJ1, NW1] refuses a grant %s', async (_, grant) => {
    expect(await verifyGrant(OF_FIVE, await grant())).toMatchObject(INVALID)
  })

  test('[MJ1, NW1] the authority grants nothing where the members are the arbiter, and members nothing where it is', async () => {
    const ofAuthority = await signStatement('grant', PAYLOADS.grant, AUTHORITY.privateKey)
    expect(await verifyGrant(GENESIS, ofAuthority)).toMatchObject({ ok: true })
    expect(await verifyGrant(OF_FIVE, ofAuthority)).toMatchObject(INVALID)
    const ofMembers = await signedBy(THREE)
    expect(await verifyGrant(GENESIS, ofMembers)).toMatchObject(INVALID)
    // Nor does a key of the authority that is retired by now.
    const retired = [{ key: AUTHORITY.publicKey, upTo: [{ cluster: C1, generation: 0 as never, epoch: 9 as never }] }]
    expect(await verifyGrant({ ...OF_FIVE, authorityKeys: [], retired }, ofAuthority)).toMatchObject(INVALID)
  })

  test('[MJ1] a list of two, and one that names a host twice, has no majority', async () => {
    const of = (trust: typeof OF_FIVE, who: readonly NodeId[]) => signedBy(who).then((text) => verifyGrant(trust, text))
    expect(await of(trustWith([C1A, C1B]), [C1A, C1B])).toMatchObject(INVALID)
    expect(await of(trustWith([C1A, C1B, C1B]), [C1A, C1B])).toMatchObject(INVALID)
    expect(await of(trustWith([C1A, C1B, C1C, C1C]), [C1A, C1B, C1C])).toMatchObject(INVALID)
    const oneKey = trustWith([C1A, C1B, C1C], (node) => MEMBER_KEYS.get(node === C1C ? C1B : node)!)
    expect(await of(oneKey, [C1A, C1B])).toMatchObject(INVALID)
    expect(await of(trustWith([C1A, C1B, C1C]), [C1A, C1B])).toMatchObject({ ok: true })
  })

  test('[MJ1] one set of signatures has one text', async () => {
    const text = await signedBy(THREE)
    const [header, payload, part] = text.split('.') as [string, string, string]
    const signatures = JSON.parse(Buffer.from(part, 'base64url').toString()) as [string, string][]
    const spelled = (value: unknown, space?: number) =>
      `${header}.${payload}.${toBase64Url(toUtf8(JSON.stringify(value, null, space)))}`
    expect(spelled(signatures)).toBe(text)
    const others = [
      spelled([...signatures].reverse()),
      spelled(signatures, 1),
      spelled(signatures.map(([node, signature]) => [node, signature, 0])),
      spelled({ ...signatures }),
      `${header}.${payload}.${toBase64Url(toUtf8('nonsense'))}`,
      `${text}A`,
    ]
    for (const other of others) expect(await verifyGrant(OF_FIVE, other), other).toMatchObject(INVALID)
  })

  test('[MJ1] any changed character is refused', async () => {
    const text = await signedBy(THREE)
    for (let at = 0; at < text.length; at += 7) {
      const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
      expect(await verifyGrant(OF_FIVE, changed), `at ${at}`).toMatchObject({ ok: false })
    }
  })

  test('[MJ1] votes that say different things are never put together', async () => {
    const votes = new Map([
      [C1A, await voteOf(C1A)],
      [C1B, await voteOf(C1B, { ballot: { counter: 13, node: C1B } })],
    ])
    expect(() => assembleGrant(votes)).toThrow('different ballots')
  })

  test('[MJ1] a vote counts for its own member only', async () => {
    expect(await verifyVote(OF_FIVE, C1C, await voteOf(C1C))).toEqual({ ok: true, value: PAYLOADS.grantVote })
    expect(await verifyVote(OF_FIVE, C1D, await voteOf(C1C))).toMatchObject(INVALID)
    expect(await verifyVote(OF_FIVE, X, await voteOf(C1C))).toMatchObject(INVALID)
    expect(await verifyVote(GENESIS, C1C, await voteOf(C1C))).toMatchObject(INVALID)
  })

  test('[MJ1] more than half is a majority, of even lists too', () => {
    const four = [C1A, C1B, C1C, C1D]
    expect(signersProblem(four, [C1A, C1B])).toBe('2 of 4 members have signed: that is no majority')
    expect(signersProblem(four, [C1A, C1B, C1C])).toBeNull()
  })

  test('[MJ1] genesis names such an arbiter: three or more members, each with a key of its own, the founder among them', () => {
    const read = (trust: Trust) => parseGenesis(JSON.stringify(trust))
    expect(read(OF_FIVE)).toMatchObject({ ok: true })
    expect(read(trustWith([C1A, C1B]))).toMatchObject({ ok: false, code: 'GENESIS_INVALID' })
    expect(read(trustWith([C1B, C1C, C1D]))).toMatchObject({
      ok: false,
      why: expect.stringContaining('its founder c1-a'),
    })
    expect(read(trustWith([C1A, C1B, C1B]))).toMatchObject({ ok: false })
    const oneKey = trustWith([C1A, C1B, C1C], () => MEMBER_KEYS.get(C1A)!)
    expect(read(oneKey)).toMatchObject({ ok: false, why: expect.stringContaining('occurs twice') })
    const ofOwner = trustWith([C1A, C1B, C1C], (node) => (node === C1C ? OWNER_C1 : MEMBER_KEYS.get(node)!))
    expect(read(ofOwner)).toMatchObject({ ok: false, why: expect.stringContaining('occurs twice') })
  })
})
