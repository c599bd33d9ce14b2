/** The highest mastership known of each cluster, and its version: rises with each change, ordered by token (NW1, NW2). */
import type { Mastership } from '@baton/shared/crypto/statement-types'
import { type ClusterId, compareTokens, formatToken, type UnixMs } from '@baton/shared/ids'
import { appendEvent } from '../../adapters/event-log.ts'
import { readMeta, writeMeta } from '../../adapters/meta.ts'
import type { Sql } from '../../adapters/sql.ts'

const VERSION = 'version'

export type Taken = 'newer' | 'known' | 'lower' | 'conflict'

/** What is told of a master; the address is a hint that its node gave, outside what is signed. */
export interface ListedMaster {
  readonly mastership: Mastership
  readonly apiAddress: string | null
}

interface Row extends Record<string, string | null> {
  readonly mastership: string
  readonly api_address: string | null
}

export class MasterList {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  get version(): number {
    return Number(readMeta(this.#sql, VERSION) ?? 0)
  }

  /** Sorted by cluster. */
  listed(): readonly ListedMaster[] {
    const rows = this.#sql.all<Row>('SELECT mastership, api_address FROM masters ORDER BY cluster')
    return rows.map(({ mastership, api_address }) => {
      return { mastership: JSON.parse(mastership) as Mastership, apiAddress: api_address }
    })
  }

  /** Sorted by cluster. */
  all(): readonly Mastership[] {
    return this.listed().map(({ mastership }) => mastership)
  }

  /** Somebody knows this version of the table: what is said from now on is newer (RG8: a directory can be restored too). */
  countOnFrom(version: number): void {
    if (version > this.version) writeMeta(this.#sql, VERSION, String(version + 1))
  }

  of(cluster: ClusterId): Mastership | null {
    const rows = this.#sql.all<{ mastership: string }>('SELECT mastership FROM masters WHERE cluster = ?', cluster)
    return rows[0] === undefined ? null : (JSON.parse(rows[0].mastership) as Mastership)
  }

  /** Any number of times, in any order: only a higher token changes anything. `mastership` was verified. */
  take(mastership: Mastership, apiAddress: string | null, at: UnixMs): Taken {
    return this.#sql.transaction(() => {
      const known = this.of(mastership.cluster)
      const order = known === null ? 1 : compareTokens(mastership, known)
      if (known !== null && order === 0 && known.node !== mastership.node) {
        appendEvent(this.#sql, at, { event: 'token-conflict', cluster: known.cluster, known, other: mastership })
        return 'conflict'
      }
      if (order < 0) return 'lower'
      const { cluster, generation, epoch, node } = mastership
      if (order === 0) {
        if (apiAddress !== null)
          this.#sql.run('UPDATE masters SET api_address = ? WHERE cluster = ?', apiAddress, cluster)
        return 'known'
      }
      this.#sql.run(
        `INSERT INTO masters (cluster, generation, epoch, mastership, api_address) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (cluster) DO UPDATE SET generation = excluded.generation, epoch = excluded.epoch,
           mastership = excluded.mastership, api_address = excluded.api_address`,
        cluster,
        generation,
        epoch,
        JSON.stringify(mastership),
        apiAddress,
      )
      const version = this.version + 1
      writeMeta(this.#sql, VERSION, String(version))
      appendEvent(this.#sql, at, { event: 'master', cluster, node, token: formatToken(mastership), version })
      return 'newer'
    })
  }
}
