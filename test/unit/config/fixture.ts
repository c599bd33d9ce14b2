import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { POLICY_DEFAULTS } from '@baton/shared/genesis'
import { parseConfig } from '../../../node-runtime/src/config/load.ts'
import type { LocatedProblem } from '../../../node-runtime/src/config/problems.ts'

/** Public keys of nobody in particular: valid points, all different. */
const key = () => generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x
const policy = {
  heartbeatMs: 50,
  suspectAfterMs: 500,
  masterTtlMs: 1_000,
  ...POLICY_DEFAULTS,
  startupGraceMs: 2_000,
  durability: 'preferred',
  syncReplicas: 1,
}

export const GENESIS = {
  format: 'baton-genesis/1',
  network: 'trade',
  createdAt: '2026-01-01T00:00:00.000Z',
  authorityKeys: [key()],
  application: 'ledger',
  heartbeatBlockMs: 10_000,
  clusters: [
    { cluster: 'c1', ownerKeys: [key()], founder: 'c1-n1', policy },
    { cluster: 'c2', ownerKeys: [key()], founder: 'c2-n1', policy },
  ],
}

export const GOOD = `node = "c1-n1"
cluster = "c1"
site = "x"
data = "data"
genesis = "genesis.json"
key = "node.key.json"
certificate = "node.certificate.jws"

[listen]
peer = "127.0.0.1:7101"
api = "127.0.0.1:7201"

[authority]
url = "http://127.0.0.1:8787/"

[[peers]]
node = "c1-n1"
cluster = "c1"
address = "127.0.0.1:7101"

[[peers]]
node = "c1-n2"
cluster = "c1"
address = "127.0.0.1:7102"

[[peers]]
node = "c2-n1"
cluster = "c2"
address = "127.0.0.1:7103"
`

/** A folder with everything that `GOOD` names. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'baton-config-'))
  const claims = { network: 'trade', cluster: 'c1', node: 'c1-n1', site: 'x' }
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  writeFileSync(join(path, 'genesis.json'), JSON.stringify(GENESIS))
  writeFileSync(join(path, 'node.key.json'), '{}', { mode: 0o600 })
  writeFileSync(join(path, 'node.certificate.jws'), `${part({ alg: 'EdDSA' })}.${part(claims)}.c2ln`)
  return path
}

/** The problems of a text that stands in `path`, as `line: message`. */
export function problemsIn(text: string, path: string): string[] {
  const parsed = parseConfig(text, join(path, 'baton.toml'))
  if (parsed.ok) return []
  const problems = parsed.error.details.problems as LocatedProblem[]
  return problems.map(({ line, message }) => `${line}: ${message.replaceAll(path, '')}`)
}
