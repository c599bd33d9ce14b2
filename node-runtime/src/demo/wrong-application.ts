/** Makes a node's program compute wrong results, and puts it right again. */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setDatabaseAside } from '../adapters/sqlite/set-aside.ts'
import type { NodeFiles } from '../network/init.ts'

const FILE = 'faulty-application.mjs'
const FLAG = 'wrong'

/** Before the node's first start: it runs the faulty application, which is right until it is told otherwise. */
export function installFaultyApplication({ folder, configFile }: NodeFiles): void {
  copyFileSync(join(import.meta.dirname, FILE), join(folder, FILE))
  writeFileSync(configFile, `application = "./${FILE}"\n${readFileSync(configFile, 'utf8')}`)
}

export function makeWrong({ folder }: NodeFiles): void {
  writeFileSync(join(folder, FLAG), '')
}

/** While the node is down: the program is right again, and what it has computed is put aside, as `baton rebuild` does. */
export function putRight({ folder, dataFolder }: NodeFiles): void {
  rmSync(join(folder, FLAG), { force: true })
  setDatabaseAside(dataFolder, new Date())
}
