/** A cluster's link to the network's directory: its grants go up, the signed master table comes down (NW2). */

import { assert } from '@baton/shared/assert'
import type { FoundedRegistry, Registry } from '@baton/shared/core/registry/types'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { peekGrant, verifyCredential } from '@baton/shared/crypto/credential'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { Grant } from '@baton/shared/crypto/statement-types'
import { peekStatement, signStatement } from '@baton/shared/crypto/statements'
import { type ClusterId, compareTokens, type Jws, type NetworkId, type NodeId, type Token } from '@baton/shared/ids'
import type { Result } from '@baton/shared/result'
import { deleteMeta, readMeta, writeMeta } from '../../adapters/meta.ts'
import type { Sql } from '../../adapters/sql.ts'
import type { DirectoryApi, DirectoryTable } from '../directory-api.ts'
import type { Credentials } from './credentials.ts'

const TABLE = 'masters'
const KNOWN = 'directory-knows'

export interface DirectoryLinkParts {
  readonly sql: Sql
  readonly directory: DirectoryApi
  readonly cluster: { readonly cluster: ClusterId }
}

export class DirectoryLink {
  readonly #sql: Sql
  readonly #directory: DirectoryApi
  readonly #cluster: ClusterId
  readonly #credentials: Credentials
  #table: { readonly version: number; readonly table: Jws } | null
  #busy = false
  #noticesThere: number | null = null

  constructor({ sql, directory, cluster }: DirectoryLinkParts, credentials: Credentials) {
    this.#sql = sql
    this.#directory = directory
    this.#cluster = cluster.cluster
    this.#credentials = credentials
    const stored = readMeta(sql, TABLE)
    this.#table = stored === null ? null : JSON.parse(stored)
  }

  /** True when the table is newer than the one at hand: it is kept and to be told to the sessions. */
  take(version: number, table: Jws): boolean {
    if (this.#table !== null && version <= this.#table.version) return false
    this.#table = { version, table }
    writeMeta(this.#sql, TABLE, JSON.stringify(this.#table))
    return true
  }

  /** How many owner-signed notices the directory had at the last poll; null: not told yet. */
  get noticesThere(): number | null {
    return this.#noticesThere
  }

  /** The newest table at hand, once there is one. */
  get newest(): Jws {
    assert(this.#table !== null, 'a table was taken')
    return this.#table.table
  }

  /** The newest table at hand; from the directory when there is none yet, empty when that cannot be reached. */
  async table(network: NetworkId, authority: KeyPair): Promise<Jws> {
    if (this.#table === null) await this.poll()
    if (this.#table !== null) return this.#table.table
    return signStatement('masterTable', { network, version: 0, masters: [] }, authority.privateKey)
  }

  /** Asks the directory; true when that brought a newer table. */
  async poll(): Promise<boolean> {
    const answer = await attempt(() => this.#directory.table(this.#table?.version ?? 0))
    if (answer === null) return false
    this.#noticesThere = answer.notices
    this.#notice(answer)
    return this.take(answer.version, answer.table)
  }

  /** The highest grant of this cluster in the newest table at hand, verified; null: none (RG8). */
  async grantOf(trust: Trust, cluster: ClusterId): Promise<Grant | null> {
    const read = this.#table === null ? null : peekStatement('masterTable', this.#table.table)
    for (const credential of read?.ok ? read.payload.masters : []) {
      const grant = peekGrant(credential.grant)
      if (grant.ok && grant.value.cluster === cluster) {
        return (await verifyCredential(trust, credential)).ok ? grant.value : null
      }
    }
    return null
  }

  /** The directory has forgotten what it had confirmed: it is owed again. */
  #notice({ masters }: DirectoryTable): void {
    const text = readMeta(this.#sql, KNOWN)
    if (text === null) return
    const listed = masters.find(({ cluster }) => cluster === this.#cluster)
    if (listed === undefined || compareTokens(listed, JSON.parse(text) as Token) < 0) deleteMeta(this.#sql, KNOWN)
  }

  /** The directory has not confirmed the recorded grant yet. Derived from what is on disk, so no crash loses it. */
  owes(registry: Registry): registry is FoundedRegistry {
    if (registry.status !== 'founded') return false
    const text = readMeta(this.#sql, KNOWN)
    if (text === null) return true
    const known = JSON.parse(text) as Token & { readonly apiAddress?: string }
    const order = compareTokens(known, registry.lastGrant)
    return order < 0 || (order === 0 && known.apiAddress !== addressOf(registry))
  }

  /** Tells the directory of the recorded grant, and of one that came meanwhile; gives up when it is not reached. */
  async tell(recorded: () => Registry): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    try {
      for (let registry = recorded(); this.owes(registry); registry = recorded()) {
        const credential = await this.#credentials.of(registry)
        const apiAddress = addressOf(registry)
        const answer = await attempt(() => this.#directory.learn(credential, apiAddress))
        if (answer === null) return
        const { generation, epoch } = registry.lastGrant
        writeMeta(this.#sql, KNOWN, JSON.stringify({ generation, epoch, apiAddress }))
      }
    } finally {
      this.#busy = false
    }
  }

  /** Null when the directory was not reached or refuses. */
  async notices(): Promise<readonly Jws[] | null> {
    return attempt(() => this.#directory.notices())
  }

  async notice(statement: Jws): Promise<void> {
    await attempt(() => this.#directory.notice(statement, this.#cluster))
  }

  async results(report: Jws, node: NodeId): Promise<void> {
    await this.#bring(() => this.#directory.results(report, { cluster: this.#cluster, node }))
  }

  async findings(findings: Jws, node: NodeId): Promise<void> {
    await this.#bring(() => this.#directory.findings(findings, { cluster: this.#cluster, node }))
  }

  async #bring(call: () => ReturnType<DirectoryApi['results']>): Promise<void> {
    try {
      const answer = await call()
      if (!answer.ok) console.warn('a report was refused', answer.code, answer.why)
    } catch (error) {
      console.warn('the directory was not reached', error)
    }
  }
}

/** Null when the directory was not reached or refuses; it is asked again later. */
async function attempt<T>(call: () => Promise<Result<T>>): Promise<T | null> {
  try {
    const answer = await call()
    if (answer.ok) return answer.value
    console.warn('the directory refused', answer.code, answer.why)
  } catch (error) {
    console.warn('the directory was not reached', error)
  }
  return null
}

/** Where the node that the last grant names serves clients; undefined for one that is no member here. */
function addressOf({ members, lastGrant }: FoundedRegistry): string | undefined {
  return members.get(lastGrant.node)?.apiAddress
}
