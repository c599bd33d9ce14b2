import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importPrivateJwk, importPrivatePem } from '@baton/shared/crypto/keys'
import { verifyStatement } from '@baton/shared/crypto/statements'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../node-runtime/src/config/load.ts'
import { addressesFrom } from '../../../node-runtime/src/network/addresses.ts'
import { createNetwork, type NetworkFiles } from '../../../node-runtime/src/network/init.ts'
import { type LayoutName, planLayout } from '../../../node-runtime/src/network/layouts.ts'
import { runBaton } from './run-baton.ts'

/** Processes are started: half a second each on a busy machine. */
const TIMEOUT_MS = 30_000

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-network-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function make(layout: LayoutName, nodesPerCluster = 3): Promise<NetworkFiles> {
  const clusters = planLayout({ layout, nodesPerCluster })
  const addressOf = addressesFrom('127.0.0.1', 7100, clusters)
  return createNetwork({ network: 'trade', out: join(folder, 'out'), clusters, addressOf, authorityUrl: 'http://a:1' })
}

const value = <T>(result: { ok: true; value: T } | { ok: false }): T => {
  if (!result.ok) throw new Error('not ok')
  return result.value
}

describe('making a network', { timeout: TIMEOUT_MS }, () => {
  it('[CLI4] writes a configuration for every node that checks out', async () => {
    const files = await make('two-company')
    expect(files.nodes).toHaveLength(12)
    for (const node of files.nodes) {
      const config = loadConfig(node.configFile)
      if (!config.ok) throw config.error
      expect(config.value).toMatchObject({ node: node.node, cluster: node.cluster, site: node.site, syncReplicas: 1 })
      expect(config.value.dataFolder).toBe(node.dataFolder)
      expect(config.value.peers).toHaveLength(11)
    }
  })

  it('[NW5] writes into genesis how errors of masters count, and refuses what orders nothing', async () => {
    const clusters = planLayout({ layout: 'two-company', nodesPerCluster: 1 })
    const plan = {
      network: 'trade',
      clusters,
      addressOf: addressesFrom('127.0.0.1', 7100, clusters),
      authorityUrl: 'http://a:1',
    }
    const audit = { threshold: 5, weights: { equivocation: 5 } }
    const { genesis } = await createNetwork({ ...plan, out: join(folder, 'five'), audit })
    expect(genesis.audit).toEqual(audit)
    const never = createNetwork({ ...plan, out: join(folder, 'never'), audit: { threshold: 1_000 } })
    await expect(never).rejects.toMatchObject({ code: 'GENESIS_INVALID', message: expect.stringMatching(/threshold/) })
  })

  it('[NW5] takes it from a file', async () => {
    const file = join(folder, 'audit.json')
    writeFileSync(file, '{"missedInARow": 50}')
    const named = ['--network', 'trade', '--authority-url', 'http://a:1', '--audit', file]
    const done = await runBaton(['network', 'init', ...named, '--out', join(folder, 'made')])
    expect(done.status, done.stderr).toBe(0)
    const genesis = JSON.parse(readFileSync(join(folder, 'made', 'genesis.json'), 'utf8'))
    expect(genesis.audit).toEqual({ missedInARow: 50 })
    writeFileSync(file, 'fifty')
    const refused = await runBaton(['network', 'init', ...named, '--out', join(folder, 'refused')])
    expect(refused.stderr).toContain('error BAD_REQUEST')
  })

  it('[ID1, ID2, ID8] certifies each node with the owner key of its cluster, for one year and five of renewal; genesis names owners and authority', async () => {
    const { genesis, nodes, owners, authorityKeyFile } = await make('two-company')
    const authority = value(await importPrivateJwk(readFileSync(authorityKeyFile, 'utf8')))
    expect(genesis.authorityKeys).toEqual([authority.publicKey])
    for (const node of nodes) {
      const cluster = genesis.clusters.find((candidate) => candidate.cluster === node.cluster)!
      const certificate = readFileSync(node.certificateFile, 'utf8')
      const verified = await verifyStatement('certificate', certificate, cluster.ownerKeys)
      if (!verified.ok) throw new Error(verified.why)
      const pair = value(await importPrivateJwk(readFileSync(node.keyFile, 'utf8')))
      const { issuedAt, expiresAt, renewUntil, ...claims } = verified.payload
      expect(claims).toEqual({
        network: 'trade',
        cluster: node.cluster,
        node: node.node,
        site: node.site,
        key: pair.publicKey,
      })
      expect(expiresAt - issuedAt).toBe(365 * 24 * 3_600_000)
      expect(renewUntil! - issuedAt).toBe(5 * 365 * 24 * 3_600_000)
    }
    for (const { cluster, keyFile } of owners) {
      const owner = value(await importPrivatePem(readFileSync(keyFile, 'utf8')))
      expect(genesis.clusters.find((candidate) => candidate.cluster === cluster)!.ownerKeys).toEqual([owner.publicKey])
    }
  })

  it('[CLI4] gives private keys mode 0600', async () => {
    const { owners, nodes, authorityKeyFile } = await make('two-company', 1)
    for (const file of [authorityKeyFile, ...owners.map((o) => o.keyFile), ...nodes.map((n) => n.keyFile)]) {
      expect(statSync(file).mode & 0o777).toBe(0o600)
    }
  })

  it('[CLI4] refuses to overwrite anything, and then writes nothing', async () => {
    const first = await make('two-company', 1)
    rmSync(first.authorityKeyFile)
    const genesis = readFileSync(first.genesisFile, 'utf8')
    await expect(make('two-company', 1)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect(readFileSync(first.genesisFile, 'utf8')).toBe(genesis)
    expect(existsSync(first.authorityKeyFile)).toBe(false)
  })

  it.each([
    ['two-company', ['c1: x y x', 'c2: x y x', 'c3: y x y', 'c4: y x y']],
    [
      'four-company',
      ['c1: w x y', 'c2: w x y', 'c3: x y z', 'c4: x y z', 'c5: y z w', 'c6: y z w', 'c7: z w x', 'c8: z w x'],
    ],
  ] as const)(
    '[CLI5] places the %s layout: founder at home, standby next, then the ordinary node',
    (layout, expected) => {
      const plan = planLayout({ layout, nodesPerCluster: 3 })
      expect(plan.map(({ cluster, nodes }) => `${cluster}: ${nodes.map(({ site }) => site).join(' ')}`)).toEqual(
        expected,
      )
    },
  )

  it('[CLI5] prefers the node at the other site as standby, and both to the ordinary node', () => {
    for (const { nodes } of planLayout({ layout: 'two-company', nodesPerCluster: 3 })) {
      const [founder, standby, ordinary] = nodes.map(({ priority }) => priority)
      expect(standby).toBeGreaterThan(founder!)
      expect(founder).toBeGreaterThan(ordinary!)
    }
  })
})

describe('baton network init', { timeout: TIMEOUT_MS }, () => {
  const init = (...args: string[]) =>
    runBaton(['network', 'init', '--authority-url', 'https://baton.example', ...args], { cwd: folder })

  it('[CLI4] prints the next steps with commands that can be pasted', async () => {
    const { status, stdout, stderr } = await init('--network', 'trade', '--out', 'net', '--nodes-per-cluster', '2')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('Network trade: 4 clusters, 8 nodes, written to net/')
    expect(stdout).toMatch(/^c1 +c1-n1 +x +founder +127\.0\.0\.1:7100 +127\.0\.0\.1:7101$/m)
    expect(stdout).toContain('npx wrangler secret put AUTHORITY_KEY < net/authority/authority.key.json')
    expect(stdout).toContain('baton run --config net/nodes/c1-n1/baton.toml')
    const check = await runBaton(['config', 'check', 'net/nodes/c1-n1/baton.toml'], { cwd: folder })
    expect(check.stdout).toContain('is valid: node c1-n1 of cluster c1 at site x, network trade')
    expect(readdirSync(join(folder, 'net/nodes/c1-n1')).sort()).toEqual([
      'baton.service',
      'baton.toml',
      'genesis.json',
      'node.certificate.jws',
      'node.certificate.x509.pem',
      'node.key.json',
    ])
  })

  it('[CLI4] fills a template of host names: same ports everywhere, every interface, advertised by name', async () => {
    const made = await init('--network', 'trade', '--out', 'net', '--host', '{node}.{site}.example.org', '--json')
    const { nodes } = JSON.parse(made.stdout) as { nodes: { peer: string; config: string }[] }
    expect(nodes[1]!.peer).toBe('c1-n2.y.example.org:7100')
    const config = loadConfig(nodes[1]!.config)
    if (!config.ok) throw config.error
    expect(config.value.listen.peer).toEqual({ host: '0.0.0.0', port: 7100 })
    expect(config.value.advertise.api).toBe('c1-n2.y.example.org:7101')
  })

  it.each([
    ['a bad name', ['--network', 'Trade!'], '"Trade!" is not a name'],
    ['an unknown layout', ['--network', 't', '--layout', 'ring'], '--layout ring is none of two-company'],
    ['too few sites', ['--network', 't', '--sites', 'x'], 'the two-company layout has 2 of them, not 1: x'],
    ['a custom layout without clusters', ['--network', 't', '--layout', 'custom'], 'needs --clusters and --sites'],
    ['one name twice', ['--network', 't', '--clusters', 'a,b,a,c'], 'the name a is given twice'],
    ['ports beyond the last', ['--network', 't', '--base-port', '65530'], 'ports 65530 to 65553'],
  ])('[CLI4] refuses %s and writes nothing', async (_, args, message) => {
    const { status, stderr } = await init('--out', 'net', ...args)
    expect(status).toBe(65)
    expect(stderr).toContain(message)
    expect(existsSync(join(folder, 'net'))).toBe(false)
  })

  it('[CLI4] names the file that is in the way', async () => {
    writeFileSync(join(folder, 'genesis.json'), '{}')
    const { status, stderr } = await init('--out', '.', '--network', 't')
    expect(status).toBe(78)
    expect(stderr).toContain(`${folder}/genesis.json exists: nothing was written`)
  })
})
