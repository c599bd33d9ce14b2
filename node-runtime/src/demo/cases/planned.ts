import { switchOver } from '../switchover.ts'
import type { DemoCase } from './case.ts'
import { underLoad } from './under-load.ts'

const CLUSTER = 'c2'

export const planned: DemoCase = {
  name: 'planned',
  summary: 'an operator has one master relieved under load: no request of a client fails',
  kind: 'default',
  when: 'load',
  async run({ network, load, tell }) {
    await network.whole()
    await underLoad(load)
    return switchOver(network, load, CLUSTER, tell)
  },
}
