import { type Trust, trustAfter } from '@baton/shared/crypto/authority-keys'
import { verifyChain } from '@baton/shared/crypto/certificate-chain'
import { verifyGrant } from '@baton/shared/crypto/credential'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { AuthorityKeys, Grant } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, Epoch, Generation, UnixMs } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { AUTHORITY, C1, fixedKeyPair, GENESIS, NODE, OWNER_C1, PAYLOADS } from '../../support/fixed-network.ts'

const NEXT = await fixedKeyPair(77)
const CLUSTERS = ['c1', 'c2', 'c3', 'c4'] as unknown as readonly ClusterId[]
/** Four clusters: three must agree. */
const FOUR: Genesis = {
  ...GENESIS,
  clusters: await Promise.all(
    CLUSTERS.map(async (cluster, at) => ({
      ...GENESIS.clusters[0]!,
      cluster,
      ownerKeys: at === 0 ? [OWNER_C1.publicKey] : [(await fixedKeyPair(80 + at)).publicKey],
    })),
  ),
}
const BOTH: Pick<AuthorityKeys, 'sequence' | 'keys' | 'retired'> = {
  sequence: 1,
  keys: [AUTHORITY.publicKey, NEXT.publicKey],
  retired: [],
}
const ONLY_NEXT: typeof BOTH = {
  sequence: 2,
  keys: [NEXT.publicKey],
  retired: [{ key: AUTHORITY.publicKey, upTo: [{ cluster: C1, generation: 0 as Generation, epoch: 3 as Epoch }] }],
}

const saidBy = (change: typeof BOTH, ...clusters: readonly ClusterId[]): readonly AuthorityKeys[] =>
  clusters.map((cluster) => ({ network: GENESIS.network, cluster, ...change }))
const [c1, c2, c3, c4] = CLUSTERS as [ClusterId, ClusterId, ClusterId, ClusterId]
const grantOf = (by: KeyPair, change: Partial<Grant> = {}) =>
  signStatement('grant', { ...PAYLOADS.grant, ...change }, by.privateKey)
const accepts = async (trust: Trust, by: KeyPair, epoch = 3) =>
  (await verifyGrant(trust, await grantOf(by, { epoch: epoch as Epoch }))).ok

test('[ID1] the owners of more than two thirds of the clusters name the next key; two of four do not', async () => {
  expect(await accepts(trustAfter(FOUR, saidBy(BOTH, c1, c2)), NEXT)).toBe(false)
  expect(await accepts(trustAfter(FOUR, saidBy(BOTH, c1, c1, c1, c2)), NEXT)).toBe(false)
  expect(await accepts(trustAfter(FOUR, saidBy(BOTH, c1, c2, c4)), NEXT)).toBe(true)
})

test('[ID1] those who do not say the same do not agree', async () => {
  const other = { ...BOTH, keys: [AUTHORITY.publicKey, NODE.publicKey] }
  expect(await accepts(trustAfter(FOUR, [...saidBy(BOTH, c1, c2), ...saidBy(other, c3, c4)]), NEXT)).toBe(false)
})

test('[ID1] old and new key count together from the first change to the second, in whatever order they come', async () => {
  const window = trustAfter(FOUR, saidBy(BOTH, c1, c2, c3))
  expect([await accepts(window, AUTHORITY, 9), await accepts(window, NEXT, 9)]).toEqual([true, true])
  const after = trustAfter(FOUR, [...saidBy(ONLY_NEXT, c1, c2, c3), ...saidBy(BOTH, c1, c2, c3)])
  expect([await accepts(after, AUTHORITY, 9), await accepts(after, NEXT, 9)]).toEqual([false, true])
})

test('[ID1, ID4] a retired key’s earlier grants verify for ever, and whoever stole it grants nothing beyond them', async () => {
  const trust = trustAfter(FOUR, [...saidBy(BOTH, c1, c2, c3), ...saidBy(ONLY_NEXT, c1, c2, c3)])
  expect([await accepts(trust, AUTHORITY, 3), await accepts(trust, AUTHORITY, 4)]).toEqual([true, false])
  const elsewhere = await grantOf(AUTHORITY, { cluster: c2, epoch: 1 as Epoch })
  expect(await verifyGrant(trust, elsewhere)).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
  const backdated = await grantOf(AUTHORITY, { epoch: 4 as Epoch, issuedAt: 1 as UnixMs })
  expect((await verifyGrant(trust, backdated)).ok).toBe(false)
})

test('[ID1] a change that leaves out a key that counted, or names an owner, does not count', async () => {
  const forgets = { ...BOTH, keys: [NEXT.publicKey] }
  expect(await accepts(trustAfter(FOUR, saidBy(forgets, c1, c2, c3)), NEXT)).toBe(false)
  const owns = { ...BOTH, keys: [AUTHORITY.publicKey, OWNER_C1.publicKey] }
  expect(await accepts(trustAfter(FOUR, saidBy(owns, c1, c2, c3)), OWNER_C1)).toBe(false)
})

test('[ID1, ID8] renewals that a retired key has countersigned stay good', async () => {
  const trust = trustAfter(FOUR, [...saidBy(BOTH, c1, c2, c3), ...saidBy(ONLY_NEXT, c1, c2, c3)])
  const about = {
    ...PAYLOADS.renewal,
    certificate: await signStatement(
      'certificate',
      { ...PAYLOADS.certificate, renewUntil: 4e12 as UnixMs },
      OWNER_C1.privateKey,
    ),
  }
  const renewal = await signStatement('renewal', about, NODE.privateKey)
  const jws = await signStatement(
    'renewedCertificate',
    { ...PAYLOADS.renewedCertificate, renewal },
    AUTHORITY.privateKey,
  )
  expect(await verifyChain(trust, jws)).toMatchObject({ ok: true })
})
