/** Pushes the signed table to every cluster's authority until each has confirmed it (NW2). */
import type { ClusterId, Jws } from '@baton/shared/ids'
import type { Sql } from '../../adapters/sql.ts'
import type { AuthorityApi } from '../authority-api.ts'

export class Broadcast {
  readonly #sql: Sql
  readonly #clusters: readonly ClusterId[]
  readonly #authorityOf: (cluster: ClusterId) => AuthorityApi

  constructor(sql: Sql, clusters: readonly ClusterId[], authorityOf: (cluster: ClusterId) => AuthorityApi) {
    this.#sql = sql
    this.#clusters = clusters
    this.#authorityOf = authorityOf
  }

  /** Clusters that have not confirmed this version. */
  missing(version: number): readonly ClusterId[] {
    const rows = this.#sql.all<{ cluster: string }>('SELECT cluster FROM pushed WHERE version >= ?', version)
    const confirmed = new Set(rows.map(({ cluster }) => cluster))
    return this.#clusters.filter((cluster) => !confirmed.has(cluster))
  }

  /** Never rejects; what was not confirmed is still `missing`. */
  async push(version: number, table: Jws): Promise<void> {
    await Promise.all(this.missing(version).map((cluster) => this.#pushTo(cluster, version, table)))
  }

  async #pushTo(cluster: ClusterId, version: number, table: Jws): Promise<void> {
    try {
      const answer = await this.#authorityOf(cluster).masters(version, table)
      if (!answer.ok) return
    } catch (error) {
      console.warn('an authority was not reached', cluster, error)
      return
    }
    this.#sql.run(
      `INSERT INTO pushed (cluster, version) VALUES (?, ?)
       ON CONFLICT (cluster) DO UPDATE SET version = excluded.version WHERE excluded.version > version`,
      cluster,
      version,
    )
  }
}
