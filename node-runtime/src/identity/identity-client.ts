/** What joining hosts, running nodes and operators ask the authentication node about identity (ID3, ID8). */

import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import { parseGenesis } from '@baton/shared/genesis-schema'
import * as id from '@baton/shared/id-schemas'
import type { ClusterId, Jws, NetworkId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { z } from 'zod'
import { AuthorityHttp } from '../adapters/authority-http.ts'

const nodeSchema = z.object({
  cluster: id.clusterId,
  node: id.nodeId,
  site: id.siteId,
  key: id.publicKey,
  peerAddress: id.address,
  apiAddress: id.address,
  expiresAt: id.unixMs,
  revoked: z.boolean(),
  barred: z.boolean(),
  role: z.enum(['master', 'standby', 'ordinary']),
  session: z.enum(['open', 'closed', 'none']),
  reportAgeMs: z.number().nullable(),
})
const nodesSchema = z.object({ nodes: z.array(nodeSchema).max(LIMITS.nodesPerCluster) })

/** A node as the authority lists it. */
export type ListedNode = Readonly<z.infer<typeof nodeSchema>>

/** Every call throws BatonError with the authority's code, or UNREACHABLE. */
export class IdentityClient {
  readonly #http: AuthorityHttp
  readonly #base: string

  /** @param url `http://` or `https://`; @param network by its name */
  constructor(url: string, network: NetworkId) {
    this.#http = new AuthorityHttp(url)
    this.#base = `/v1/networks/${network}`
  }

  /** @throws BatonError GENESIS_INVALID too */
  async genesis(): Promise<Genesis> {
    const document = await this.#http.ask(z.unknown(), this.#base)
    const genesis = parseGenesis(JSON.stringify(document))
    if (genesis.ok) return genesis.value
    throw new BatonError(
      'GENESIS_INVALID',
      `the genesis document of the authentication node is not valid: ${genesis.why}`,
    )
  }

  async nodes(cluster: ClusterId): Promise<readonly ListedNode[]> {
    return (await this.#http.ask(nodesSchema, `${this.#base}/clusters/${cluster}/nodes`)).nodes
  }

  join(cluster: ClusterId, request: Jws): Promise<{ readonly usesLeft: number | null }> {
    const answer = z.object({ usesLeft: z.int().nullable() })
    return this.#http.ask(answer, `${this.#base}/clusters/${cluster}/joins`, { body: { request } })
  }

  async renew(cluster: ClusterId, renewal: Jws): Promise<Jws> {
    const answer = z.object({ certificate: id.jws })
    const path = `${this.#base}/clusters/${cluster}/renewals`
    return (await this.#http.ask(answer, path, { body: { renewal } })).certificate
  }

  async notice(statement: Jws): Promise<boolean> {
    const answer = z.object({ added: z.boolean() })
    return (await this.#http.ask(answer, `${this.#base}/notices`, { body: { statement } })).added
  }

  /** Token of the highest grant of each cluster, as the directory knows it. */
  async masters(): Promise<
    readonly { readonly cluster: ClusterId; readonly generation: number; readonly epoch: number }[]
  > {
    const entry = z.object({ cluster: id.clusterId, generation: id.generation, epoch: id.epoch })
    const answer = z.object({ masters: z.array(entry).max(LIMITS.clusters) })
    return (await this.#http.ask(answer, `${this.#base}/masters`)).masters
  }

  async notices(): Promise<readonly Jws[]> {
    const answer = z.object({ notices: z.array(id.jws).max(LIMITS.notices) })
    return (await this.#http.ask(answer, `${this.#base}/notices`)).notices
  }
}
