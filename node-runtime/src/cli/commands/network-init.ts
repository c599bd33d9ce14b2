import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { BatonError } from '@baton/shared/errors'
import { type GenesisAudit, TIMING_PRESETS, type TimingPreset } from '@baton/shared/genesis'
import { addressesFrom } from '../../network/addresses.ts'
import { createNetwork } from '../../network/init.ts'
import { LAYOUTS, type LayoutName, planLayout } from '../../network/layouts.ts'
import { nextSteps } from '../../network/next-steps.ts'
import { withMajorities } from '../../network/plan.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'

export interface NetworkInitOptions extends OutputOptions {
  readonly network: string
  readonly out: string
  readonly authorityUrl: string
  readonly layout: string
  readonly clusters?: readonly string[]
  readonly sites?: readonly string[]
  readonly nodesPerCluster: number
  readonly host: string
  readonly basePort: number
  readonly preset: string
  readonly durability: string
  readonly audit?: string
  readonly majority?: readonly string[]
}

/** @throws BatonError BAD_REQUEST, CONFIG_INVALID, STORAGE_FAILED */
export async function networkInit(options: NetworkInitOptions): Promise<void> {
  const { network, out, authorityUrl, nodesPerCluster, host, basePort } = options
  if (!/^https?:\/\//.test(authorityUrl) || !URL.canParse(authorityUrl)) {
    throw new BatonError('BAD_REQUEST', `--authority-url "${authorityUrl}" is not an http:// or https:// address`)
  }
  const layout = oneOf('--layout', options.layout, LAYOUTS) as LayoutName
  const planned = planLayout({
    layout,
    nodesPerCluster,
    ...(options.clusters === undefined ? {} : { clusters: options.clusters }),
    ...(options.sites === undefined ? {} : { sites: options.sites }),
  })
  const clusters = withMajorities(planned, options.majority ?? [])
  const files = await createNetwork({
    network,
    out,
    clusters,
    addressOf: addressesFrom(host, basePort, clusters),
    authorityUrl,
    preset: oneOf('--preset', options.preset, Object.keys(TIMING_PRESETS)) as TimingPreset,
    policy: { durability: oneOf('--durability', options.durability, ['preferred', 'required']) as 'preferred' },
    ...(options.audit === undefined ? {} : { audit: readAudit(options.audit) }),
  })
  if (options.json) {
    printJson({
      network,
      folder: files.folder,
      genesis: files.genesisFile,
      authorityKey: files.authorityKeyFile,
      owners: files.owners,
      nodes: files.nodes.map(({ node, cluster, site, configFile, peerAddress, apiAddress }) => {
        return { node, cluster, site, config: configFile, peer: peerAddress, api: apiAddress }
      }),
    })
  } else print(nextSteps(files, relative(process.cwd(), files.folder) || '.'))
}

/** What it says is checked with the rest of genesis. */
function readAudit(file: string): GenesisAudit {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as GenesisAudit
  } catch (error) {
    throw new BatonError('BAD_REQUEST', `--audit ${file} cannot be read as JSON: ${(error as Error).message}`)
  }
}

function oneOf(option: string, value: string, known: readonly string[]): string {
  if (known.includes(value)) return value
  throw new BatonError('BAD_REQUEST', `${option} ${value} is none of ${known.join(', ')}`, {
    remedy: 'see `baton network init --help`',
  })
}
