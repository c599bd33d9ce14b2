/** The demo without a terminal: plain lines, until a signal ends it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { print } from '../../cli/command-io.ts'
import type { Load } from '../load.ts'
import type { DemoNetwork } from '../network.ts'
import { nowMs } from '../now.ts'

const LINE_MS = 2_000

export async function runPlain(network: DemoNetwork, load: Load): Promise<never> {
  for (const { files, pid } of network.nodes) {
    print(`${files.node}  site ${files.site}  pid ${pid}  http://${files.apiAddress}`)
  }
  print('no terminal: one line every 2 s; kill -9 a node to see its cluster switch; Ctrl-C ends everything')
  let since = nowMs()
  let acknowledged = 0
  for (;;) {
    await sleep(LINE_MS)
    for (const { cluster, node, epoch, atMs } of network.timeline.promotions(since)) {
      print(`${new Date(atMs).toISOString()} ${cluster}: ${node} is master under epoch ${epoch}`)
    }
    since = nowMs()
    const rate = Math.round(((load.acknowledged.length - acknowledged) * 1000) / LINE_MS)
    acknowledged = load.acknowledged.length
    print(
      `height ${network.timeline.height}  ${rate} tx/s  ${acknowledged} acknowledged, ${load.failures.length} failed`,
    )
  }
}
