import { formatTable } from '../cli/table.ts'
import type { NetworkFiles } from './init.ts'

/** What was written and what to do next. @param folder as the user would type it */
export function nextSteps({ genesis, nodes }: NetworkFiles, folder: string): string {
  const rows = nodes.map(({ cluster, node, site, founder, peerAddress, apiAddress }) => [
    cluster,
    node,
    site,
    founder ? 'founder' : '',
    peerAddress,
    apiAddress,
  ])
  const first = nodes[0]!
  return [
    `Network ${genesis.network}: ${genesis.clusters.length} clusters, ${nodes.length} nodes, written to ${folder}/`,
    '',
    formatTable([['CLUSTER', 'NODE', 'SITE', '', 'PEERS', 'API'], ...rows]),
    '',
    'Next:',
    '  1. Deploy the authentication node with the genesis document and its key, in the folder of wrangler.toml:',
    `       npx wrangler secret put GENESIS < ${folder}/genesis.json`,
    `       npx wrangler secret put AUTHORITY_KEY < ${folder}/authority/authority.key.json`,
    '       npx wrangler deploy',
    `  2. Move ${folder}/owners/*.key.pem to their members, offline: an owner key admits nodes.`,
    `     Delete ${folder}/authority/ once the secret is stored.`,
    '  3. Copy each folder to its host, private key included, and start the node:',
    `       baton run --config ${folder}/nodes/${first.node}/baton.toml`,
    `     ${folder}/nodes/${first.node}/baton.service is a systemd unit for it.`,
    '  4. Look at it:',
    `       baton status --url ${first.apiAddress}`,
  ].join('\n')
}
