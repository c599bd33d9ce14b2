/** A cluster's link to the network's directory: its grants go up, the signed master table comes down (NW2). */
import type { FoundedRegistry, Registry } from '@baton/shared/core/registry/types'
import type { KeyPair } from '@baton/shared/crypto/keys'
import { signStatement } from '@baton/shared/crypto/statements'
import { compareTokens, type Epoch, type Generation, type Jws, type NetworkId, type Token } from '@baton/shared/ids'
import type { Result } from '@baton/shared/result'
import { readMeta, writeMeta } from '../../adapters/meta.ts'
import type { Sql } from '../../adapters/sql.ts'
import type { DirectoryApi } from '../directory-api.ts'
import type { Credentials } from './credentials.ts'

const TABLE = 'masters'
const KNOWN = 'directory-knows'

export class DirectoryLink {
  readonly #sql: Sql
  readonly #directory: DirectoryApi
  readonly #credentials: Credentials
  #table: { readonly version: number; readonly table: Jws } | null
  #busy = false

  constructor(sql: Sql, directory: DirectoryApi, credentials: Credentials) {
    this.#sql = sql
    this.#directory = directory
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

  /** The newest table at hand; from the directory when there is none yet, empty when that cannot be reached. */
  async table(network: NetworkId, authority: KeyPair): Promise<Jws> {
    if (this.#table === null) await this.poll()
    if (this.#table !== null) return this.#table.table
    return signStatement('masterTable', { network, version: 0, masters: [] }, authority.privateKey)
  }

  /** Asks the directory; true when that brought a newer table. */
  async poll(): Promise<boolean> {
    const answer = await attempt(() => this.#directory.table())
    return answer !== null && this.take(answer.version, answer.table)
  }

  /** The directory has not confirmed the recorded grant yet. Derived from what is on disk, so no crash loses it. */
  owes(registry: Registry): registry is FoundedRegistry {
    if (registry.status !== 'founded') return false
    const known = readMeta(this.#sql, KNOWN)
    return known === null || compareTokens(parseToken(known), registry.lastGrant) < 0
  }

  /** Tells the directory of the recorded grant, and of one that came meanwhile; gives up when it is not reached. */
  async tell(recorded: () => Registry): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    try {
      for (let registry = recorded(); this.owes(registry); registry = recorded()) {
        const credential = await this.#credentials.of(registry)
        const answer = await attempt(() => this.#directory.learn(credential))
        if (answer === null) return
        const { generation, epoch } = registry.lastGrant
        writeMeta(this.#sql, KNOWN, JSON.stringify({ generation, epoch }))
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
    await attempt(() => this.#directory.notice(statement))
  }

  async results(report: Jws): Promise<void> {
    try {
      const answer = await this.#directory.results(report)
      if (!answer.ok) console.warn('result report refused', answer.code, answer.why)
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

function parseToken(text: string): Token {
  const { generation, epoch } = JSON.parse(text) as { generation: Generation; epoch: Epoch }
  return { generation, epoch }
}
