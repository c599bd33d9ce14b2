import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { RegistryView } from '@baton/shared/protocol/control'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '../../../node-runtime/src/demo/wait.ts'
import { baton, type EndedCommand } from '../../support/e2e-command.ts'
import { NOTHING_WRONG, SteadyLoad } from '../../support/e2e-load.ts'
import { E2eNetwork } from '../../support/e2e-network.ts'

const PER_SECOND = 30
/** More than the authority listens after its start. */
const STEP_MS_MAX = 45_000

let network: E2eNetwork
beforeAll(async () => {
  network = await E2eNetwork.start({ clusters: [2, 3, 1, 1], preset: 'metro' })
  for (const cluster of ['c1', 'c2']) await makeOwnerToken(cluster)
})
afterAll(() => network?.stop())

test('[RG8, GU2, ID7] an old copy of the control plane grants nothing; what the README says brings it back, and nothing is lost', {
  timeout: 240_000,
}, async () => {
  const load = await SteadyLoad.start(network, { perSecond: PER_SECOND })
  await load.more(PER_SECOND)
  await network.killAuthority()
  const copy = join(network.folder, 'copy')
  cpSync(databases(), copy, { recursive: true })
  await network.startAuthority()

  // Since the copy: a failover of c1, and an eviction of c2's master, which is a bar that stands.
  const before = { c1: await network.master('c1'), c2: await network.master('c2') }
  await network.node(before.c1.name).kill()
  await network.master('c1', before.c1.epoch + 1)
  network.start(before.c1.name)
  await waitFor('a standby of c2', STEP_MS_MAX, async () => (await as('c2', 'explain', 'c2')).output.startsWith('Yes'))
  expect(await as('c2', 'evict', before.c2.name, '--yes', '--reason', 'bad disk')).toMatchObject({ status: 0 })
  await network.master('c2', before.c2.epoch + 1)
  await network.whole()
  const since = { c1: await network.master('c1'), c2: await network.master('c2') }

  await network.killAuthority()
  rmSync(databases(), { recursive: true })
  cpSync(copy, databases(), { recursive: true })
  await network.startAuthority()

  for (const cluster of ['c1', 'c2'] as const) {
    const told = await explained(cluster, 'Nothing is granted or changed here')
    expect(told).toContain(`baton restore raise-generation ${cluster}`)
    expect(told).toContain('A switchover is not possible now: the registry stands still')
    const refused = await as(cluster, 'switchover', cluster)
    expect(refused).toMatchObject({ output: '' })
    expect(refused.status).not.toBe(0)
    expect(refused.errors).toContain('error CLUSTER_FROZEN')
    expect(refused.errors).toContain('baton explain CLUSTER')
    expect(await network.master(cluster)).toEqual(since[cluster])
  }
  // Steady state needs no registry, and clusters of which nothing was forgotten are as ever.
  await load.more(PER_SECOND)
  expect(await stateOf('c3')).toMatchObject({ generation: 0, epoch: 1, frozen: null })

  // README, "When the registry forgot". One of the nodes that must show what they hold is away for a while.
  const away = since.c1.name === 'c1-n1' ? 'c1-n2' : 'c1-n1'
  await network.node(away).kill()
  const raised = await as('c1', 'restore', 'raise-generation', 'c1', '--yes')
  expect(raised).toMatchObject({ status: 0 })
  expect(raised.output).toContain('nothing is granted: ')
  await explained('c1', `waits for what ${away} can show`)
  expect(await stateOf('c1')).toMatchObject({ generation: 1, frozen: expect.stringContaining(away) })
  network.start(away)
  expect(await as('c2', 'evict', before.c2.name, '--yes', '--reason', 'bad disk')).toMatchObject({ status: 0 })
  expect(await as('c2', 'restore', 'raise-generation', 'c2', '--yes')).toMatchObject({ status: 0 })

  for (const cluster of ['c1', 'c2'] as const) {
    const state = await waitFor(`${cluster} under its new generation`, STEP_MS_MAX, async () => {
      const known = await stateOf(cluster)
      return known.frozen === null && known.epoch > since[cluster].epoch && known
    })
    expect(state).toMatchObject({ generation: 1, master: since[cluster].name })
  }
  await network.whole()
  await load.more(PER_SECOND)
  const evicted = { node: before.c2.name, evicted: true, why: 'bad disk' }
  expect(await stateOf('c2')).toMatchObject({ bars: [before.c2.name], quarantine: [evicted] })

  // The registry arbitrates again: a master that dies has a successor.
  await network.node(since.c1.name).kill()
  const next = await network.master('c1', since.c1.epoch + 2)
  expect(next.name).toBe(away)
  network.start(since.c1.name)
  await network.whole()
  await load.more(PER_SECOND)
  expect(await load.judge()).toMatchObject(NOTHING_WRONG)
  expect(load.failures).toEqual([])
})

/** What `baton explain` says, once it says this. */
function explained(cluster: string, text: string): Promise<string> {
  return waitFor(`"${text}" of ${cluster}`, STEP_MS_MAX, async () => {
    const { output } = await as(cluster, 'explain', cluster)
    return output.includes(text) && output
  })
}

function databases(): string {
  return join(network.files.folder, 'authority', 'state', 'databases')
}

async function stateOf(cluster: string): Promise<RegistryView> {
  const answer = await fetch(`${network.authorityUrl}/v1/networks/e2e/clusters/${cluster}`)
  return ((await answer.json()) as { state: RegistryView }).state
}

function as(cluster: string, ...command: string[]): Promise<EndedCommand> {
  return baton(...command, '--authority-url', network.authorityUrl, '--token', tokenOf(cluster))
}

function tokenOf(cluster: string): string {
  return join(network.folder, `${cluster}.token`)
}

async function makeOwnerToken(cluster: string): Promise<void> {
  const { owners, genesisFile } = network.files
  const { keyFile } = owners.find((owner) => owner.cluster === cluster)!
  const named = ['--cluster', cluster, '--role', 'owner', '--name', 'Ann', '--expires', '1h']
  const files = ['--owner-key', keyFile, '--genesis', genesisFile, '--out', tokenOf(cluster)]
  expect(await baton('operator', 'create', ...named, ...files)).toMatchObject({ status: 0 })
}
