import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportPrivatePem } from '@baton/shared/crypto/keys'
import { afterAll, expect, test } from 'vitest'
import { openOwnerKey, sealOwnerKey } from '../../../node-runtime/src/identity/owner-key-file.ts'
import { ownerSigner, signAsOwner } from '../../../node-runtime/src/identity/owner-signer.ts'
import { GENESIS, OUTSIDER, OWNER_C1, OWNER_C2, PAYLOADS } from '../../support/fixed-network.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-owner-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const TIMEOUT_MS = 60_000
const PASSPHRASE = 'correct horse battery staple'
const sealed = await sealOwnerKey(OWNER_C1, PASSPHRASE)

test('[ID1] an owner key opens with its passphrase, however its characters were typed', {
  timeout: TIMEOUT_MS,
}, async () => {
  const accented = await sealOwnerKey(OWNER_C1, 'clé')
  expect((await openOwnerKey('f', accented, async () => 'cle\u0301')).publicKey).toBe(OWNER_C1.publicKey)
  expect((await openOwnerKey('f', sealed, async () => PASSPHRASE)).publicKey).toBe(OWNER_C1.publicKey)
})

test('[ID1] nothing of the key can be read in the file, and a wrong passphrase says so', {
  timeout: TIMEOUT_MS,
}, async () => {
  const pem = await exportPrivatePem(OWNER_C1)
  expect(sealed).not.toContain(pem.split('\n')[1])
  await expect(openOwnerKey('f', sealed, async () => 'wrong')).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' })
})

test('[ID1] a changed file is refused: its cipher text, and the public key that it shows', {
  timeout: TIMEOUT_MS,
}, async () => {
  const file = JSON.parse(sealed) as { pkcs8: string; publicKey: string }
  const other = file.pkcs8.startsWith('A') ? 'B' : 'A'
  for (const change of [{ pkcs8: other + file.pkcs8.slice(1) }, { publicKey: OUTSIDER.publicKey }]) {
    const changed = JSON.stringify({ ...file, ...change })
    await expect(openOwnerKey('f', changed, async () => PASSPHRASE)).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' })
  }
  for (const kdf of [{ name: 'scrypt', n: 2 ** 30, r: 8, p: 1, salt: 'A'.repeat(22) }, null]) {
    const greedy = JSON.stringify({ ...file, kdf })
    await expect(openOwnerKey('f', greedy, async () => PASSPHRASE)).rejects.toMatchObject({ code: 'IDENTITY_INVALID' })
  }
})

test('[ID1] a plain key needs no passphrase', async () => {
  const pair = await openOwnerKey('f', await exportPrivatePem(OWNER_C1), () => Promise.reject(new Error('asked')))
  expect(pair.publicKey).toBe(OWNER_C1.publicKey)
})

async function keyFile(name: string, pair = OWNER_C1): Promise<string> {
  const file = join(folder, name)
  writeFileSync(file, await exportPrivatePem(pair), { mode: 0o600 })
  return file
}

/** A command that signs with openssl, which reads what it signs from a file. */
async function opensslSigner(key: string): Promise<string> {
  const script = join(folder, 'sign.sh')
  const body = `cat > ${folder}/message; openssl pkeyutl -sign -rawin -inkey ${key} -in ${folder}/message | base64 -w0`
  writeFileSync(script, `#!/bin/sh\n${body}\n`)
  chmodSync(script, 0o700)
  return script
}

test('[ID1] a command signs in place of a key file: the same statement, byte for byte', {
  timeout: TIMEOUT_MS,
}, async () => {
  const key = await keyFile('owner.pem')
  const byFile = await signAsOwner(GENESIS, 'joinToken', PAYLOADS.joinToken, await ownerSigner({ ownerKey: key }))
  const command = await opensslSigner(key)
  const byCommand = await signAsOwner(
    GENESIS,
    'joinToken',
    PAYLOADS.joinToken,
    await ownerSigner({ signerCommand: command }),
  )
  expect(byCommand).toBe(byFile)
})

test.each<[string, string]>([
  ['exit 3', 'ended with status 3'],
  ['kill -9 $$', 'was ended by SIGKILL'],
  ['echo nonsense', 'did not answer with 64 bytes in base64'],
  ['head -c 100000 /dev/zero | base64', 'did not answer with 64 bytes in base64'],
  ['/no/such/command', 'ended with status 127'],
])('[ID1] a signer command that does %j fails with a code', async (command, why) => {
  const sign = await ownerSigner({ signerCommand: command })
  await expect(sign(new Uint8Array(8))).rejects.toMatchObject({
    code: 'SIGNER_FAILED',
    message: expect.stringContaining(why),
  })
})

test('[ID1] what another key signed does not leave: the owner of another cluster, or nonsense of a command', async () => {
  const foreign = await ownerSigner({ ownerKey: await keyFile('other.pem', OWNER_C2) })
  const nonsense = await ownerSigner({ signerCommand: 'head -c 64 /dev/zero | base64 -w0' })
  for (const sign of [foreign, nonsense]) {
    const signed = signAsOwner(GENESIS, 'joinToken', PAYLOADS.joinToken, sign)
    await expect(signed).rejects.toMatchObject({
      code: 'IDENTITY_INVALID',
      remedy: expect.stringContaining('genesis lists'),
    })
  }
})

test('[ID1] a key file that others can read is refused', async () => {
  const key = await keyFile('open.pem')
  chmodSync(key, 0o640)
  await expect(ownerSigner({ ownerKey: key })).rejects.toMatchObject({ code: 'IDENTITY_INVALID' })
})

test('[ID1] exactly one way to sign is named', async () => {
  for (const options of [{}, { ownerKey: 'a', signerCommand: 'b' }]) {
    await expect(ownerSigner(options)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  }
})
