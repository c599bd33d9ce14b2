import { verifyCredential, verifyGrant } from '@baton/shared/crypto/credential'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { exportPrivateJwk, exportPrivatePem, importPrivateJwk, importPrivatePem } from '@baton/shared/crypto/keys'
import { verifyStatement } from '@baton/shared/crypto/statements'
import { genesisHash } from '@baton/shared/genesis-schema'
import { describe, expect, test } from 'vitest'
import genesis from '../golden/genesis.json' with { type: 'json' }
import majority from '../golden/majority-grant.json' with { type: 'json' }
import stored from '../golden/statements.json' with { type: 'json' }
import { registerChainCases } from '../support/chain-cases.ts'
import { bytesOf, registerStrictnessCases, SIGNATURE_VECTORS } from '../support/ed25519-cases.ts'
import { C1, C1A, GENESIS, NODE, PAYLOADS } from '../support/fixed-network.ts'
import { OF_FIVE, signedBy } from '../support/majority-members.ts'
import { KINDS, SIGNERS, signedSamples } from '../support/statement-samples.ts'

describe('strict Ed25519 in workerd', registerStrictnessCases)

describe('certificate chains in workerd', registerChainCases)

describe('statements in workerd', () => {
  test('[ID1] signs every kind to the bytes that Node gives', async () => {
    expect(await signedSamples()).toEqual(stored)
  })

  test.each(KINDS)('[ID1] verifies the stored %s', async (kind) => {
    const verified = await verifyStatement(kind, stored[kind], [SIGNERS[kind].publicKey])
    expect(verified).toEqual({ ok: true, payload: PAYLOADS[kind] })
  })

  test('[MJ1, NW1] verifies the stored grant of a majority, and refuses one of a minority', async () => {
    expect(await verifyGrant(OF_FIVE, majority.grant)).toMatchObject({ ok: true, value: { cluster: C1, epoch: 3 } })
    expect(await verifyGrant(OF_FIVE, await signedBy([C1A]))).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
  })

  test('[NW1] verifies a credential against genesis', async () => {
    const verified = await verifyCredential(GENESIS, stored as never)
    expect(verified).toMatchObject({ ok: true, value: { cluster: C1, node: C1A, key: NODE.publicKey } })
  })
})

test('[ID6] the native verify of workerd is not enough: it accepts what is refused here', async () => {
  const accepted: string[] = []
  for (const { name, key, message, signature, valid } of SIGNATURE_VECTORS) {
    const native = await crypto.subtle.importKey('raw', bytesOf(key), 'Ed25519', true, ['verify']).catch(() => null)
    if (native === null || valid) continue
    const answer = await crypto.subtle
      .verify('Ed25519', native, bytesOf(signature), bytesOf(message))
      .catch(() => false)
    if (answer) accepted.push(name)
  }
  expect(accepted).toContain('key of small order: identity')
})

test('[ID2] reads back the private keys it writes', async () => {
  expect(await importPrivateJwk(await exportPrivateJwk(NODE))).toMatchObject({ ok: true })
  const read = await importPrivatePem(await exportPrivatePem(NODE))
  expect(read.ok && read.value.publicKey).toBe(NODE.publicKey)
})

test('[ID1] hashes genesis as Node does', () => {
  expect(genesisHash(sha256, GENESIS)).toBe(genesis.hash)
})
