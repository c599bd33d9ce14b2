/** `baton rebuild` (RG9): a node that computed something else than the network executes every block anew. */
import { setDatabaseAside } from '../../adapters/sqlite/set-aside.ts'
import { loadConfig } from '../../config/load.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { confirm } from '../operations/confirm.ts'

export interface RebuildOptions extends OutputOptions {
  readonly config: string
  readonly yes?: boolean
}

/**
 * The same to its cluster as a disk that was lost (EL6): the node is not elected before it has its log again.
 * @throws BatonError CONFIG_INVALID, BAD_REQUEST, DATA_FOLDER_IN_USE, STORAGE_FAILED
 */
export async function rebuild({ config: file, yes, json }: RebuildOptions): Promise<void> {
  const loaded = loadConfig(file)
  if (!loaded.ok) throw loaded.error
  const { node, cluster, dataFolder } = loaded.value
  if (json !== true) {
    print(
      `${node} will fetch every block from its peers, execute it anew from genesis and check it against its certificate.`,
    )
    print(`To ${cluster} that is a lost disk: do it on one node at a time, while another one holds the log.`)
  }
  await confirm(node, yes, 'say --yes')
  const aside = setDatabaseAside(dataFolder, new Date())
  if (json) return printJson({ node, aside })
  print(`What it had is in ${aside}: delete that when the node agrees with the network again.`)
  print(`Next, with the right program: baton run --config ${file}`)
}
