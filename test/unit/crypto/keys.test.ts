import { createPrivateKey } from 'node:crypto'
import { signEd25519, verifyEd25519 } from '@baton/shared/crypto/ed25519'
import {
  exportPrivateJwk,
  exportPrivatePem,
  generateKeyPair,
  importPrivateJwk,
  importPrivatePem,
  keyPairFromSeed,
} from '@baton/shared/crypto/keys'
import { expect, test } from 'vitest'
import { NODE, OUTSIDER } from '../../support/fixed-network.ts'

test('[ID2] a generated key signs, and its two files read back as the same key', async () => {
  const pair = await generateKeyPair()
  const message = Uint8Array.of(1, 2, 3)
  for (const read of [
    await importPrivateJwk(await exportPrivateJwk(pair)),
    await importPrivatePem(await exportPrivatePem(pair)),
  ]) {
    if (!read.ok) throw new Error(read.why)
    expect(read.value.publicKey).toBe(pair.publicKey)
    const signature = await signEd25519(read.value.privateKey, message)
    expect(await verifyEd25519(pair.publicKey, message, signature)).toBe(true)
    expect(await verifyEd25519(OUTSIDER.publicKey, message, signature)).toBe(false)
  }
})

test('[ID2] Node and openssl read the PEM', async () => {
  expect(createPrivateKey(await exportPrivatePem(NODE)).asymmetricKeyType).toBe('ed25519')
})

test('[ID2] a JWK whose halves do not belong together is refused', async () => {
  const jwk = JSON.parse(await exportPrivateJwk(NODE))
  const mixed = await importPrivateJwk(JSON.stringify({ ...jwk, x: OUTSIDER.publicKey }))
  expect(mixed).toMatchObject({ ok: false, code: 'IDENTITY_INVALID', why: expect.stringContaining('belong together') })
})

test.each(['', '{', 'null', '[]', '{"kty":"OKP"}', '{"kty":"OKP","crv":"Ed25519","d":"AAAA","x":""}'])(
  '[ID2] refuses %j as a JWK',
  async (text) => {
    expect(await importPrivateJwk(text)).toMatchObject({ ok: false, code: 'IDENTITY_INVALID' })
  },
)

test.each(['', 'AAAA', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'])(
  '[ID2] refuses %j as a PEM',
  async (text) => {
    expect(await importPrivatePem(text)).toMatchObject({ ok: false, code: 'IDENTITY_INVALID' })
  },
)

test('a seed of another length is our own bug', async () => {
  await expect(keyPairFromSeed(new Uint8Array(31))).rejects.toThrow(RangeError)
})
