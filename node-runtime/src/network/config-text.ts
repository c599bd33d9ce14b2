/** The TOML configuration of one node, written for people: every setting that matters stands there with what it means. */
import type { ConsensusConfig, LogLevel } from '../config/types.ts'
import type { NodeAddresses } from './addresses.ts'

/** Settings that a test or the demo changes; a deployment starts with none of them. */
export interface NodeSettings {
  readonly logLevel?: LogLevel
  readonly voteJournal?: boolean
  readonly injectFsyncMs?: number
  readonly consensus?: { readonly [Key in keyof ConsensusConfig]?: number }
}

export interface ConfigTextInput {
  readonly network: string
  readonly node: string
  readonly cluster: string
  readonly site: string
  readonly priority: number
  readonly addresses: NodeAddresses
  readonly authorityUrl: string
  readonly peers: readonly { readonly node: string; readonly cluster: string; readonly address: string }[]
  readonly settings: NodeSettings
}

export function configText(input: ConfigTextInput): string {
  const { network, node, cluster, site, priority, addresses, authorityUrl, peers, settings } = input
  const { listen, advertise } = addresses
  const different = listen.peer !== advertise.peer || listen.api !== advertise.api
  const lines = [
    `# Baton node ${node} of network ${network}. Check it with: baton config check baton.toml`,
    '# Relative paths start at this file.',
    setting('node', node),
    setting('cluster', cluster),
    setting('site', site),
    setting('data', 'data'),
    setting('genesis', 'genesis.json'),
    setting('key', 'node.key.json'),
    setting('certificate', 'node.certificate.jws'),
    '',
    '[listen]',
    setting('peer', listen.peer),
    '# Transactions and queries. Keep it inside your own network: it asks nobody who they are.',
    setting('api', listen.api),
    ...(different
      ? [
          '',
          '# What other hosts use to reach this one.',
          '[advertise]',
          setting('peer', advertise.peer),
          setting('api', advertise.api),
        ]
      : []),
    '',
    '# The authentication node: the arbiter of mastership.',
    '[authority]',
    setting('url', authorityUrl),
    '',
    '# heartbeatMs, suspectAfterMs, masterTtlMs come from the genesis policy of the cluster unless they are set under [timing].',
    '',
    '[election]',
    '# Higher stands first among equals; noFailover = true keeps this node from ever becoming master.',
    setting('priority', priority),
    ...tableOf('consensus', settings.consensus ?? {}),
    '',
    '[log]',
    setting('level', settings.logLevel ?? 'info'),
    ...tableOf('debug', { voteJournal: settings.voteJournal, injectFsyncMs: settings.injectFsyncMs }),
    '',
    '# Every node of the network.',
    ...peers.flatMap((peer) => [
      '[[peers]]',
      setting('node', peer.node),
      setting('cluster', peer.cluster),
      setting('address', peer.address),
      '',
    ]),
  ]
  return lines.join('\n')
}

function tableOf(name: string, values: Readonly<Record<string, number | boolean | undefined>>): string[] {
  const set = Object.entries(values).filter(([, value]) => value !== undefined)
  return set.length === 0 ? [] : ['', `[${name}]`, ...set.map(([key, value]) => setting(key, value!))]
}

/** JSON strings are TOML basic strings for everything that passes the plan's checks. */
function setting(key: string, value: string | number | boolean): string {
  return `${key} = ${JSON.stringify(value)}`
}
