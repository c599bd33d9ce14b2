/** A network whose nodes, and the control plane between them, are upgraded one by one under load; then the client, over switches and without the edge. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@baton/shared/crypto/keys'
import { CONTROL_PROTOCOL } from '@baton/shared/protocol/control'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { BatonClient, type BatonClientOptions } from '../../../node-runtime/src/client/baton-client.ts'
import { signPut } from '../../../node-runtime/src/client/sign.ts'
import { NOTHING_WRONG, SteadyLoad } from '../../support/e2e-load.ts'
import { E2eNetwork } from '../../support/e2e-network.ts'
import { bundleVersionBefore, bundleWorkerBefore, PROGRAM_BEFORE } from '../../support/version-before.ts'

let folder: string
let network: E2eNetwork
/** Nodes that still run the version before. */
const before = new Set(['c1-n1', 'c1-n2', 'c2-n1', 'c2-n2'])
/** The Worker of the version before, until it is replaced. */
let worker: string | undefined
const clients: BatonClient[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-before-'))
  const program = await bundleVersionBefore(folder)
  worker = await bundleWorkerBefore(folder)
  expect(readFileSync(worker, 'utf8')).toContain(`CONTROL_PROTOCOL = { min: 1, max: ${CONTROL_PROTOCOL.max - 1} }`)
  const programOf = (node: string) => (before.has(node) ? program : undefined)
  network = await E2eNetwork.start({ clusters: [2, 2], preset: 'metro', programOf, workerOf: () => worker })
})
afterAll(async () => {
  await network?.stop()
  rmSync(folder, { recursive: true, force: true })
})
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())))

/** Linked peers of a node by what is known of their program. */
async function programsAt(node: string): Promise<Readonly<Record<string, number>> | undefined> {
  return (await network.status(node))?.peers.programs
}

function client(options: Partial<BatonClientOptions>): BatonClient {
  const { genesis } = network.files
  const made = new BatonClient({
    urls: [],
    route: 'masters',
    genesis,
    attemptMs: 3_000,
    retryForMs: 60_000,
    ...options,
  })
  clients.push(made)
  return made
}

/** In place, as `wrangler deploy` does it: the databases stay, the sessions of the nodes begin anew. */
async function deployWorker(): Promise<void> {
  worker = undefined
  await network.killAuthority()
  await network.startAuthority()
}

test('[PV1, PV2] nodes and the control plane are upgraded one by one under load: nothing is lost, nobody sees an error', async () => {
  const load = await SteadyLoad.start(network, { perSecond: 30 })
  await load.more(30)
  expect(await programsAt('c1-n1')).toEqual({ [PROGRAM_BEFORE]: 3 })
  for (const [at, node] of [...before].entries()) {
    // By now both nodes of c1 speak a newer version than it, and those of c2 an older one than what comes.
    if (at === 2) await deployWorker()
    network.signal(node, 'SIGTERM')
    expect(await network.ended(node)).toBe('exit status 0')
    before.delete(node)
    network.start(node)
    await network.whole()
    await load.more(30)
  }
  const version = (await network.status('c1-n1'))!.version
  // The last one that came back need not be linked to everybody yet.
  for (const { files } of network.nodes) {
    await expect.poll(() => programsAt(files.node)).toEqual({ [version]: 3 })
  }
  expect(await load.judge()).toMatchObject(NOTHING_WRONG)
  expect(load.failures).toEqual([])
})

test('[NW1, API10] the client follows a switch without an error, from one address to all masters', async () => {
  const pair = await generateKeyPair()
  const signer = { network: network.files.genesis.network, pair }
  // Decided under masters that are replaced below: proven all the same, from genesis.
  const { genesis } = network.files
  const early = await signPut(signer, { key: 'early', value: 'x' })
  await network.client().submit(early.bytes)
  const { name, epoch } = await network.master('c1')
  const follower = network.nodes
    .map(({ files }) => files)
    .find(({ node, cluster }) => cluster === 'c1' && node !== name)!
  const following = client({ urls: [follower.apiAddress] })
  const submits: Promise<unknown>[] = []
  const submitSome = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const { bytes } = await signPut(signer, { key: `switch/${submits.length}`, value: 'x' })
      submits.push(following.submit(bytes))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  await submitSome(25)
  expect(await following.masters()).toMatchObject([{ node: name, epoch }, { cluster: 'c2' }])
  await network.node(name).kill()
  await submitSome(100)
  const after = await network.master('c1', epoch + 1)
  await Promise.all(submits)
  await expect
    .poll(async () => (await following.masters())[0], { timeout: 20_000 })
    .toMatchObject({
      node: after.name,
      epoch: after.epoch,
    })
  const proven = await following.provenTransaction(early.id)
  expect(proven).toMatchObject({ id: early.id, bytes: early.bytes, receipt: { ok: true, height: proven.height } })
  const foreign = { ...genesis, authorityKeys: [pair.publicKey] }
  const misled = client({ urls: [follower.apiAddress], route: 'first', genesis: foreign, retryForMs: 0 })
  await expect(misled.provenTransaction(early.id)).rejects.toMatchObject({ code: 'PROOF_INVALID' })
  network.start(name)
  await network.whole()
})

test('[NW2, API10] a client that knows only the edge finds everybody; without the edge any one node is enough', async () => {
  const signer = { network: network.files.genesis.network, pair: await generateKeyPair() }
  const put = async (client_: BatonClient, key: string) => {
    const { bytes } = await signPut(signer, { key, value: 'x' })
    return (await client_.submit(bytes)).receipt
  }
  const byEdge = client({ authorityUrl: network.authorityUrl })
  expect(await put(byEdge, 'edge/1')).toMatchObject({ ok: true })
  expect((await byEdge.masters()).map(({ url }) => url)).not.toContain(null)
  await network.killAuthority()
  expect(await put(byEdge, 'edge/2')).toMatchObject({ ok: true })
  const [node] = network.files.nodes
  const byNode = client({ urls: [node!.apiAddress], authorityUrl: network.authorityUrl })
  expect(await put(byNode, 'edge/3')).toMatchObject({ ok: true })
  expect((await byNode.masters()).map(({ cluster }) => cluster)).toEqual(['c1', 'c2'])
})
