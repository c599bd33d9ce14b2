import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '../../../node-runtime/src/demo/wait.ts'
import { NOTHING_WRONG, SteadyLoad } from '../../support/e2e-load.ts'
import { E2eNetwork } from '../../support/e2e-network.ts'

const PER_SECOND = 30
const RECOVER_AFTER_MS = 6_000
const RECOVERED_MS_MAX = 90_000

let network: E2eNetwork
beforeAll(async () => {
  const policy = { recoverAfterMs: RECOVER_AFTER_MS }
  network = await E2eNetwork.start({ clusters: [5, 1, 1, 1], majorities: ['c1'], preset: 'metro', policy })
})
afterAll(() => network?.stop())

test('[MJ1, RG6, RC3] five members lose master and standby at once: the other three recover, by what the directory says of votes elsewhere', {
  timeout: 240_000,
}, async () => {
  const load = await SteadyLoad.start(network, { perSecond: PER_SECOND })
  await load.more(PER_SECOND)
  const before = await network.master('c1')
  const { syncSet } = (await network.clusters()).find(({ cluster }) => cluster === 'c1')!
  expect(syncSet).toHaveLength(2)
  await Promise.all(syncSet.map((name) => network.node(name).kill()))

  const heir = await waitFor('a recovering master', RECOVERED_MS_MAX, async () => {
    const view = (await network.clusters()).find(({ cluster }) => cluster === 'c1')
    return view?.master != null && view.epoch > before.epoch ? view.master : undefined
  })
  expect(syncSet).not.toContain(heir)
  await waitFor('the end of the recovery', RECOVERED_MS_MAX, () => network.logOf(heir).includes('"recovery-ended"'))
  await load.more(PER_SECOND)
  for (const name of syncSet) network.start(name)
  await network.whole()
  await load.more(PER_SECOND)
  expect(await load.judge()).toMatchObject(NOTHING_WRONG)
  expect(load.failures).toEqual([])
})
