import { readFileSync } from 'node:fs'
import { importPrivatePem } from '@baton/shared/crypto/keys'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, UnixMs } from '@baton/shared/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from '../../../node-runtime/src/demo/wait.ts'
import { installFaultyApplication, makeWrong, putRight } from '../../../node-runtime/src/demo/wrong-application.ts'
import { NOTHING_WRONG, SteadyLoad } from '../../support/e2e-load.ts'
import { E2eNetwork } from '../../support/e2e-network.ts'

const PER_SECOND = 60
const FOUND_MS_MAX = 30_000
/** A cluster that neither votes nor proposes costs the others a timeout at its turns. */
const GAP_MS_MAX = 5_000
const THRESHOLD = 3

interface Told {
  readonly at: number
  readonly event: {
    readonly event: string
    readonly by?: { readonly node: string }
    readonly order?: { readonly id: string }
  }
}

/** Four clusters: the three that are right agree on another result, which is more than two thirds. */
describe('a master whose application computes wrong results', () => {
  let network: E2eNetwork
  let token: string
  beforeAll(async () => {
    network = await E2eNetwork.start({
      clusters: [2, 1, 1, 1],
      preset: 'metro',
      prepare: ({ nodes }) => {
        installFaultyApplication(nodes.find(({ founder, cluster }) => founder && cluster === 'c1')!)
      },
    })
    token = await viewerToken(network)
  })
  afterAll(() => network?.stop())

  async function told(name?: string): Promise<readonly Told[]> {
    const url = `${network.authorityUrl}/v1/networks/e2e/events?limit=200`
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    const { events } = (await answer.json()) as { events: readonly Told[] }
    return events.filter(({ event }) => name === undefined || event.event === name)
  }

  test('[NW4, NW5, RG9, GU4] is found by comparison and switched exactly at the threshold, by nobody; the chain goes on', async () => {
    await network.whole()
    const before = await network.master('c1')
    const { files } = network.node(before.name)
    const load = await SteadyLoad.start(network, { perSecond: PER_SECOND, nodes: healthy(network, before.name) })
    await load.more(PER_SECOND)
    expect(await told('result-mismatch')).toEqual([])
    const wrongAt = performance.timeOrigin + performance.now()
    makeWrong(files)
    const after = await network.master('c1', before.epoch + 1)
    const switchedMs = performance.timeOrigin + performance.now() - wrongAt
    expect(after.name).not.toBe(before.name)
    await load.more(2 * PER_SECOND)

    const [given, ...more] = await told('order-given')
    expect(more).toEqual([])
    expect(given).toMatchObject({ event: { by: { node: before.name }, bars: true } })
    const [passed] = await told('threshold-passed')
    const all = await told()
    const mismatches = all.filter(({ event }) => event.event === 'result-mismatch')
    expect(mismatches.every(({ event }) => event.by?.node === before.name)).toBe(true)
    const earlier = all.slice(
      0,
      all.findIndex(({ event }) => event.event === 'threshold-passed'),
    )
    expect(earlier.filter(({ event }) => event.event === 'result-mismatch')).toHaveLength(THRESHOLD)
    expect(passed).toMatchObject({ event: { by: { node: before.name } } })
    await waitFor('the order to have ended', FOUND_MS_MAX, async () => (await told('order-ended')).length === 1)
    const claims = network.events(after.name).filter(({ event }) => event === 'claiming')
    // The old master may hand over meanwhile: the claim that follows is the same one's.
    expect(claims[0]).toMatchObject({ epoch: before.epoch + 1, why: 'ordered' })
    const quarantine = await waitFor('the quarantine', FOUND_MS_MAX, async () => {
      return (await network.status(before.name))?.quarantine ?? undefined
    })
    expect(quarantine).toMatchObject({ order: given!.event.order!.id, cause: 'threshold', evicted: false })

    const gap = longestGap(network, 'c2-n1', wrongAt)
    console.info(
      `wrong results: switched after ${Math.round(switchedMs)} ms, longest gap between blocks ${Math.round(gap)} ms`,
    )
    expect(gap).toBeLessThan(GAP_MS_MAX)

    // Its program is put right, and its wrong state thrown away.
    await network.node(before.name).kill()
    putRight(files)
    network.start(before.name)
    await network.whole()
    await waitFor('the bar to be lifted', FOUND_MS_MAX, async () => {
      const status = await network.status(before.name)
      return status !== null && status.quarantine === null
    })
    expect(await load.judge()).toMatchObject(NOTHING_WRONG)
    expect(load.failures).toEqual([])
    expect(load.acknowledged.length).toBe(load.submitted)
    expect(await told('order-given')).toHaveLength(1)
    expect(await network.epochs()).toMatchObject({ c1: before.epoch + 1 })
  })
})

function healthy(network: E2eNetwork, wrong: string): readonly string[] {
  return network.nodes.map(({ files }) => files.node as string).filter((node) => node !== wrong)
}

/** Between two blocks decided on a node, in ms, from a moment on. */
function longestGap(network: E2eNetwork, node: string, sinceMs: number): number {
  const times = network.events(node).flatMap(({ event, at }) => (event === 'decided' && at >= sinceMs ? [at] : []))
  expect(times.length).toBeGreaterThan(THRESHOLD)
  return Math.max(...times.map((at, index) => at - (times[index - 1] ?? sinceMs)))
}

async function viewerToken({ files }: E2eNetwork): Promise<string> {
  const { keyFile } = files.owners.find(({ cluster }) => cluster === 'c1')!
  const owner = await importPrivatePem(readFileSync(keyFile, 'utf8'))
  if (!owner.ok) throw new Error(owner.why)
  const claims = {
    network: files.genesis.network,
    cluster: 'c1' as ClusterId,
    name: 'test',
    role: 'viewer',
    id: 'test',
  } as const
  const [issuedAt, expiresAt] = [0 as UnixMs, 4_102_444_800_000 as UnixMs]
  return signStatement('operatorToken', { ...claims, issuedAt, expiresAt }, owner.value.privateKey)
}
