import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importPrivateJwk } from '@baton/shared/crypto/keys'
import { parseGenesis } from '@baton/shared/genesis-schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readKeyFile } from '../../../node-runtime/src/identity/key-file.ts'
import { runBaton as runCommand } from './run-baton.ts'

/** Processes are started: half a second each on a busy machine. */
const TIMEOUT_MS = 30_000

const runBaton = (...command: string[]) => runCommand(command)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-network-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const init = (out: string, ...more: string[]) =>
  runBaton(
    ...['network', 'init', '--network', 'trade', '--out', join(folder, out), '--authority-url', 'http://a:1'],
    ...more,
  )
const AT = ['--authority-url', 'http://a:1', '--owner-key'] as const

describe('a network with clusters that are their own arbiter', { timeout: TIMEOUT_MS }, () => {
  beforeAll(async () => {
    expect(await init('net', '--majority', 'c1,c3')).toMatchObject({ status: 0 })
  })
  const at = (...path: string[]) => join(folder, 'net', ...path)

  it('[MJ1] genesis names their nodes with the keys that are in their folders, and nobody of the other clusters', async () => {
    const genesis = parseGenesis(readFileSync(at('genesis.json'), 'utf8'))
    if (!genesis.ok) throw new Error(genesis.why)
    const arbiters = genesis.value.clusters.map(({ cluster, arbiter }) => [cluster, arbiter?.members.length ?? 0])
    expect(arbiters).toEqual([
      ['c1', 3],
      ['c2', 0],
      ['c3', 3],
      ['c4', 0],
    ])
    for (const { node, key } of genesis.value.clusters[0]!.arbiter!.members) {
      expect((await readKeyFile(at('nodes', node, 'node.key.json'))).publicKey).toBe(key)
    }
    const owner = await importPrivateJwk(readFileSync(at('authority', 'authority.key.json'), 'utf8'))
    expect(owner.ok && genesis.value.authorityKeys).toEqual([owner.ok && owner.value.publicKey])
  })

  it('[MJ1, CLI3] a cluster that is too small, or that there is not, is refused before anything is written', async () => {
    expect(await init('two', '--majority', 'all', '--nodes-per-cluster', '2')).toMatchObject({
      status: 65,
      stderr: expect.stringContaining('needs three'),
    })
    expect(await init('none', '--majority', 'c9')).toMatchObject({ status: 65, stderr: expect.stringContaining('c9') })
  })

  it('[MJ1] a configuration of a node that genesis does not name there does not check out', async () => {
    const file = at('nodes', 'c1-n1', 'baton.toml')
    const text = readFileSync(file, 'utf8')
    expect(await runBaton('config', 'check', file)).toMatchObject({ status: 0 })
    writeFileSync(file, text.replace('node = "c1-n1"', 'node = "c1-n9"'))
    const refused = await runBaton('config', 'check', file)
    writeFileSync(file, text)
    expect(refused).toMatchObject({
      status: 78,
      stderr: expect.stringContaining('the arbiter of c1: c1-n1, c1-n2, c1-n3'),
    })
  })

  it('[MJ1, ID3] nobody is given a token for it, and no other key is certified or made for its members', async () => {
    const genesis = ['--genesis', at('genesis.json')]
    const owner = at('owners', 'c1.key.pem')
    const fixed = { status: 65, stderr: expect.stringContaining('fixed when the network is made') }
    expect(await runBaton('token', 'create', '--cluster', 'c1', ...genesis, ...AT, owner)).toMatchObject(fixed)
    const rotated = await runBaton('key', 'rotate', '--config', at('nodes', 'c1-n1', 'baton.toml'))
    expect(rotated).toMatchObject(fixed)
    const key = (await readKeyFile(at('nodes', 'c2-n1', 'node.key.json'))).publicKey
    const who = ['--cluster', 'c1', '--node', 'c1-n1', '--site', 'x', '--key', key]
    const out = ['--out', at('new.jws'), '--owner-key', owner]
    expect(await runBaton('node', 'certify', ...who, ...genesis, ...out)).toMatchObject(fixed)
    const own = (await readKeyFile(at('nodes', 'c1-n1', 'node.key.json'))).publicKey
    const same = ['--cluster', 'c1', '--node', 'c1-n1', '--site', 'x', '--key', own]
    expect(await runBaton('node', 'certify', ...same, ...genesis, ...out)).toMatchObject({ status: 0 })
  })
})
