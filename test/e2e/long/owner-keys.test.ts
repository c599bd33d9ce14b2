import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { importPrivateJwk } from '@baton/shared/crypto/keys'
import type { PublicKey } from '@baton/shared/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BatonClient } from '../../../node-runtime/src/client/baton-client.ts'
import { waitFor } from '../../../node-runtime/src/demo/wait.ts'
import { baton, type EndedCommand } from '../../support/e2e-command.ts'
import { NOTHING_WRONG, SteadyLoad } from '../../support/e2e-load.ts'
import { E2eNetwork } from '../../support/e2e-network.ts'

const PER_SECOND = 30
/** Long enough to certify two nodes anew on a busy machine; the test waits for its end. */
const WINDOW_SECONDS = 60
const TOLD_MS_MAX = 30_000

let network: E2eNetwork
beforeAll(async () => {
  network = await E2eNetwork.start({ clusters: [2, 1, 1, 1], preset: 'metro' })
})
afterAll(() => network?.stop())

const at = (name: string): string => join(network.folder, name)
const ownerKey = (cluster: string): string => network.files.owners.find((owner) => owner.cluster === cluster)!.keyFile

function rotate(...more: string[]): Promise<EndedCommand> {
  const { genesisFile } = network.files
  const where = ['--genesis', genesisFile, '--authority-url', network.authorityUrl, '--out', at('owner-c1.jws')]
  return baton('owner', 'rotate-key', ...where, ...more)
}

const ofC1 = (...more: string[]): readonly string[] => [
  ...['--cluster', 'c1', '--owner-key', ownerKey('c1'), '--new-owner-key', at('next.jwk')],
  ...['--window', `${WINDOW_SECONDS}s`, ...more],
]

async function succeeds(...command: string[]): Promise<string> {
  const ended = await baton(...command)
  expect(ended, command.join(' ')).toMatchObject({ status: 0, errors: '' })
  return ended.output
}

async function publicKeyIn(file: string): Promise<PublicKey> {
  const pair = await importPrivateJwk(readFileSync(file, 'utf8'))
  if (!pair.ok) throw new Error(pair.why)
  return pair.value.publicKey
}

/** By the new key, and put in place: the node must not run. */
async function certifyAnew(node: string): Promise<void> {
  const { configFile, certificateFile } = network.node(node).files
  const out = at(`${node}.next.jws`)
  const by = [
    '--owner-key',
    at('next.jwk'),
    '--owner-changes',
    at('owner-c1.jws'),
    '--genesis',
    network.files.genesisFile,
  ]
  await succeeds('node', 'certify', ...by, '--certificate', certificateFile, '--out', out)
  await succeeds('key', 'install', '--config', configFile, '--certificate', out)
}

