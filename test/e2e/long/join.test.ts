import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from '../../../node-runtime/src/demo/free-ports.ts'
import { waitFor } from '../../../node-runtime/src/demo/wait.ts'
import type { Joined } from '../../../node-runtime/src/network/join.ts'
import { NOTHING_WRONG, SteadyLoad } from '../../support/e2e-load.ts'
import { E2eNetwork } from '../../support/e2e-network.ts'
import { runBaton } from '../../unit/cli/run-baton.ts'

const PER_SECOND = 40
const STEP_MS_MAX = 45_000
const FRESH = 'c2-n3'

/** Of the second cluster: the nodes of the first have lower names, so it is they who must learn where to dial it. */
describe('a node that joins a running network', () => {
  let network: E2eNetwork
  let token = ''
  beforeAll(async () => {
    network = await E2eNetwork.start({ clusters: [2, 2], preset: 'metro' })
  })
  afterAll(() => network?.stop())

  const signed = () => ['--genesis', network.files.genesisFile, '--owner-key', network.files.owners[1]!.keyFile]
  const authority = () => ['--authority-url', network.authorityUrl]

  async function baton<T>(...args: readonly string[]): Promise<T> {
    const { status, stdout, stderr } = await runBaton([...args, '--json'])
    if (status !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as T
  }

  async function joinAs(node: string, folder: string, port: number): Promise<Joined> {
    const at = ['--host', '127.0.0.1', '--base-port', String(port)]
    return baton('join', token, '--data', folder, '--node', node, ...at)
  }

  test('[ID1, ID2, ID3] a fresh host joins under load, catches up and enters the sync set', async () => {
    const load = await SteadyLoad.start(network, { perSecond: PER_SECOND })
    await load.more(PER_SECOND)
    const limits = ['--cluster', 'c2', '--site', 'x', '--uses', '1', '--expires', '10m']
    token = (await baton<{ token: string }>('token', 'create', ...limits, ...signed(), ...authority())).token
    const folder = join(network.folder, 'fresh')
    // The kernel gives ports of one parity first, so the next one is free too.
    const [port] = (await freePorts(1)) as [number]
    const joined = await joinAs(FRESH, folder, port)
    expect(joined).toMatchObject({ node: FRESH, cluster: 'c2', site: 'x', usesLeft: 0 })
    expect(statSync(join(folder, 'node.key.json')).mode & 0o777).toBe(0o600)

    // A crash before the configuration was written: the same key and certificate, and no second use.
    rmSync(join(folder, 'baton.toml'))
    expect(await joinAs(FRESH, folder, port)).toEqual(joined)
    await expect(joinAs('c2-n4', join(network.folder, 'second'), port)).rejects.toThrow('TOKEN_USED_UP')
    expect(readdirSync(join(network.folder, 'second'))).not.toContain('baton.toml')

    network.adopt({
      node: FRESH as never,
      cluster: 'c2' as never,
      site: joined.site,
      founder: false,
      folder,
      configFile: joined.configFile,
      keyFile: join(folder, 'node.key.json'),
      certificateFile: join(folder, 'node.certificate.jws'),
      dataFolder: join(folder, 'data'),
      peerAddress: `127.0.0.1:${port}`,
      apiAddress: `127.0.0.1:${port + 1}`,
    })
    network.start(FRESH)
    await network.whole()
    await waitFor('links with every node, of both clusters', STEP_MS_MAX, async () => {
      const status = await network.status(FRESH)
      return status?.peers.connected === 4 && status.electable
    })
    const { name: master } = await network.master('c2')
    const standby = master === 'c2-n1' ? 'c2-n2' : 'c2-n1'
    await network.node(standby).kill()
    await waitFor('the fresh node to enter the sync set', STEP_MS_MAX, async () => {
      return (await network.status(FRESH))?.syncSet.includes(FRESH as never)
    })
    await load.more(PER_SECOND)
    network.start(standby)
    await network.whole()
    expect(await load.judge()).toMatchObject(NOTHING_WRONG)
    expect(load.failures).toEqual([])
  })

  test('[ID3, NW1] it is elected, and the other cluster accepts its votes by a chain that it has never seen before', async () => {
    const before = await network.master('c2')
    const others = ['c2-n1', 'c2-n2'].filter((name) => name !== before.name)
    const load = await SteadyLoad.start(network, { perSecond: PER_SECOND, nodes: ['c1-n1', 'c1-n2'] })
    for (const name of others) await network.node(name).kill()
    await waitFor('the fresh node to be the only standby', STEP_MS_MAX, async () => {
      const set = (await network.status(before.name))?.syncSet ?? []
      return set.length === 2 && set.includes(FRESH as never)
    })
    if (before.name !== FRESH) await network.node(before.name).kill()
    const after = await network.master('c2', before.epoch + 1)
    expect(after.name).toBe(FRESH)
    await load.more(2 * PER_SECOND)
    for (const name of ['c2-n1', 'c2-n2']) network.start(name)
    await network.whole()
    expect(await load.judge()).toMatchObject(NOTHING_WRONG)
  })

  test('[ID8, RG9] its owner revokes it while it is the master: it is switched away from, and let in no more', async () => {
    const before = await network.master('c2')
    expect(before.name).toBe(FRESH)
    await baton('node', 'revoke', FRESH, '--cluster', 'c2', '--reason', 'a test', ...signed(), ...authority())
    const after = await network.master('c2', before.epoch + 1)
    expect(after.name).not.toBe(FRESH)
    await waitFor('its links to end', STEP_MS_MAX, async () => (await network.status(FRESH))?.peers.connected === 0)
    const refused = () =>
      network.events('c1-n1').filter(({ event, peer }) => event === 'link-refused' && peer === FRESH)
    await waitFor('a refusal that says why', STEP_MS_MAX, () => refused().some(({ reason }) => reason === 'revoked'))
    const { stdout } = await runBaton(['node', 'list', '--genesis', network.files.genesisFile, ...authority()])
    expect(stdout).toMatch(new RegExp(`${FRESH} .* revoked`))
    await network.node(FRESH).kill()
  })

  test('[ID2, RG2] a master that comes back with another key claims anew, and its votes count under that key', async () => {
    const before = await network.master('c1')
    const other = before.name === 'c1-n1' ? 'c1-n2' : 'c1-n1'
    const { configFile, certificateFile } = network.node(before.name).files
    const owner = ['--genesis', network.files.genesisFile, '--owner-key', network.files.owners[0]!.keyFile]
    const { publicKey } = await baton<{ publicKey: string }>('key', 'rotate', '--config', configFile)
    const next = join(network.folder, 'next.jws')
    await baton('node', 'certify', '--certificate', certificateFile, '--key', publicKey, '--out', next, ...owner)
    // Killed, not stopped: it has handed nothing over, and finds its required set on disk.
    await network.node(other).kill()
    await network.node(before.name).kill()
    await baton('key', 'install', '--config', configFile, '--certificate', next)
    network.start(before.name)
    const after = await network.master('c1', before.epoch + 1)
    expect(after.name).toBe(before.name)
    const load = await SteadyLoad.start(network, { perSecond: PER_SECOND, nodes: [before.name] })
    await load.more(PER_SECOND)
    network.start(other)
    await waitFor('the other node to be its standby', STEP_MS_MAX, async () => {
      return (await network.status(before.name))?.syncSet.includes(other as never)
    })
    const nodes = await runBaton([
      'node',
      'list',
      '--genesis',
      network.files.genesisFile,
      ...authority(),
      '--cluster',
      'c1',
    ])
    expect(nodes.stdout).toContain(publicKey)
    expect(load.failures).toEqual([])
    await load.stop()
  })
})
