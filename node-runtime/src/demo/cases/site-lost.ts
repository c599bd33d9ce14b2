import { nowMs } from '../now.ts'
import type { DemoCase } from './case.ts'
import { underLoad } from './under-load.ts'

const SITE = 'x'

export const siteLost: DemoCase = {
  name: 'site-lost',
  summary: 'kill -9 of every process of site X under load; the site is restarted',
  control: false,
  async run({ network, load, tell }) {
    await network.whole()
    await underLoad(load)
    const clusters = await network.clusters()
    const lost = network.nodes.filter(({ placed }) => placed.site === SITE)
    const names = new Set(lost.map(({ placed }) => placed.node))
    const lostMasters = clusters
      .filter(({ master }) => master !== null && names.has(master))
      .map(({ cluster, epoch }) => ({ cluster, epoch }))
    tell(`site X is lost: kill -9 of ${lost.length} nodes, among them the masters of ${list(lostMasters)}`)
    const atMs = nowMs()
    await Promise.all(lost.map((node) => node.kill()))
    await network.switched(lostMasters)
    tell(`site Y carries ${list(lostMasters)} on: restarting site X`)
    for (const node of lost) node.start()
    await network.whole()
    tell('site X has rejoined and caught up')
    return { case: this.name, atMs, healedAtMs: nowMs(), lostMasters }
  },
}

function list(clusters: readonly { readonly cluster: string }[]): string {
  return clusters.map(({ cluster }) => cluster).join(', ')
}
