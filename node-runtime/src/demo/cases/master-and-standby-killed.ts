import { killMasterAndStandby } from '../faults.ts'
import type { DemoCase } from './case.ts'
import { underLoad } from './under-load.ts'

const CLUSTER = 'c1'

export const masterAndStandbyKilled: DemoCase = {
  name: 'master-and-standby-killed',
  summary:
    'kill -9 of the master and the standby of one cluster at once under load; the third node recovers, both rejoin',
  kind: 'default',
  when: 'load',
  shares: 2,
  async run({ network, load, tell }) {
    await network.whole()
    await underLoad(load)
    return killMasterAndStandby(network, CLUSTER, tell)
  },
}
