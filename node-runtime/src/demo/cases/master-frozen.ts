import { freezeMaster } from '../faults.ts'
import type { DemoCase } from './case.ts'
import { underLoad } from './under-load.ts'

const CLUSTER = 'c2'

export const masterFrozen: DemoCase = {
  name: 'master-frozen',
  summary: 'SIGSTOP of one master under load; it is woken up and finds itself fenced',
  kind: 'named',
  when: 'load',
  async run({ network, load, tell }) {
    await network.whole()
    await underLoad(load)
    return freezeMaster(network, CLUSTER, tell)
  },
}
