import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

test('[MJ1, ID7, EL8, RG10] with the control plane gone operators ask a member: what they are told, a planned switchover, and a pause that holds', {
  timeout: 240_000,
}, async () => {
  const { owners, genesisFile } = network.files
  const token = join(network.folder, 'operator.token')
  const owner = owners.find(({ cluster }) => cluster === 'c1')!.keyFile
  const named = ['--cluster', 'c1', '--role', 'operator', '--name', 'Ann', '--expires', '1h', '--out', token]
  const made = await baton('operator', 'create', ...named, '--owner-key', owner, '--genesis', genesisFile)
  expect(made).toMatchObject({ status: 0, errors: '' })
  await network.killAuthority()
  await network.whole()
  const asAt = (node: string, ...command: string[]) =>
    baton(...command, '--authority-url', `http://${network.node(node).files.apiAddress}`, '--token', token)

  const load = await SteadyLoad.start(network, { perSecond: PER_SECOND })
  await load.more(PER_SECOND)
  const before = await network.master('c1')
  const told = () => asAt(before.name, 'explain', 'c1')
  await expect.poll(told, { timeout: TOLD_MS_MAX }).toMatchObject({
    status: 0,
    output: expect.stringMatching(new RegExp(`^Yes: if ${before.name} dies`)),
  })
  const switched = await asAt('c1-n3', 'switchover', 'c1', '--reason', 'a new kernel')
  expect(switched, network.electionOf('c1')).toMatchObject({ status: 0, errors: '' })
  const next = await network.master('c1', before.epoch + 1)
  expect(next.name).not.toBe(before.name)
  await load.more(PER_SECOND)

  // Any member takes it, and all know it.
  expect(await asAt('c1-n1', 'pause', 'c1', '--for', '1h', '--reason', 'works')).toMatchObject({
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
  expect(await asAt(witness, 'resume', 'c1')).toMatchObject({ status: 0, errors: '' })
  const heir = await network.master('c1', next.epoch + 1)
  expect(heir.name).not.toBe(next.name)
  network.start(next.name)
  await network.whole()
  await load.more(PER_SECOND)
  expect(await load.judge()).toMatchObject(NOTHING_WRONG)
  expect(load.failures).toEqual([])

  // The edge itself says where to ask for what is not its own.
  await network.startAuthority()
  const elsewhere = await asAt('c2-n1', 'explain', 'c1')
  expect(elsewhere).toMatchObject({ status: expect.toSatisfy((status) => status !== 0) })
  expect(elsewhere.errors).toContain('this node is of e2e/c2')
})
