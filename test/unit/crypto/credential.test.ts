import { certificateExpired, verifyCertificate } from '@baton/shared/crypto/certificate-chain'
import { verifyCredential, verifyGrant } from '@baton/shared/crypto/credential'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { Grant, NodeCertificate } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, NetworkId, UnixMs } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import {
  AUTHORITY,
  C1,
  C1A,
  C1B,
  C2,
  GENESIS,
  NODE,
  OWNER_C1,
  OWNER_C2,
  PAYLOADS,
} from '../../support/fixed-network.ts'

const grantOf = (change: Partial<Grant> = {}, by: KeyPair = AUTHORITY) =>
  signStatement('grant', { ...PAYLOADS.grant, ...change }, by.privateKey)
const certificateOf = (change: Partial<NodeCertificate> = {}, by: KeyPair = OWNER_C1) =>
  signStatement('certificate', { ...PAYLOADS.certificate, ...change }, by.privateKey)

const OTHER = 'other' as NetworkId
const UNKNOWN = 'c9' as ClusterId

test('[NW1] a grant of the authority and a certificate of the owner make a mastership', async () => {
  const credential = { grant: await grantOf(), certificate: await certificateOf() }
  expect(await verifyCredential(GENESIS, credential)).toEqual({
    ok: true,
    value: { cluster: C1, generation: 0, epoch: 3, node: C1A, key: NODE.publicKey, recovering: false, credential },
  })
})

test.each<[string, () => Promise<string>]>([
  ['signed by an owner', () => grantOf({}, OWNER_C1)],
  ['signed by the node itself', () => grantOf({}, NODE)],
  ['of another network', () => grantOf({ network: OTHER })],
  ['of a cluster that genesis does not have', () => grantOf({ cluster: UNKNOWN })],
  ['that is a certificate', () => certificateOf()],
])('[NW1] refuses a grant %s', async (_, grant) => {
  expect(await verifyGrant(GENESIS, await grant())).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
  const credential = { grant: (await grant()) as never, certificate: await certificateOf() }
  expect(await verifyCredential(GENESIS, credential)).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
})

test.each<[string, () => Promise<string>]>([
  ['signed by the owner of another cluster', () => certificateOf({}, OWNER_C2)],
  ['of another cluster, signed by that owner', () => certificateOf({ cluster: C2 }, OWNER_C2)],
  ['of another node', () => certificateOf({ node: C1B })],
  ['of another network', () => certificateOf({ network: OTHER })],
  ['of a cluster that genesis does not have', () => certificateOf({ cluster: UNKNOWN })],
  ['that is a grant', () => grantOf()],
])('[ID1] refuses a credential with a certificate %s', async (_, certificate) => {
  const credential = { grant: await grantOf(), certificate: (await certificate()) as never }
  expect(await verifyCredential(GENESIS, credential)).toMatchObject({ ok: false, code: 'CERTIFICATE_INVALID' })
})

test('[ID4] the authority cannot admit a node: its certificate is refused, alone and in a credential', async () => {
  const certificate = await certificateOf({}, AUTHORITY)
  expect(await verifyCertificate(GENESIS, certificate)).toMatchObject({ ok: false, code: 'CERTIFICATE_INVALID' })
  const credential = { grant: await grantOf(), certificate }
  expect(await verifyCredential(GENESIS, credential)).toMatchObject({ ok: false, code: 'CERTIFICATE_INVALID' })
})

test('[ID2] an expired certificate still verifies: expiry is a question of its own', async () => {
  const verified = await verifyCertificate(GENESIS, await certificateOf({ expiresAt: 1 as UnixMs }))
  if (!verified.ok) throw new Error(verified.why)
  expect(certificateExpired(verified.value, 0 as UnixMs)).toBe(false)
  expect(certificateExpired(verified.value, 1 as UnixMs)).toBe(true)
})
