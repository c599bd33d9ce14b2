import { roleSuffices, verifyOperatorToken } from '@baton/shared/crypto/operator-token'
import { OPERATOR_ROLES, type OperatorToken } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, UnixMs } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import {
  AUTHORITY,
  C1,
  C2,
  GENESIS,
  NODE,
  OUTSIDER,
  OWNER_C1,
  OWNER_C2,
  PAYLOADS,
} from '../../support/fixed-network.ts'

const TOKEN = PAYLOADS.operatorToken
const NOW = TOKEN.issuedAt

async function verdict(
  overrides: Partial<OperatorToken> = {},
  {
    signer = OWNER_C1,
    cluster = C1,
    now = NOW,
  }: { signer?: typeof OWNER_C1; cluster?: ClusterId | null; now?: number } = {},
) {
  const jws = await signStatement('operatorToken', { ...TOKEN, ...overrides }, signer.privateKey)
  return verifyOperatorToken(GENESIS, cluster, jws, now as UnixMs)
}

describe('an operator token', () => {
  test('[ID7] counts when an owner of the cluster it names has signed it, until it expires', async () => {
    expect(await verdict()).toEqual({ ok: true, value: TOKEN })
    expect(await verdict({}, { cluster: null })).toMatchObject({ ok: true })
    expect(await verdict({}, { now: TOKEN.expiresAt - 1 })).toMatchObject({ ok: true })
    expect(await verdict({}, { now: TOKEN.expiresAt })).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' })
  })

  test.each([
    ['the authority', AUTHORITY],
    ['a node', NODE],
    ['another owner', OWNER_C2],
    ['a stranger', OUTSIDER],
  ])('[ID7, ID4] signed by %s is nobody’s: a stolen control plane mints none', async (_, signer) => {
    expect(await verdict({}, { signer })).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' })
  })

  test('[ID7] of another cluster, network or kind is refused', async () => {
    expect(await verdict({ cluster: C2 }, { signer: OWNER_C2 })).toMatchObject({ ok: false, code: 'FORBIDDEN' })
    expect(await verdict({ network: 'other' as never })).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' })
    expect(await verdict({ cluster: 'c9' as never })).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' })
    const join = await signStatement('joinToken', PAYLOADS.joinToken, OWNER_C1.privateKey)
    expect(await verifyOperatorToken(GENESIS, C1, join, NOW)).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' })
  })
})

test('[ID7] each role may do what the ones before it may, and nothing above', () => {
  const table = OPERATOR_ROLES.map((role) => OPERATOR_ROLES.map((needed) => roleSuffices(role, needed)))
  expect(table).toEqual([
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ])
  expect(roleSuffices('god' as never, 'viewer')).toBe(false)
})
