import { LIMITS } from '@baton/shared/limits'
import { IdentityClient, type ListedNode } from '../../identity/identity-client.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { formatTable } from '../table.ts'
import { genesisOf } from './genesis-option.ts'

export interface NodeListOptions extends OutputOptions {
  readonly genesis: string
  readonly authorityUrl: string
  readonly cluster?: string
}

/** @throws BatonError GENESIS_INVALID, UNREACHABLE, and the authority's */
export async function nodeList({ genesis: file, authorityUrl, cluster, json }: NodeListOptions): Promise<void> {
  const genesis = genesisOf(file)
  const client = new IdentityClient(authorityUrl, genesis.network)
  const wanted = genesis.clusters.filter((each) => cluster === undefined || each.cluster === cluster)
  const nodes = (await Promise.all(wanted.map((each) => client.nodes(each.cluster)))).flat()
  if (json) for (const node of nodes) printJson({ ...node, state: stateOf(node, Date.now()) })
  else print(formatTable([HEADING, ...nodes.map(row)]))
}

const HEADING = ['CLUSTER', 'NODE', 'SITE', 'ROLE', 'STATE', 'EXPIRES', 'KEY']

function row(node: ListedNode): string[] {
  const expires = new Date(node.expiresAt).toISOString().slice(0, 10)
  return [node.cluster, node.node, node.site, node.role, stateOf(node, Date.now()), expires, node.key]
}

/** The first that applies. */
function stateOf({ revoked, expiresAt, barred, session }: ListedNode, now: number): string {
  if (revoked) return 'revoked'
  if (now >= expiresAt) return 'expired'
  if (barred) return 'barred'
  if (session !== 'open') return 'absent'
  return expiresAt - now < LIMITS.expiryAlertMs ? 'expires soon' : 'present'
}
