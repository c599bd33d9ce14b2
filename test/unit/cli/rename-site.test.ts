import { readFileSync, writeFileSync } from 'node:fs'
import { peekCertificate } from '@baton/shared/crypto/certificate-chain'
import { expect, test } from 'vitest'
import { madeNetwork, TIMEOUT_MS } from './made-network.ts'
import { runBaton } from './run-baton.ts'

const at = madeNetwork()
const node = (file: string) => at('nodes', 'c1-n1', file)
const certificateIn = (file: string) => {
  const read = peekCertificate(readFileSync(file, 'utf8').trim())
  if (!read.ok) throw new Error(read.why)
  return read.value
}

test('[ID2, CLI3] a node that stands elsewhere now has a certificate that says so, by its owner, for the key that it has', {
  timeout: TIMEOUT_MS,
}, async () => {
  const before = certificateIn(node('node.certificate.jws'))
  const next = at('next.jws')
  const rename = (owner: string, out: string) =>
    runBaton([
      ...['node', 'rename-site', 'elsewhere', '--certificate', node('node.certificate.jws'), '--out', out],
      ...['--genesis', at('genesis.json'), '--owner-key', at('owners', owner)],
    ])
  const foreign = await rename('c2.key.pem', at('foreign.jws'))
  expect(foreign).toMatchObject({ status: 78, stderr: expect.stringContaining('no owner key of cluster c1') })
  expect(await rename('c1.key.pem', next)).toMatchObject({ status: 0 })
  expect(certificateIn(next)).toMatchObject({ node: 'c1-n1', key: before.key, site: 'elsewhere' })
  expect(certificateIn(next).issuedAt).toBeGreaterThan(before.issuedAt)
  const installed = await runBaton(['key', 'install', '--config', node('baton.toml'), '--certificate', next])
  expect(installed).toMatchObject({ status: 0, stdout: expect.stringContaining('Set site = "elsewhere"') })
  expect(certificateIn(node('node.certificate.jws')).site).toBe('elsewhere')
  // Until the configuration says the same, the node does not start.
  const check = () => runBaton(['config', 'check', node('baton.toml')])
  expect(await check()).toMatchObject({ status: 78, stderr: expect.stringContaining('elsewhere') })
  const text = readFileSync(node('baton.toml'), 'utf8')
  writeFileSync(node('baton.toml'), text.replace(/^site = ".*"$/m, 'site = "elsewhere"'))
  expect(await check()).toMatchObject({ status: 0 })
})
