import { toBase64Url, toUtf8 } from '@baton/shared/crypto/bytes'
import { readJoinToken, writeJoinToken } from '@baton/shared/crypto/join-token-text'
import { signStatement } from '@baton/shared/crypto/statements'
import { expect, test } from 'vitest'
import { DELEGATE, HASH_A, OWNER_C1, PAYLOADS } from '../../support/fixed-network.ts'

const seed = toBase64Url(new Uint8Array(32).fill(6))
const statement = await signStatement('joinToken', PAYLOADS.joinToken, OWNER_C1.privateKey)
const parts = { statement, seed, authority: 'https://baton.example.org', genesis: HASH_A }
const text = writeJoinToken(parts)

test('[ID3] a join token is one line, and reads back with the key that its statement names', async () => {
  expect(text).toMatch(/^baton-join:v1:[\w-]+$/)
  expect(await readJoinToken(` ${text}\n`)).toMatchObject({
    ok: true,
    value: { statement, token: PAYLOADS.joinToken, keys: { publicKey: DELEGATE.publicKey }, genesis: HASH_A },
  })
})

test.each<[string, string]>([
  ['nothing', ''],
  ['another prefix', text.replace('v1', 'v2')],
  ['half of it', text.slice(0, text.length / 2)],
  ['a character too many', `${text}A`],
  ['no JSON', `baton-join:v1:${toBase64Url(toUtf8('{'))}`],
  ['a megabyte', `baton-join:v1:${'A'.repeat(1_000_000)}`],
  ['the key of another token', writeJoinToken({ ...parts, seed: toBase64Url(new Uint8Array(32).fill(9)) })],
  [
    'a statement of another kind',
    writeJoinToken({ ...parts, statement: await signStatement('order', PAYLOADS.order, OWNER_C1.privateKey) }),
  ],
])('[ID3] refuses %s with a code', async (_, damaged) => {
  expect(await readJoinToken(damaged)).toMatchObject({ ok: false, code: 'TOKEN_INVALID' })
})
