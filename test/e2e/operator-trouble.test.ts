import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from '../../node-runtime/src/demo/wait.ts'
import { NOTHING_WRONG, SteadyLoad } from '../support/e2e-load.ts'
import { E2eNetwork } from '../support/e2e-network.ts'

/** A clean stop, hand-over included. */
const STOP_MS_MAX = 5_000
const FROZEN_MS = 3_000
const PER_SECOND = 60

/** Two clusters: every decision needs both, so each pause of one is felt by all clients, and each sees the other's votes. */
describe('a master that is stopped or paused by its operator', () => {
  let network: E2eNetwork
  beforeAll(async () => {
    network = await E2eNetwork.start({ clusters: [2, 2], preset: 'metro' })
  })
  afterAll(() => network?.stop())

  test('[RG1, RG3, GU2] SIGTERM hands the mastership over before the process ends: no request fails', async () => {
    await network.whole()
    const before = await network.master('c1')
    const load = await SteadyLoad.start(network, { perSecond: PER_SECOND })
    await load.more(PER_SECOND)
    const asked = performance.now()
    network.signal(before.name, 'SIGTERM')
    expect(await network.ended(before.name)).toBe('exit status 0')
    expect(performance.now() - asked).toBeLessThan(STOP_MS_MAX)
    const after = await network.master('c1', before.epoch + 1)
    expect(after.name).not.toBe(before.name)
    const claims = network.events(after.name).filter(({ event }) => event === 'claiming')
    expect(claims).toMatchObject([{ epoch: after.epoch, why: 'resigned' }])
    await load.more(PER_SECOND)
    network.start(before.name)
    await network.whole()
    expect(await network.epochs()).toMatchObject({ c1: before.epoch + 1 })
    expect(await load.judge()).toMatchObject(NOTHING_WRONG)
    expect(load.failures).toEqual([])
    expect(load.acknowledged.length).toBe(load.submitted)
  })

  test('[EL2, EL5, RG3, NW3] a master that was frozen wakes up fenced: it steps down and never votes a second time', async () => {
    await network.whole()
    const before = await network.master('c1')
    const load = await SteadyLoad.start(network, { perSecond: PER_SECOND })
    await load.more(PER_SECOND)
    const frozen = network.node(before.name)
    const eventsBefore = network.events(before.name).length
    const froze = performance.now()
    frozen.freeze()
    const after = await network.master('c1', before.epoch + 1)
    expect(after.name).not.toBe(before.name)
    await load.more(PER_SECOND)
    await waitFor('the end of the pause', FROZEN_MS + 1_000, () => performance.now() - froze >= FROZEN_MS)
    frozen.thaw()
    await waitFor('it to know the new master', 10_000, async () => {
      const status = await network.status(before.name)
      return status !== null && status.role !== 'master' && status.epoch === after.epoch
    })
    await load.more(PER_SECOND)
    await network.whole()
    expect(await network.epochs()).toMatchObject({ c1: before.epoch + 1 })
    const since = network.events(before.name).slice(eventsBefore)
    expect(since.map(({ event }) => event)).toContain('stepped-down')
    expect(since.map(({ event }) => event)).not.toContain('promoted')
    // From here on every vote of c1 that the master of c2 has journalled is compared, slot by slot.
    expect(await load.judge()).toMatchObject(NOTHING_WRONG)
    expect(load.failures).toEqual([])
  })
})
