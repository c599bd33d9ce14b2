import { joinFreshNode } from '../join-fresh-node.ts'
import type { DemoCase } from './case.ts'
import { underLoad } from './under-load.ts'

const FRESH = { cluster: 'c3', site: 'x' }

export const join: DemoCase = {
  name: 'join',
  summary: 'a fresh node joins one cluster with a token under load, catches up and may be elected',
  kind: 'default',
  when: 'load',
  shares: 2,
  async run({ network, load, tell }) {
    await network.whole()
    await underLoad(load)
    return joinFreshNode(network, FRESH, tell)
  },
}
