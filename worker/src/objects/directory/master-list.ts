/** The highest mastership known of each cluster, and its version: rises with each change, ordered by token (NW1, NW2). */
import type { Mastership } from '@baton/shared/crypto/statement-types'
import { type ClusterId, compareTokens, formatToken, type UnixMs } from '@baton/shared/ids'
import { appendEvent } from '../../adapters/event-log.ts'
import { readMeta, writeMeta } from '../../adapters/meta.ts'
import type { Sql } from '../../adapters/sql.ts'

const VERSION = 'version'

export type Taken = 'newer' | 'known' | 'lower' | 'conflict'

export class MasterList {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  get version(): number {
    return Number(readMeta(this.#sql, VERSION) ?? 0)
  }

  /** Sorted by cluster. */
  all(): readonly Mastership[] {
    const rows = this.#sql.all<{ mastership: string }>('SELECT mastership FROM masters ORDER BY cluster')
    return rows.map(({ mastership }) => JSON.parse(mastership) as Mastership)
  }

  of(cluster: ClusterId): Mastership | null {
    const rows = this.#sql.all<{ mastership: string }>('SELECT mastership FROM masters WHERE cluster = ?', cluster)
    return rows[0] === undefined ? null : (JSON.parse(rows[0].mastership) as Mastership)
  }

  /** Any number of times, in any order: only a higher token changes anything. `mastership` was verified. */
  take(mastership: Mastership, at: UnixMs): Taken {
    return this.#sql.transaction(() => {
      const known = this.of(mastership.cluster)
      const order = known === null ? 1 : compareTokens(mastership, known)
      if (known !== null && order === 0 && known.node !== mastership.node) {
        appendEvent(this.#sql, at, { event: 'token-conflict', cluster: known.cluster, known, other: mastership })
        return 'conflict'
      }
      if (order < 0) return 'lower'
      if (order === 0) return 'known'
      const { cluster, generation, epoch, node } = mastership
      this.#sql.run(
        `INSERT INTO masters (cluster, generation, epoch, mastership) VALUES (?, ?, ?, ?)
         ON CONFLICT (cluster) DO UPDATE SET generation = excluded.generation, epoch = excluded.epoch,
           mastership = excluded.mastership`,
        cluster,
        generation,
        epoch,
        JSON.stringify(mastership),
      )
      const version = this.version + 1
      writeMeta(this.#sql, VERSION, String(version))
      appendEvent(this.#sql, at, { event: 'master', cluster, node, token: formatToken(mastership), version })
      return 'newer'
    })
  }
}
