import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Genesis } from '@baton/shared/genesis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '../../../node-runtime/src/demo/wait.ts'
import { baton as run } from '../../support/e2e-command.ts'
import { NOTHING_WRONG, SteadyLoad } from '../../support/e2e-load.ts'
import { E2eNetwork } from '../../support/e2e-network.ts'

const PER_SECOND = 30
const STEP_MS_MAX = 60_000

let network: E2eNetwork
beforeAll(async () => {
  network = await E2eNetwork.start({ clusters: [3, 1, 1, 1], majorities: ['c1'], preset: 'metro' })
})
afterAll(() => network?.stop())

async function baton(...options: string[]): Promise<string> {
  const { status, output, errors } = await run(...options)
  expect(status, `baton ${options.join(' ')}: ${errors}`).toBe(0)
  return output
}

/** The judgement takes what a member has signed with any of its keys for its signature, once. */
function trusting(genesis: Genesis, node: string, key: string): Genesis {
  const clusters = genesis.clusters.map((cluster) => {
    if (cluster.arbiter === undefined) return cluster
    const members = [...cluster.arbiter.members, { node: node as never, key: key as never }]
    return { ...cluster, arbiter: { ...cluster.arbiter, members } }
  })
  return { ...genesis, clusters }
}

test('[MJ1, ID2] a member that lost its host, disk and key comes back with a new key while the control plane is gone, and decides again', {
  timeout: 240_000,
}, async () => {
  const load = await SteadyLoad.start(network, { perSecond: PER_SECOND })
  await load.more(PER_SECOND)
  await network.killAuthority()
  const first = await network.master('c1')
  const lost = first.name
  const { configFile, certificateFile, dataFolder } = network.node(lost).files
  await network.node(lost).kill()
  const second = await network.master('c1', first.epoch + 1)
  for (const gone of [dataFolder, certificateFile, join(certificateFile, '../node.key.json')]) {
    rmSync(gone, { recursive: true, force: true })
  }

  // On the host that comes in its place, at the owner's desk, on the host again.
  const { publicKey } = JSON.parse(await baton('key', 'rotate', '--config', configFile, '--json'))
  const [said, next] = [join(network.folder, 'member-key.jws'), join(network.folder, 'next.jws')]
  const { genesisFile, owners } = network.files
  const owner = ['--genesis', genesisFile, '--owner-key', owners[0]!.keyFile, '--cluster', 'c1', '--key', publicKey]
  await baton('node', 'replace-key', lost, '--reason', 'its host burnt', '--out', said, ...owner)
  const { site } = network.node(lost).files
  await baton('node', 'certify', '--node', lost, '--site', site, '--owner-changes', said, '--out', next, ...owner)
  await baton('key', 'install', '--config', configFile, '--certificate', next, '--notices', said)
  network.trusted = trusting(network.trusted, lost, publicKey)
  network.start(lost)

  // The others hear of its key from itself, and it has a vote when both have told it what they hold.
  await waitFor('its seat', STEP_MS_MAX, () => network.logOf(lost).includes('arbiter-reseated'))
  for (const { files } of network.nodes) {
    if (files.node === lost) continue
    await waitFor(`${files.node} to hear of the key`, STEP_MS_MAX, () =>
      network.logOf(files.node).includes('"member-key"'),
    )
  }
  await network.whole()
  await load.more(PER_SECOND)
  // Now its vote is one of the two that are there.
  await network.node(second.name).kill()
  const third = await network.master('c1', second.epoch + 1)
  expect(third.name).not.toBe(second.name)
  network.start(second.name)
  await network.whole()

  // The control plane hears of it from the members, and lets it in.
  await network.startAuthority()
  await waitFor('its session with the control plane', STEP_MS_MAX, async () => {
    const listed = await run(
      'node',
      'list',
      '--genesis',
      genesisFile,
      '--authority-url',
      network.authorityUrl,
      '--json',
    )
    return listed.output.includes(publicKey)
  })
  await load.more(PER_SECOND)
  expect(await load.judge()).toMatchObject(NOTHING_WRONG)
  expect(load.failures).toEqual([])
})
