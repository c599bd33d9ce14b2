import { killMaster } from '../faults.ts'
import type { DemoCase } from './case.ts'
import { underLoad } from './under-load.ts'

/** Its home is site Y: once its standby at X has taken over, a lost site X takes three masters of four. */
const CLUSTER = 'c3'

export const masterKilled: DemoCase = {
  name: 'master-killed',
  summary: 'kill -9 of one master under load; it is restarted, rejoins and catches up',
  kind: 'default',
  when: 'load',
  async run({ network, load, tell }) {
    await network.whole()
    await underLoad(load)
    return killMaster(network, CLUSTER, tell)
  },
}
