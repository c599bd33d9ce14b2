import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { importPrivatePem } from '@baton/shared/crypto/keys'
import type { NodeCertificate } from '@baton/shared/crypto/statement-types'
import { peekStatement, signStatement } from '@baton/shared/crypto/statements'
import type { UnixMs } from '@baton/shared/ids'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from '../../node-runtime/src/demo/free-ports.ts'
import { createNetwork } from '../../node-runtime/src/network/init.ts'
import { baton } from '../support/e2e-command.ts'
import { acknowledgedHeight } from '../support/e2e-load.ts'
import { E2eNetwork } from '../support/e2e-network.ts'

/** sysexits: EX_CONFIG. */
const CONFIG_STATUS = 78

let network: E2eNetwork
let copies = 0
beforeAll(async () => {
  network = await E2eNetwork.start({ clusters: [2], preset: 'wan' })
})
afterAll(() => network?.stop())
/** The running nodes never notice: nobody is replaced. A busy host alone may cost the standby its place for a moment. */
afterEach(async () => {
  expect(await acknowledgedHeight(network)).toBeGreaterThan(0)
  await network.whole()
  expect(await network.clusters()).toMatchObject([{ master: 'c1-n1', epoch: 1, syncSet: ['c1-n1', 'c1-n2'] }])
})

/** The folder of the standby as another host would have it: same identity, own data, ports of its own. */
interface HostCopy {
  readonly folder: string
  readonly config: string
  edit(change: (toml: string) => string): void
}

async function copyOf(name: string): Promise<HostCopy> {
  const { files } = network.node(name)
  const folder = join(network.folder, `copy-${++copies}`)
  cpSync(files.folder, folder, { recursive: true, filter: (source) => !source.startsWith(files.dataFolder) })
  const config = join(folder, 'baton.toml')
  const copy: HostCopy = {
    folder,
    config,
    edit: (change) => writeFileSync(config, change(readFileSync(config, 'utf8'))),
  }
  const ports = await freePorts(2)
  copy.edit((toml) => replaced(replaced(toml, files.peerAddress, at(ports[0])), files.apiAddress, at(ports[1])))
  return copy
}

const at = (port: number | undefined) => `127.0.0.1:${port}`

/** All of them, and at least one. */
function replaced(text: string, from: string, to: string): string {
  expect(text).toContain(from)
  return text.replaceAll(from, to)
}

const listenOf = (toml: string, what: 'peer' | 'api') => new RegExp(`^${what} = "(.*)"$`, 'm').exec(toml)![1]!

/** `baton run` ends at once, with whose fault it is, what is wrong, and what to do. */
async function refuses(
  copy: Pick<HostCopy, 'config'>,
  code: string,
  ...parts: readonly (string | RegExp)[]
): Promise<void> {
  const { status, errors } = await baton('run', '--config', copy.config)
  expect({ status, errors }).toMatchObject({
    status: CONFIG_STATUS,
    errors: expect.stringContaining(`error ${code}: `),
  })
  expect(errors).toMatch(/^ {2}do: {2}\S/m)
  for (const part of parts) expect(errors).toMatch(part)
}

describe('`baton run` with a wrong configuration ends with status 78 and says what to do', () => {
  test('[CF2, CLI1] contradictory timings: both are named', async () => {
    const copy = await copyOf('c1-n2')
    copy.edit((toml) => replaced(toml, '[election]', '[timing]\nheartbeatMs = 400\nsuspectAfterMs = 900\n\n[election]'))
    await refuses(
      copy,
      'CONFIG_INVALID',
      /suspectAfterMs = 900 must be more than 3 × heartbeatMs = 400/,
      'config check',
    )
  })

  test('[API7, CLI1] a taken port for clients, with the identity of the running master', async () => {
    const copy = await copyOf('c1-n1')
    const { apiAddress } = network.node('c1-n1').files
    copy.edit((toml) => replaced(toml, listenOf(toml, 'api'), apiAddress))
    await refuses(copy, 'PORT_TAKEN', apiAddress, /port|address/)
  })

  test('[API7, CLI1] a taken port for peers', async () => {
    const copy = await copyOf('c1-n2')
    const { peerAddress } = network.node('c1-n2').files
    copy.edit((toml) => replaced(toml, listenOf(toml, 'peer'), peerAddress))
    await refuses(copy, 'PORT_TAKEN', peerAddress, '[listen] peer')
  })

  test('[CLI1] a second process on one data folder: the first one is named', async () => {
    const copy = await copyOf('c1-n2')
    const { dataFolder } = network.node('c1-n2').files
    copy.edit((toml) => replaced(toml, 'data = "data"', `data = ${JSON.stringify(dataFolder)}`))
    await refuses(copy, 'DATA_FOLDER_IN_USE', dataFolder, `stop process ${network.node('c1-n2').pid}`)
  })

  test('[ID2, ID8, CLI1] an expired certificate', async () => {
    const copy = await copyOf('c1-n2')
    const file = join(copy.folder, 'node.certificate.jws')
    const owner = await importPrivatePem(readFileSync(network.files.owners[0]!.keyFile, 'utf8'))
    const read = peekStatement('certificate', readFileSync(file, 'utf8').trim())
    if (!owner.ok || !read.ok) throw new Error('the files of the network cannot be read')
    const expired: NodeCertificate = { ...read.payload, expiresAt: (Date.now() - 1_000) as UnixMs }
    writeFileSync(file, await signStatement('certificate', expired, owner.value.privateKey))
    await refuses(copy, 'IDENTITY_INVALID', /it expired at 20/, 'have the owner sign a new certificate')
  })

  test('[ID2, CF2, CLI1] a private key that others can read', async () => {
    const copy = await copyOf('c1-n2')
    const file = join(copy.folder, 'node.key.json')
    chmodSync(file, 0o640)
    await refuses(copy, 'CONFIG_INVALID', /mode 640/, `chmod 600 ${file}`)
  })

  test.each([
    [
      'of another network',
      'other',
      'CONFIG_INVALID',
      /genesis has network "other", but the certificate .* is for network "e2e"/,
    ],
    ['of the same name with other owners', 'e2e', 'IDENTITY_INVALID', /the node certificate .* cannot be used/],
  ] as const)('[ID1, ID2, CLI1] a genesis %s', async (_, name, code, why) => {
    const copy = await copyOf('c1-n2')
    const other = await createNetwork({
      network: name,
      out: join(copy.folder, 'other'),
      clusters: [{ cluster: 'c1', nodes: network.files.nodes.map(({ node, site }) => ({ node, site, priority: 1 })) }],
      addressOf: () => ({ listen: { peer: at(1), api: at(2) }, advertise: { peer: at(1), api: at(2) } }),
      authorityUrl: network.authorityUrl,
    })
    cpSync(other.genesisFile, join(copy.folder, 'genesis.json'))
    await refuses(copy, code, why)
  })

  test('[GU4, CLI1] a genesis with one changed setting, on a chain that began with another', async () => {
    await acknowledgedHeight(network)
    const { files } = network.node('c1-n2')
    network.signal('c1-n2', 'SIGTERM')
    expect(await network.ended('c1-n2')).toBe('exit status 0')
    const file = join(files.folder, 'genesis.json')
    const right = readFileSync(file, 'utf8')
    writeFileSync(file, replaced(right, '"heartbeatBlockMs": 10000', '"heartbeatBlockMs": 20000'))
    await refuses({ config: files.configFile }, 'GENESIS_INVALID', files.dataFolder, `genesis.json to ${file} again`)
    writeFileSync(file, right)
    network.start('c1-n2')
    await network.whole()
  })
})
