import { loseEdgeAndMaster } from '../faults.ts'
import type { DemoCase } from './case.ts'
import { underLoad } from './under-load.ts'

const CLUSTER = 'c4'

export const edgeLost: DemoCase = {
  name: 'edge-lost',
  summary:
    'kill -9 of the control plane, then of a master under load: the members of its cluster are their own arbiter',
  kind: 'default',
  when: 'load',
  majorities: [CLUSTER],
  async run({ network, load, tell }) {
    await network.whole()
    await underLoad(load)
    return loseEdgeAndMaster(network, CLUSTER, tell)
  },
}
