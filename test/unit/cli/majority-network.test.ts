import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

  const genesis = () => ['--genesis', at('genesis.json')]
  const owner = () => ['--owner-key', at('owners', 'c1.key.pem')]
  const replace = (node: string, key: string, ...more: string[]) =>
    runBaton(
      'node',
      'replace-key',
      node,
      '--cluster',
      'c1',
      '--key',
      key,
      '--reason',
      'its disk is lost',
      ...genesis(),
      ...more,
    )
  const siteOf = (node: string) => {
    const file = at('nodes', node, 'baton.toml')
    return /^site = "(.*)"$/m.exec(existsSync(file) ? readFileSync(file, 'utf8') : '')?.[1] ?? 'x'
  }
  const certify = (node: string, key: string, out: string, ...more: string[]) =>
    runBaton(
      ...['node', 'certify', '--cluster', 'c1', '--node', node, '--site', siteOf(node), '--key', key, '--out', at(out)],
      ...[...genesis(), ...owner(), ...more],
    )
  const keyOf = async (node: string) => (await readKeyFile(at('nodes', node, 'node.key.json'))).publicKey

  it('[MJ1, ID3] nobody is given a token for it, and no key but the one that counts is certified for its members', async () => {
    const fixed = { status: 65, stderr: expect.stringContaining('fixed when the network is made') }
    expect(
      await runBaton('token', 'create', '--cluster', 'c1', ...genesis(), ...AT, at('owners', 'c1.key.pem')),
    ).toMatchObject(fixed)
    expect(await certify('c1-n9', await keyOf('c2-n1'), 'new.jws')).toMatchObject(fixed)
    const other = await certify('c1-n1', await keyOf('c2-n1'), 'new.jws')
    expect(other).toMatchObject({ status: 65, stderr: expect.stringContaining('baton node replace-key c1-n1') })
    expect(await certify('c1-n1', await keyOf('c1-n1'), 'new.jws')).toMatchObject({ status: 0 })
  })

  it('[MJ1, CLI3] a host that lost its key comes back with a new one, offline: made, said, certified, installed', async () => {
    const file = at('nodes', 'c1-n2', 'baton.toml')
    const lost = await keyOf('c1-n2')
    for (const name of ['node.key.json', 'node.certificate.jws']) rmSync(at('nodes', 'c1-n2', name))
    const rotated = await runBaton('key', 'rotate', '--config', file)
    expect(rotated).toMatchObject({ status: 0, stdout: expect.stringContaining('baton node replace-key c1-n2') })
    const { publicKey } = JSON.parse((await runBaton('key', 'rotate', '--config', file, '--json')).stdout)
    const said = await replace('c1-n2', publicKey, ...owner(), '--out', at('member-key.jws'))
    expect(said).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/key 2 of c1-n2 written to .*baton node certify/s),
    })
    const known = ['--owner-changes', at('member-key.jws')]
    expect(await certify('c1-n2', publicKey, 'next.jws', ...known)).toMatchObject({ status: 0 })
    expect(await certify('c1-n2', lost, 'old.jws', ...known)).toMatchObject({ status: 65 })

    const install = (...more: string[]) =>
      runBaton('key', 'install', '--config', file, '--certificate', at('next.jws'), ...more)
    expect(await install()).toMatchObject({ status: 65, stderr: expect.stringContaining('--notices') })
    expect(existsSync(at('nodes', 'c1-n2', 'node.key.json'))).toBe(false)
    const foreign = at('foreign.jws')
    writeFileSync(foreign, readFileSync(at('member-key.jws'), 'utf8').replace(/.{4}$/, 'AAAA'))
    expect(await install('--notices', foreign)).toMatchObject({
      status: 69,
      stderr: expect.stringContaining('a line that does not verify'),
    })
    expect(await install('--notices', at('member-key.jws'))).toMatchObject({ status: 0 })
    expect(await keyOf('c1-n2')).toBe(publicKey)
    // Once more, as after a crash: the same.
    expect(await install('--notices', at('member-key.jws'))).toMatchObject({ status: 0 })
  })

  it('[MJ1, CLI3] what would be no new key of a member is refused before anything is signed', async () => {
    const free = (await readKeyFile(at('nodes', 'c2-n1', 'node.key.json'))).publicKey
    const out = ['--out', at('refused.jws')]
    const cases: [node: string, key: string, more: string[], why: string][] = [
      ['c1-n9', free, out, 'not among the members that are the arbiter of c1'],
      ['c1-n1', await keyOf('c1-n3'), out, 'the key of a member of c1'],
      ['c1-n1', 'abc', out, 'no public key'],
      ['c1-n1', free, [], '--authority-url to send it, or --out'],
      ['c2-n1', free, [...out, '--cluster', 'c2'], 'kept by the authentication node'],
    ]
    for (const [node, key, more, why] of cases) {
      expect(await replace(node, key, ...owner(), ...more), why).toMatchObject({
        status: 65,
        stderr: expect.stringContaining(why),
      })
    }
    const foreign = await replace('c1-n1', free, '--owner-key', at('owners', 'c3.key.pem'), ...out)
    expect(foreign).toMatchObject({ status: 78, stderr: expect.stringContaining('no owner key of cluster c1') })
    expect(existsSync(at('refused.jws'))).toBe(false)
  })
})