test('[ID1, ID8, LE13, NW1] an owner replaces its key under load: both count in the window, then the new one; who was away learns it', {
  timeout: 400_000,
}, async () => {
  const { genesis, genesisFile } = network.files
  await succeeds('key', 'create', '--out', at('next.jwk'))
  const next = await publicKeyIn(at('next.jwk'))
  network.trusted = {
    ...genesis,
    clusters: genesis.clusters.map((each) =>
      each.cluster === 'c1' ? { ...each, ownerKeys: [...each.ownerKeys, next] } : each,
    ),
  }
  const load = await SteadyLoad.start(network, { perSecond: PER_SECOND })
  await load.more(PER_SECOND)

  const wrong: readonly [readonly string[], string][] = [
    [ofC1().map((word) => (word === 'c1' ? 'c9' : word)), 'genesis has no cluster c9'],
    [ofC1().map((word) => (word === at('next.jwk') ? ownerKey('c1') : word)), 'the new key is the old one'],
    [
      ofC1().map((word) => (word === ownerKey('c1') ? ownerKey('c2') : word)),
      'is not the present owner key of cluster c1',
    ],
    [ofC1().map((word) => (word === at('next.jwk') ? ownerKey('c2') : word)), 'a key of an owner or of the authority'],
  ]
  for (const [options, why] of wrong) {
    const refused = await rotate(...options)
    expect(refused, why).toMatchObject({ output: '', errors: expect.stringContaining(why) })
    expect(refused.status).not.toBe(0)
  }
  const dry = await rotate(...ofC1('--dry-run'))
  expect(dry).toMatchObject({ status: 0, output: expect.stringContaining('dry run: nothing was sent') })
  expect(dry.output).toContain('c1-n1, c1-n2')
  expect(existsSync(at('owner-c1.jws'))).toBe(false)

  // The standby is away from before the rotation until the old key has ended.
  const master = (await network.master('c1')).name
  const away = master === 'c1-n1' ? 'c1-n2' : 'c1-n1'
  await network.node(away).kill()

  const began = Date.now()
  const told = await rotate(...ofC1('--minter-out', at('minter.jsonl')))
  expect(told).toMatchObject({ status: 0, errors: '', output: expect.stringContaining('Next, before') })
  for (const node of [master, 'c2-n1', 'c3-n1', 'c4-n1']) {
    await waitFor(`the rotation at ${node}`, TOLD_MS_MAX, () =>
      network.events(node).some(({ event }) => event === 'owner-key'),
    )
  }
  // Run again, as after a crash: the same, and nothing new.
  writeFileSync(at('owner-c1.jws'), '')
  expect(await rotate(...ofC1())).toMatchObject({ status: 0, errors: '' })
  expect(readFileSync(at('owner-c1.jws'), 'utf8').trim().split('\n')).toHaveLength(1)

  // The chain learns of it by a transaction of the old key (LE13), which is the same however often it is made.
  const url = `http://${network.node('c2-n1').files.apiAddress}`
  expect(await rotate(...ofC1('--minter-out', at('minter.jsonl')))).toMatchObject({ status: 0, errors: '' })
  const submitted = await baton('submit', at('minter.jsonl'), '--url', url, '--json')
  expect(submitted).toMatchObject({ status: 0, output: expect.stringContaining('"ok":true') })
  const minter = JSON.parse(await succeeds('query', 'minter', next, '--url', url, '--json'))
  expect(minter).toMatchObject({ value: { mints: true, replacedBy: null } })
  await succeeds('key', 'create', '--out', at('third.jwk'))
  const third = ofC1().map((word) =>
    word === at('next.jwk') ? at('third.jwk') : word === ownerKey('c1') ? at('next.jwk') : word,
  )
  expect(await rotate(...third)).toMatchObject({ errors: expect.stringContaining('is under way') })
  await load.more(PER_SECOND)

  // In the window its node restarts with the old certificate, and gets the new one.
  await network.node(master).kill()
  network.start(master)
  await network.master('c1')
  await load.more(PER_SECOND)
  await network.node(master).kill()
  await certifyAnew(master)
  network.start(master)
  await network.master('c1')
  await load.more(PER_SECOND)

  await sleep(Math.max(0, began + (WINDOW_SECONDS + 1) * 1_000 - Date.now()))
  await load.more(PER_SECOND)
  const late = ['--owner-key', ownerKey('c1'), '--owner-changes', at('owner-c1.jws'), '--genesis', genesisFile]
  const certificate = network.node(away).files.certificateFile
  const refused = await baton('node', 'certify', ...late, '--certificate', certificate, '--out', at('late.jws'))
  expect(refused.errors).toContain('this is no owner key of cluster c1')

  await certifyAnew(away)
  network.start(away)
  await network.whole()
  const before = await network.master('c1')
  await network.node(before.name).kill()
  const after = await network.master('c1', before.epoch + 1)
  network.start(before.name)
  await network.whole()
  await load.more(PER_SECOND)

  // A client that has nothing but genesis and a node of another cluster follows, too.
  const client = new BatonClient({ urls: [network.node('c2-n1').files.apiAddress], route: 'masters', genesis })
  expect((await client.masters()).find(({ cluster }) => cluster === 'c1')).toMatchObject({ epoch: after.epoch })
  await client.close()
  expect(await load.judge()).toMatchObject(NOTHING_WRONG)
  expect(load.failures).toEqual([])
})
