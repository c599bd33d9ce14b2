import { nowMs } from '../now.ts'
import type { DemoCase } from './case.ts'
import { underLoad } from './under-load.ts'

/** Its home is site Y: once its standby at X has taken over, a lost site X takes three masters of four. */
const CLUSTER = 'c3'

export const masterKilled: DemoCase = {
  name: 'master-killed',
  summary: 'kill -9 of one master under load; it is restarted and catches up',
  control: false,
  async run({ network, load, tell }) {
    await network.whole()
    await underLoad(load)
    const before = await network.cluster(CLUSTER)
    const master = network.node(before.master!)
    tell(`kill -9 ${master.placed.node}, master of ${CLUSTER} under epoch ${before.epoch}`)
    const atMs = nowMs()
    await master.kill()
    await network.switched([{ cluster: CLUSTER, epoch: before.epoch }])
    tell(`${CLUSTER} has a new master: restarting ${master.placed.node}`)
    master.start()
    await network.whole()
    tell(`${master.placed.node} has rejoined and caught up`)
    return { case: this.name, atMs, healedAtMs: nowMs(), lostMasters: [{ cluster: CLUSTER, epoch: before.epoch }] }
  },
}
