import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SEAT_FILE } from '../../../node-runtime/src/adapters/seat-store.ts'
import { nowMs } from '../../../node-runtime/src/demo/now.ts'
import { waitFor } from '../../../node-runtime/src/demo/wait.ts'
import { NOTHING_WRONG, SteadyLoad } from '../../support/e2e-load.ts'
import { E2eNetwork } from '../../support/e2e-network.ts'

const PER_SECOND = 30
const TOLD_MS_MAX = 30_000

let network: E2eNetwork
beforeAll(async () => {
  network = await E2eNetwork.start({ clusters: [3, 1, 1, 1], majorities: ['c1'], preset: 'metro' })
})
afterAll(() => network?.stop())

/** Kills the master of c1; who follows it, and after how many ms. */
async function killMaster(): Promise<{ readonly killed: string; readonly name: string; readonly ms: number }> {
  const before = await network.master('c1')
  const killedAt = nowMs()
  await network.node(before.name).kill()
  const after = await network.master('c1', before.epoch + 1)
  expect(after.name).not.toBe(before.name)
  return { killed: before.name, name: after.name, ms: Math.round(nowMs() - killedAt) }
}

test('[MJ1] with the control plane gone a dead master is replaced by the members themselves, again and again, and nothing is lost', {
  timeout: 240_000,
}, async () => {
  const load = await SteadyLoad.start(network, { perSecond: PER_SECOND })
  await load.more(PER_SECOND)
  await network.killAuthority()

  const times: number[] = []
  for (let n = 0; n < 3; n++) {
    const { killed, ms } = await killMaster()
    times.push(ms)
    await load.more(PER_SECOND)
    network.start(killed)
    await network.whole()
  }
  console.log(`without the edge, from the kill to a master: ${times.join(', ')} ms`)

  // A member that lost its seat has no vote until all others have told it what they hold; then it counts again.
  const { killed } = await killMaster()
  for (const end of ['', '-wal', '-shm']) {
    rmSync(join(network.node(killed).files.dataFolder, `${SEAT_FILE}${end}`), { force: true })
  }
  network.start(killed)
  await waitFor('the member without a seat', TOLD_MS_MAX, () => network.logOf(killed).includes('arbiter-reseated'))
  await network.whole()
  const again = await killMaster()
  network.start(again.killed)
  await network.whole()

  await network.startAuthority()
  await load.more(PER_SECOND)
  expect(await load.judge()).toMatchObject(NOTHING_WRONG)
  expect(load.failures).toEqual([])
})
