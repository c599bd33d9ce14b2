/** The interactive demo: shows the network until the user quits. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Load } from '../load.ts'
import type { DemoNetwork } from '../network.ts'
import { Commands } from './commands.ts'
import { Observer } from './observer.ts'
import { renderLive } from './render.ts'
import { Screen } from './screen.ts'

const REFRESH_MS = 250
const CTRL_C = '\u0003'

/** Resolves when the user has asked to quit: `check` with q, `now` with Ctrl-C. */
export async function runLive(network: DemoNetwork, load: Load, folder: string): Promise<'check' | 'now'> {
  const observer = new Observer(network, load, folder)
  const commands = new Commands(network, observer)
  const screen = new Screen(process.stdin, process.stdout)
  let selected = 0
  let message = 'every node runs; press a key to break something'
  let quit: 'check' | 'now' | null = null
  const clusters = network.files.genesis.clusters.map(({ cluster }) => cluster)

  const act = async (key: string): Promise<void> => {
    const cluster = clusters[selected]!
    if (key === 'k') message = await commands.killMaster(cluster)
    else if (key === 'f') message = await commands.freezeMaster(cluster)
    else if (key === 's') message = await commands.killSite(cluster)
    else if (key === 'p') message = await commands.switchOver(cluster)
    else if (key === 'h') {
      message = 'healing: nodes start one by one'
      message = await commands.heal()
    } else if (key === 'q') quit = 'check'
    else if (key === CTRL_C) quit = 'now'
    else if (clusters[Number(key) - 1] !== undefined) selected = Number(key) - 1
  }
  screen.open((key) => {
    void act(key).catch((error: unknown) => {
      message = String(error)
    })
  })
  try {
    while (quit === null) {
      screen.draw(renderLive(await observer.look(selected, message), screen.columns))
      await sleep(REFRESH_MS)
    }
    return quit
  } finally {
    screen.close()
  }
}
