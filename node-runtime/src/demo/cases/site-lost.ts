import { loseSite } from '../faults.ts'
import type { DemoCase } from './case.ts'
import { underLoad } from './under-load.ts'

const SITE = 'x'

export const siteLost: DemoCase = {
  name: 'site-lost',
  summary: 'kill -9 of every process of site X under load; the site is restarted',
  kind: 'default',
  when: 'load',
  async run({ network, load, tell }) {
    await network.whole()
    await underLoad(load)
    return loseSite(network, SITE, tell)
  },
}
