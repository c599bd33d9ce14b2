import { spoilMaster } from '../faults.ts'
import { installFaultyApplication } from '../wrong-application.ts'
import type { DemoCase } from './case.ts'
import { underLoad } from './under-load.ts'

const CLUSTER = 'c4'

export const wrongResults: DemoCase = {
  name: 'wrong-results',
  summary:
    'one master computes wrong results under load; comparison finds it, and a switch is ordered at the threshold',
  kind: 'default',
  when: 'load',
  prepare({ nodes }) {
    for (const node of nodes.filter(({ cluster }) => cluster === CLUSTER)) installFaultyApplication(node)
  },
  async run({ network, load, tell }) {
    await network.whole()
    await underLoad(load)
    return spoilMaster(network, CLUSTER, tell)
  },
}
