import { loadConfig } from '../../config/load.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'

/** @throws BatonError CONFIG_UNREADABLE, CONFIG_INVALID */
export async function configCheck(file: string, { json }: OutputOptions): Promise<void> {
  const loaded = loadConfig(file)
  if (!loaded.ok) throw loaded.error
  const { node, cluster, site, genesis, listen, timing, durability, syncReplicas, peers, authorityUrl } = loaded.value
  if (json) {
    printJson({ valid: true, file: loaded.value.file, node, cluster, network: genesis.network })
    return
  }
  print(`${loaded.value.file} is valid: node ${node} of cluster ${cluster} at site ${site}, network ${genesis.network}`)
  print(`  listens on   peers ${listen.peer.host}:${listen.peer.port}, api ${listen.api.host}:${listen.api.port}`)
  print(`  authority    ${authorityUrl}`)
  print(
    `  timing       heartbeat ${timing.heartbeatMs} ms, suspects after ${timing.suspectAfterMs} ms (${timing.preset})`,
  )
  print(`  durability   ${durability}, ${syncReplicas} standby${syncReplicas === 1 ? '' : 's'} in the sync set`)
  print(`  peers        ${peers.length}`)
}
