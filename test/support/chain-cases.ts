/** Certificate chains, good and bad: run in Node and in workerd, which must agree on every one (ID1–ID3, ID8). */
import { peekCertificate, verifyChain } from '@baton/shared/crypto/certificate-chain'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { JoinToken, NodeCertificate, Renewal, RenewedCertificate } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, Jws, NetworkId, NodeId, SiteId, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { AUTHORITY, C1A, C2, DELEGATE, GENESIS, NODE, OUTSIDER, OWNER_C1, OWNER_C2, PAYLOADS } from './fixed-network.ts'

const AT = PAYLOADS.joinToken.issuedAt
const YEAR = 365 * 24 * 3_600_000
const after = (ms: number) => (AT + ms) as UnixMs
const RENEW_UNTIL = after(5 * YEAR)

export const tokenOf = (change: Partial<JoinToken> = {}, by: KeyPair = OWNER_C1) =>
  signStatement('joinToken', { ...PAYLOADS.joinToken, renewUntil: RENEW_UNTIL, ...change }, by.privateKey)

const owned = (change: Partial<NodeCertificate> = {}, by: KeyPair = OWNER_C1) =>
  signStatement('certificate', { ...PAYLOADS.certificate, renewUntil: RENEW_UNTIL, ...change }, by.privateKey)

/** Under a token: the certificate of a joining node. */
async function delegated(
  change: Partial<NodeCertificate> = {},
  token: Promise<Jws> = tokenOf(),
  by: KeyPair = DELEGATE,
): Promise<Jws> {
  const certificate = { ...PAYLOADS.certificate, expiresAt: after(YEAR), token: await token, ...change }
  return signStatement('certificate', certificate, by.privateKey)
}

interface RenewalChange {
  readonly base?: Promise<Jws>
  readonly renewal?: Partial<Renewal>
  readonly node?: KeyPair
  readonly outer?: Partial<RenewedCertificate>
  readonly authority?: KeyPair
}

async function renewed(change: RenewalChange = {}): Promise<Jws> {
  const certificate = await (change.base ?? owned())
  const asked = { ...PAYLOADS.renewal, certificate, expiresAt: after(YEAR), ...change.renewal }
  const renewal = await signStatement('renewal', asked, (change.node ?? NODE).privateKey)
  const outer = { ...PAYLOADS.renewedCertificate, renewal, ...change.outer }
  return signStatement('renewedCertificate', outer, (change.authority ?? AUTHORITY).privateKey)
}

type Case = readonly [string, () => Promise<Jws>]

const GOOD: readonly (readonly [...Case, number])[] = [
  ['owner → node', () => owned(), 1_000],
  ['owner → token → node', () => delegated(), YEAR],
  [
    'owner → token for this site and node → node',
    () => delegated({}, tokenOf({ site: 'site-x' as SiteId, node: C1A })),
    YEAR,
  ],
  ['owner → node, renewed', () => renewed(), YEAR],
  [
    'owner → token → node, renewed',
    () => renewed({ base: delegated(), renewal: { issuedAt: after(1), expiresAt: after(YEAR + 1) } }),
    YEAR + 1,
  ],
]

const TOKEN_BAD: readonly Case[] = [
  ['a token of another owner', () => delegated({}, tokenOf({}, OWNER_C2))],
  ['a token of the authority', () => delegated({}, tokenOf({}, AUTHORITY))],
  ['a token that its own key signed', () => delegated({}, tokenOf({}, DELEGATE))],
  ['a token for another cluster', () => delegated({}, tokenOf({ cluster: C2 }))],
  ['a token for another network', () => delegated({}, tokenOf({ network: 'other' as NetworkId }))],
  ['a token for another site', () => delegated({}, tokenOf({ site: 'site-y' as SiteId }))],
  ['a token for another node', () => delegated({}, tokenOf({ node: 'c1-z' as NodeId }))],
  ['a certificate from before the token', () => delegated({ issuedAt: after(-1) })],
  ['a certificate from after the token', () => delegated({ issuedAt: PAYLOADS.joinToken.expiresAt })],
  ['a certificate that extends its own right to renew', () => delegated({ renewUntil: after(9 * YEAR) })],
  ['a certificate without end', () => delegated({ expiresAt: after(LIMITS.certificateMs + 1) })],
]

const CERTIFICATE_BAD: readonly Case[] = [
  ['signed by the owner of another cluster', () => owned({}, OWNER_C2)],
  ['signed by the authority', () => owned({}, AUTHORITY)],
  ['signed by the node itself', () => owned({}, NODE)],
  ['of a cluster that genesis does not have', () => owned({ cluster: 'c9' as ClusterId })],
  ['under a token, signed by another key', () => delegated({}, tokenOf(), OUTSIDER)],
  ['under a token, signed by the node itself', () => delegated({}, tokenOf(), NODE)],
  ['renewed by the node alone', () => renewed({ authority: NODE })],
  ['renewed by the authority alone', () => renewed({ node: AUTHORITY })],
  ['renewed by an outsider', () => renewed({ authority: OUTSIDER })],
  [
    'renewed beyond what the owner allows',
    () => renewed({ renewal: { issuedAt: after(5 * YEAR), expiresAt: after(5 * YEAR + 1) } }),
  ],
  [
    'renewed although the owner allows none',
    () => renewed({ base: signStatement('certificate', PAYLOADS.certificate, OWNER_C1.privateKey) }),
  ],
  ['renewed to an earlier end', () => renewed({ renewal: { expiresAt: after(1_000) } })],
  [
    'renewed for longer than a renewal may be',
    () => renewed({ renewal: { expiresAt: after(LIMITS.certificateMs + 1) } }),
  ],
  ['renewed by a renewal of another node', () => renewed({ renewal: { node: 'c1-z' as NodeId } })],
  ['countersigned for another node', () => renewed({ outer: { node: 'c1-z' as NodeId } })],
  ['renewed over a certificate that nobody may sign', () => renewed({ base: owned({}, OUTSIDER) })],
  ['renewed over a renewed one', () => renewed({ base: renewed() })],
]

export function registerChainCases(): void {
  test.each(GOOD)('[ID3, ID8] accepts %s, with the expiry that counts', async (_, make, expiresAfterMs) => {
    const jws = await make()
    const chain = await verifyChain(GENESIS, jws)
    if (!chain.ok) throw new Error(chain.why)
    expect(chain.value).toMatchObject({
      certificate: { node: C1A, key: NODE.publicKey, expiresAt: after(expiresAfterMs) },
      renewUntil: RENEW_UNTIL,
    })
    expect(peekCertificate(jws)).toEqual({ ok: true, value: chain.value.certificate })
  })
  test.each(TOKEN_BAD)('[ID3] refuses %s', async (_, make) => {
    expect(await verifyChain(GENESIS, await make())).toMatchObject({ ok: false, code: 'TOKEN_INVALID' })
  })
  test.each(CERTIFICATE_BAD)('[ID2, ID3, ID4, ID8] refuses a certificate %s', async (_, make) => {
    expect(await verifyChain(GENESIS, await make())).toMatchObject({ ok: false, code: 'CERTIFICATE_INVALID' })
  })
}
