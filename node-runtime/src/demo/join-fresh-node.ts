/** A host that nobody knows becomes a node of the running network: the owner signs a token, the host does the rest (ID3). */
import { join } from 'node:path'
import type { ClusterId } from '@baton/shared/ids'
import { IdentityClient } from '../identity/identity-client.ts'
import { addressesOfPorts } from '../network/addresses.ts'
import type { NodeFiles } from '../network/init.ts'
import { joinNetwork } from '../network/join.ts'
import { makeJoinToken } from '../network/join-token.ts'
import type { Tell } from './faults.ts'
import type { Fault } from './figures.ts'
import { freePorts } from './free-ports.ts'
import type { DemoNetwork } from './network.ts'
import { readStatus } from './node-status.ts'
import { nowMs } from './now.ts'
import { waitFor } from './wait.ts'

const TOKEN_MS = 600_000
/** Below the nodes that the network began with: their places stay theirs. */
const PRIORITY = 40
const JOIN_MS_MAX = 60_000

export interface FreshNode {
  readonly cluster: string
  readonly site: string
}

/** Returns once the node may be elected: by its own word, and as the authentication node lists it. */
export async function joinFreshNode(network: DemoNetwork, fresh: FreshNode, tell: Tell): Promise<Fault> {
  const { cluster, site } = fresh
  const token = await tokenFor(network, fresh)
  const name = freeName(network, cluster)
  tell(`the owner of ${cluster} has signed a token: the fresh host ${name} at site ${site} joins with it`)
  const atMs = nowMs()
  const files = await admitted(network, name, site, token)
  const node = network.adopt(files)
  node.start()
  await waitFor(`${name} to answer`, JOIN_MS_MAX, async () => {
    if (!node.running) throw node.startFailure()
    return (await readStatus(files)) !== null
  })
  const joinMs = nowMs() - atMs
  const { height } = network.timeline
  tell(`${name} is admitted and runs; ${height} blocks to fetch and to execute`)
  const authority = new IdentityClient(network.authorityUrl, network.files.genesis.network)
  await waitFor(`${name} to be electable`, JOIN_MS_MAX, async () => {
    if (!node.running) throw node.startFailure()
    const status = await readStatus(files)
    if (status === null || status.height < height || !status.electable || status.syncSet.length === 0) return false
    const listed = (await authority.nodes(files.cluster)).find((candidate) => candidate.node === name)
    return listed?.session === 'open' && !listed.barred && !listed.revoked
  })
  const eligibleMs = nowMs() - atMs
  tell(`${name} has caught up and may be elected`)
  await network.whole()
  const joined = { node: name, cluster, joinMs, eligibleMs }
  return { case: 'join', atMs, healedAtMs: nowMs(), lostMasters: [], joined }
}

async function tokenFor(network: DemoNetwork, { cluster, site }: FreshNode): Promise<string> {
  const issuedAt = Date.now()
  const asked = { cluster, site, uses: 1, authorityUrl: network.authorityUrl, issuedAt, expiresAt: issuedAt + TOKEN_MS }
  return (await makeJoinToken(network.files.genesis, asked, await network.owner(cluster))).text
}

/** What `baton join` does on the fresh host. */
async function admitted(network: DemoNetwork, node: string, site: string, token: string): Promise<NodeFiles> {
  const folder = join(network.files.folder, 'nodes', node)
  const addresses = addressesOfPorts(await freePorts(2))({ node, site, priority: PRIORITY }, 0)
  const { settings } = network
  const joined = await joinNetwork({ token, folder, node, addresses, priority: PRIORITY, settings })
  return {
    node: joined.node,
    cluster: joined.cluster as ClusterId,
    site: joined.site,
    founder: false,
    folder,
    configFile: joined.configFile,
    keyFile: join(folder, 'node.key.json'),
    certificateFile: join(folder, 'node.certificate.jws'),
    dataFolder: join(folder, 'data'),
    peerAddress: addresses.advertise.peer,
    apiAddress: addresses.advertise.api,
  }
}

/** c3-n4 where c3-n3 is the last. */
function freeName(network: DemoNetwork, cluster: string): string {
  return `${cluster}-n${network.files.nodes.filter((node) => node.cluster === cluster).length + 1}`
}
