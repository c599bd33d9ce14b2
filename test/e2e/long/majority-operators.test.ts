import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '../../../node-runtime/src/demo/wait.ts'
import { baton } from '../../support/e2e-command.ts'
import { NOTHING_WRONG, SteadyLoad } from '../../support/e2e-load.ts'
import { E2eNetwork } from '../../support/e2e-network.ts'

const PER_SECOND = 30
const TOLD_MS_MAX = 30_000

let network: E2eNetwork
beforeAll(async () => {
  network = await E2eNetwork.start({ clusters: [3, 1, 1, 1], majorities: ['c1'], preset: 'metro' })
})
afterAll(() => network?.stop())

/** The token of an operator of c1, in a file. */
let token: string
beforeAll(async () => {
  const { owners, genesisFile } = network.files
  token = join(network.folder, 'operator.token')
  const owner = owners.find(({ cluster }) => cluster === 'c1')!.keyFile
  const named = ['--cluster', 'c1', '--role', 'operator', '--name', 'Ann', '--expires', '1h', '--out', token]
  const made = await baton('operator', 'create', ...named, '--owner-key', owner, '--genesis', genesisFile)
  expect(made).toMatchObject({ status: 0, errors: '' })
})
const asAt = (url: string, ...command: string[]) => baton(...command, '--authority-url', url, '--token', token)

test('[MJ1, ID7, RG11, ID3] the control plane shows what the members have decided, brings them what operators want, and keeps their events', {
  timeout: 240_000,
}, async () => {
  const { authorityUrl } = network
  const before = await network.master('c1')
  const yes = expect.stringMatching(new RegExp(`^Yes: if ${before.name} dies`))
  await expect.poll(() => asAt(authorityUrl, 'explain', 'c1'), { timeout: TOLD_MS_MAX }).toMatchObject({ output: yes })
  const paused = await asAt(authorityUrl, 'pause', 'c1', '--for', '1h', '--reason', 'a new firewall')
  expect(paused).toMatchObject({
    status: 0,
    errors: '',
    output: expect.stringContaining('paused (Ann: a new firewall)'),
  })
  expect(await asAt(authorityUrl, 'resume', 'c1')).toMatchObject({ status: 0, errors: '' })
  const { output } = await asAt(authorityUrl, 'events', 'c1')
  expect(output).toMatch(/ granted .*\n[\s\S]* paused {2}Ann: a new firewall[\s\S]* resumed {2}Ann: /)
  expect((await asAt(authorityUrl, 'restore', 'freeze', 'c1', '--yes')).errors).toContain('never restored')
  const table = (await (await fetch(`${authorityUrl}/v1/networks/e2e/masters`)).json()) as { masters: object[] }
  expect(table.masters).toContainEqual(
    expect.objectContaining({ cluster: 'c1', node: before.name, epoch: before.epoch }),
  )
})

test('[MJ1, ID7, EL8, RG10] with the control plane gone operators ask a member: what they are told, a planned switchover, and a pause that holds', {
  timeout: 240_000,
}, async () => {
  await network.killAuthority()
  await network.whole()
  const asAtNode = (node: string, ...command: string[]) =>
    asAt(`http://${network.node(node).files.apiAddress}`, ...command)

  const load = await SteadyLoad.start(network, { perSecond: PER_SECOND })
  await load.more(PER_SECOND)
  const before = await network.master('c1')
  const told = () => asAtNode(before.name, 'explain', 'c1')
  await expect.poll(told, { timeout: TOLD_MS_MAX }).toMatchObject({
    status: 0,
    output: expect.stringMatching(new RegExp(`^Yes: if ${before.name} dies`)),
  })
  const switched = await asAtNode('c1-n3', 'switchover', 'c1', '--reason', 'a new kernel')
  expect(switched, network.electionOf('c1')).toMatchObject({ status: 0, errors: '' })
  const next = await network.master('c1', before.epoch + 1)
  expect(next.name).not.toBe(before.name)
  await load.more(PER_SECOND)

  // Any member takes it, and all know it.
  expect(await asAtNode('c1-n1', 'pause', 'c1', '--for', '1h', '--reason', 'works')).toMatchObject({
    status: 0,
    errors: '',
  })
  await network.whole()
  await network.node(next.name).kill()
  await load.more(PER_SECOND)
  expect((await network.clusters()).find(({ cluster }) => cluster === 'c1')).toMatchObject({
    master: null,
    epoch: next.epoch,
  })
  const witness = network.nodes.find(({ files }) => files.cluster === 'c1' && files.node !== next.name)!.files.node
  expect(await asAtNode(witness, 'resume', 'c1')).toMatchObject({ status: 0, errors: '' })
  const heir = await network.master('c1', next.epoch + 1)
  expect(heir.name).not.toBe(next.name)
  network.start(next.name)
  await network.whole()
  await load.more(PER_SECOND)
  expect(await load.judge()).toMatchObject(NOTHING_WRONG)
  expect(load.failures).toEqual([])

  // The edge itself says where to ask for what is not its own.
  await network.startAuthority()
  const elsewhere = await asAtNode('c2-n1', 'explain', 'c1')
  expect(elsewhere).toMatchObject({ status: expect.toSatisfy((status) => status !== 0) })
  expect(elsewhere.errors).toContain('this node is of e2e/c2')
})

test('[MJ1, ID8, RG9] a revoked master is ordered away by the members, let in no more, and the two that are left go on', {
  timeout: 240_000,
}, async () => {
  const { authorityUrl } = network
  const { owners, genesisFile } = network.files
  await network.whole()
  const load = await SteadyLoad.start(network, { perSecond: PER_SECOND })
  await load.more(PER_SECOND)
  const before = await network.master('c1')
  const owner = ['--genesis', genesisFile, '--owner-key', owners.find(({ cluster }) => cluster === 'c1')!.keyFile]
  const how = ['--cluster', 'c1', '--reason', 'host stolen', '--authority-url', authorityUrl]
  expect(await baton('node', 'revoke', before.name, ...how, ...owner)).toMatchObject({ status: 0, errors: '' })
  const after = await network.master('c1', before.epoch + 1)
  expect(after.name).not.toBe(before.name)
  const linked = async () => (await network.status(before.name))?.peers.connected
  await waitFor('its links to end', TOLD_MS_MAX, async () => (await linked()) === 0)
  await load.more(PER_SECOND)
  const { output } = await baton('node', 'list', '--genesis', genesisFile, '--authority-url', authorityUrl)
  expect(output).toMatch(new RegExp(`${before.name} .* revoked`))
  await network.node(before.name).kill()
  await load.more(PER_SECOND)
  expect(load.failures).toEqual([])
  const third = network.nodes.find(
    ({ files }) => files.cluster === 'c1' && ![before.name, after.name].includes(files.node),
  )!
  const both = async () => (await network.status(after.name))?.syncSet.includes(third.files.node)
  await waitFor('the third to be the standby', TOLD_MS_MAX, both)
})
