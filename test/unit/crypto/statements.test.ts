import { fromBase64Url, toBase64Url, toUtf8 } from '@baton/shared/crypto/bytes'
import { signEd25519 } from '@baton/shared/crypto/ed25519'
import type { StatementKind } from '@baton/shared/crypto/statement-types'
import { peekStatement, signStatement, verifyStatement } from '@baton/shared/crypto/statements'
import { expect, test } from 'vitest'
import { NODE, OUTSIDER, PAYLOADS } from '../../support/fixed-network.ts'
import { expectGolden } from '../../support/golden.ts'
import { KINDS, SIGNERS, signedSamples } from '../../support/statement-samples.ts'

const samples = await signedSamples()

async function signedText(header: unknown, payload: string): Promise<string> {
  const input = `${toBase64Url(toUtf8(JSON.stringify(header)))}.${toBase64Url(toUtf8(payload))}`
  return `${input}.${toBase64Url(await signEd25519(NODE.privateKey, toUtf8(input)))}`
}

const HEADER = { alg: 'Ed25519', typ: 'baton-resignation+jws' }
const INVALID = { ok: false, code: 'STATEMENT_INVALID' }
const verifyResignation = (jws: string) => verifyStatement('resignation', jws, [NODE.publicKey])

test('[ID1] the bytes of every statement are as stored', () => {
  expectGolden('statements', samples)
})

test.each(KINDS)('[ID1] a %s verifies under its key and under no other', async (kind) => {
  const good = await verifyStatement(kind, samples[kind], [OUTSIDER.publicKey, SIGNERS[kind].publicKey])
  expect(good).toEqual({ ok: true, payload: PAYLOADS[kind] })
  expect(await verifyStatement(kind, samples[kind], [OUTSIDER.publicKey])).toMatchObject(INVALID)
  expect(await verifyStatement(kind, samples[kind], [])).toMatchObject(INVALID)
})

test('[ID1] one kind is never taken for another', async () => {
  const keys = Object.values(SIGNERS).map((pair) => pair.publicKey)
  for (const kind of KINDS) {
    for (const other of KINDS.filter((candidate) => candidate !== kind)) {
      expect(await verifyStatement(other, samples[kind], keys), `${kind} as ${other}`).toMatchObject(INVALID)
    }
  }
})

test('[ID1] any changed character is refused', async () => {
  const jws = samples.resignation
  for (let at = 0; at < jws.length; at++) {
    const changed = jws.slice(0, at) + (jws[at] === 'A' ? 'B' : 'A') + jws.slice(at + 1)
    expect(await verifyResignation(changed), `at ${at}`).toMatchObject(INVALID)
  }
})

test('[ID6] a second spelling of the same signature is refused', async () => {
  const jws = samples.resignation
  const last = jws.at(-1) ?? ''
  const respelled = jws.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1)
  expect(Buffer.from(respelled.split('.')[2] ?? '', 'base64url')).toEqual(
    Buffer.from(jws.split('.')[2] ?? '', 'base64url'),
  )
  expect(await verifyResignation(respelled)).toMatchObject(INVALID)
})

test('[ID6] S + L is refused before the native verify', async () => {
  const [header, payload, signature] = samples.resignation.split('.') as [string, string, string]
  const bytes = fromBase64Url(signature) ?? new Uint8Array()
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  let s = bytes.slice(32).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) + order
  for (let i = 32; i < 64; i++, s >>= 8n) bytes[i] = Number(s & 255n)
  const answer = await verifyResignation([header, payload, toBase64Url(bytes)].join('.'))
  expect(answer).toMatchObject({ ...INVALID, why: expect.stringContaining('S not below L') })
})

test('[ID1] unknown fields are accepted, left out of the payload and kept in the signed text', async () => {
  const jws = await signedText(HEADER, JSON.stringify({ ...PAYLOADS.resignation, since: 'version 2' }))
  expect(await verifyResignation(jws)).toEqual({ ok: true, payload: PAYLOADS.resignation })
})

test.each<[string, object]>([
  ['no algorithm', { alg: 'none', typ: HEADER.typ }],
  ['the older name that leaves the curve open', { alg: 'EdDSA', typ: HEADER.typ }],
  ['another type', { ...HEADER, typ: 'JWT' }],
  ['no type', { alg: HEADER.alg }],
  ['an extension it does not know', { ...HEADER, crit: ['exp'], exp: 1 }],
])('[ID1] refuses a header with %s', async (_, header) => {
  expect(await verifyResignation(await signedText(header, JSON.stringify(PAYLOADS.resignation)))).toMatchObject(INVALID)
})

test.each(['', '.', '..', '...', 'a.b', 'a.b.c.d', '💥.💥.💥', 'eyJ9.e30.AAAA', `${'A'.repeat(400_000)}.A.A`])(
  '[ID1] refuses %j and never throws',
  async (text) => {
    for (const kind of KINDS) expect(await verifyStatement(kind, text, [NODE.publicKey])).toMatchObject(INVALID)
  },
)

test.each(['', 'null', '[]', '{}', '1', '{"network":"receivables"'])(
  '[ID1] refuses the payload %j',
  async (payload) => {
    expect(await verifyResignation(await signedText(HEADER, payload))).toMatchObject(INVALID)
  },
)

test.each<[StatementKind, object, string]>([
  ['grant', { epoch: 0 }, 'epoch'],
  ['grant', { epoch: 1.5 }, 'epoch'],
  ['grant', { cluster: 'C1' }, 'cluster'],
  ['grant', { nonce: 'with space' }, 'nonce'],
  ['certificate', { key: 'A'.repeat(43) }, 'ID6'],
  ['certificate', { key: NODE.publicKey.slice(1) }, 'key'],
  ['claim', { evidence: { kind: 'rumour' } }, 'evidence'],
  ['claim', { durableIndex: -1 }, 'durableIndex'],
  ['resultReport', { results: [{ height: 1, block: 'AA', result: 'bb' }] }, 'results.0.block'],
  ['masterTable', { masters: [{ grant: 'x' }] }, 'masters.0'],
])('[ID1] a %s with %j is refused and the answer names the field', async (kind, change, field) => {
  const type = JSON.parse(Buffer.from(samples[kind].split('.')[0] ?? '', 'base64url').toString())
  const jws = await signedText(type, JSON.stringify({ ...PAYLOADS[kind], ...change }))
  expect(peekStatement(kind, jws)).toMatchObject({ ...INVALID, why: expect.stringContaining(field) })
})

test('signing a payload that does not fit its schema is our own bug', async () => {
  const broken = { ...PAYLOADS.resignation, to: 'Not A Name' as never }
  await expect(signStatement('resignation', broken, NODE.privateKey)).rejects.toThrow('to')
})
