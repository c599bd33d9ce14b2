import { X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportPrivateJwk, exportPrivatePem } from '@baton/shared/crypto/keys'
import type { ClusterId, NodeId, SiteId, UnixMs } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import { checkPeerCertificate } from '../../../../node-runtime/src/identity/check-peer.ts'
import { type IdentitySource, loadIdentity } from '../../../../node-runtime/src/identity/load-identity.ts'
import { x509FileOf } from '../../../../node-runtime/src/identity/x509-file.ts'
import { C1, C1A, GENESIS, OUTSIDER, SITE_X } from '../../../support/fixed-network.ts'
import { type Certified, certify, DAY_MS, NOW } from '../peer-links/mesh.ts'
import { temporaryFolder } from '../sqlite/temporary-folder.ts'

async function written(certified?: Certified, pem = false): Promise<IdentitySource & { certified: Certified }> {
  const folder = temporaryFolder()
  const one = certified ?? (await certify('c1-a'))
  const source = {
    certified: one,
    keyFile: join(folder, 'node.key'),
    certificateFile: join(folder, 'node.certificate.jws'),
    genesis: GENESIS,
    node: C1A,
    cluster: C1,
    site: SITE_X,
  }
  const secret = pem ? await exportPrivatePem(one.keys) : await exportPrivateJwk(one.keys)
  writeFileSync(source.keyFile, secret, { mode: 0o600 })
  writeFileSync(source.certificateFile, `${one.jws}\n`)
  return source
}

async function refusal(source: IdentitySource): Promise<unknown> {
  return loadIdentity(source, NOW).then(
    () => 'loaded',
    (error) => error,
  )
}

describe('[ID2] the identity of a node', () => {
  test.each([false, true])('is read from its key (PEM: %s) and certificate', async (pem) => {
    const source = await written(undefined, pem)
    const identity = await loadIdentity(source, NOW)
    expect(identity.certificate).toMatchObject({ node: 'c1-a', cluster: 'c1', key: source.certified.keys.publicKey })
    expect(identity.keys.publicKey).toBe(source.certified.keys.publicKey)
    expect(identity.certificateJws).toBe(source.certified.jws)
  })

  test('makes its X.509 certificate once, keeps it beside the other, and replaces one that does not fit', async () => {
    const source = await written()
    const file = x509FileOf(source.certificateFile)
    expect(file).toMatch(/node\.certificate\.x509\.pem$/)
    expect(existsSync(file)).toBe(false)
    const first = await loadIdentity(source, NOW)
    expect(readFileSync(file, 'utf8')).toBe(first.tls.cert)
    const made = statSync(file).mtimeMs
    const second = await loadIdentity(source, NOW)
    expect(second.tls.cert).toBe(first.tls.cert)
    expect(statSync(file).mtimeMs).toBe(made)
    for (const other of [(await certify('c1-a')).tls.cert, 'noise', '']) {
      writeFileSync(file, other)
      const third = await loadIdentity(source, NOW)
      const check = await checkPeerCertificate(new X509Certificate(third.tls.cert).raw, GENESIS, NOW)
      expect(check).toMatchObject({ ok: true, value: { key: source.certified.keys.publicKey } })
      expect(readFileSync(file, 'utf8')).toBe(third.tls.cert)
    }
  })

  test.each([0o640, 0o604, 0o660, 0o644])(
    'is refused while others can read or change the key (mode %o)',
    async (mode) => {
      const source = await written()
      chmodSync(source.keyFile, mode)
      expect(await refusal(source)).toMatchObject({
        code: 'IDENTITY_INVALID',
        message: expect.stringContaining(mode.toString(8)),
        remedy: expect.stringContaining(`chmod 600 ${source.keyFile}`),
      })
    },
  )

  const mistakes: [string, string, () => Promise<IdentitySource>][] = [
    [
      'a key file that is missing',
      'cannot read the key file',
      async () => ({ ...(await written()), keyFile: '/no/key' }),
    ],
    [
      'a certificate file that is missing',
      'cannot be read',
      async () => ({ ...(await written()), certificateFile: '/no/certificate' }),
    ],
    [
      'a key that is none',
      'not JSON',
      async () => {
        const source = await written()
        writeFileSync(source.keyFile, 'noise')
        return source
      },
    ],
    [
      "another node's key",
      'another key',
      async () => {
        const source = await written()
        writeFileSync(source.keyFile, await exportPrivateJwk(OUTSIDER))
        return source
      },
    ],
    ['a certificate signed by nobody', 'signed', async () => written(await certify('c1-a', { owner: OUTSIDER }))],
    ['an expired certificate', 'expired', async () => written(await certify('c1-a', { expiresAt: NOW }))],
    ['another node', 'node "c1-a"', async () => ({ ...(await written()), node: 'c1-b' as NodeId })],
    ['another cluster', 'cluster "c1"', async () => ({ ...(await written()), cluster: 'c2' as ClusterId })],
    ['another site', 'site "site-x"', async () => ({ ...(await written()), site: 'site-y' as SiteId })],
  ]
  for (const [what, says, make] of mistakes) {
    test(`is refused with ${what}`, async () => {
      expect(await refusal(await make())).toMatchObject({
        code: 'IDENTITY_INVALID',
        message: expect.stringContaining(says),
        remedy: expect.any(String),
      })
    })
  }
})

describe('[ID5] checking the certificate of a peer', () => {
  test('no bytes at all, and no bytes changed or cut off, make it throw or pass', async () => {
    const { tls } = await certify('c1-a')
    const good = new Uint8Array(new X509Certificate(tls.cert).raw)
    expect(await checkPeerCertificate(good, GENESIS, NOW)).toMatchObject({ ok: true })
    expect(await checkPeerCertificate(new Uint8Array(), GENESIS, NOW)).toMatchObject({ ok: false })
    for (let length = 0; length < good.length; length += 7) {
      expect((await checkPeerCertificate(good.subarray(0, length), GENESIS, NOW)).ok).toBe(false)
    }
    let passed = 0
    for (let at = 0; at < good.length; at++) {
      const changed = Uint8Array.from(good)
      changed[at]! ^= 0x01
      const check = await checkPeerCertificate(changed, GENESIS, NOW)
      // Name, dates and the signature of the X.509 certificate itself mean nothing; key and JWS mean everything.
      if (check.ok) {
        passed++
        const key = new X509Certificate(changed).publicKey.export({ format: 'jwk' }).x
        expect(check.value).toMatchObject({ node: 'c1-a', key })
      }
    }
    expect(passed).toBeLessThan(200)
  })

  test('[ID8] expiry counts from its instant on, and issue dates in the future disturb nobody', async () => {
    const { tls } = await certify('c1-a', { expiresAt: (NOW + DAY_MS) as UnixMs, issuedAt: (NOW + 5) as UnixMs })
    const der = new X509Certificate(tls.cert).raw
    expect((await checkPeerCertificate(der, GENESIS, NOW)).ok).toBe(true)
    expect((await checkPeerCertificate(der, GENESIS, (NOW + DAY_MS - 1) as UnixMs)).ok).toBe(true)
    expect(await checkPeerCertificate(der, GENESIS, (NOW + DAY_MS) as UnixMs)).toMatchObject({
      ok: false,
      code: 'CERTIFICATE_EXPIRED',
      reason: 'expired',
      node: 'c1-a',
    })
  })
})
