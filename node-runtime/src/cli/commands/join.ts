import { relative } from 'node:path'
import { joinAddresses, joinNetwork } from '../../network/join.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'

export interface JoinCommandOptions extends OutputOptions {
  readonly data: string
  readonly host: string
  readonly node?: string
  readonly site?: string
  readonly basePort: number
  readonly priority: number
}

/** @throws BatonError as `joinNetwork` does */
export async function join(token: string, options: JoinCommandOptions): Promise<void> {
  const { data, host, basePort, json, ...rest } = options
  const joined = await joinNetwork({ ...rest, token, folder: data, addresses: joinAddresses(host, basePort) })
  if (json) return printJson(joined)
  const { node, cluster, site, configFile, expiresAt } = joined
  const config = relative(process.cwd(), configFile) || configFile
  print(
    `${node} is admitted to cluster ${cluster} at site ${site}, until ${new Date(expiresAt).toISOString()}; it renews by itself.`,
  )
  print(`Next: baton run --config ${config}`)
  print('It registers, catches up, and may then be elected. `baton.service` beside it is a systemd unit.')
}
