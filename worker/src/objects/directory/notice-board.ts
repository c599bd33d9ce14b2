/** Owner-signed notices of the network: taken in from anybody, told to every cluster's authority until each has confirmed (ID8). */
import { verifyNotice } from '@baton/shared/crypto/notices'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, Jws, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { failure, type Result, success } from '@baton/shared/result'
import { EventLog } from '../../adapters/event-log.ts'
import type { Sql } from '../../adapters/sql.ts'
import type { AuthorityApi } from '../authority-api.ts'
import { noticeEvent } from '../notice-event.ts'
import { NoticeStore } from '../notice-store.ts'

export class NoticeBoard {
  readonly #sql: Sql
  readonly #store: NoticeStore

  constructor(sql: Sql) {
    this.#sql = sql
    this.#store = new NoticeStore(sql, new EventLog(sql, () => {}))
  }

  all(): readonly Jws[] {
    return this.#store.all()
  }

  /** Whether it was new. A repeat is a success. */
  async take(genesis: Genesis, statement: Jws, at: UnixMs): Promise<Result<{ readonly added: boolean }>> {
    if (this.#store.has(statement)) return success({ added: false })
    const notice = await verifyNotice(genesis, statement)
    if (!notice.ok) return notice
    const added = this.#store.add(statement, at, noticeEvent(notice.value))
    if (added || this.#store.has(statement)) return success({ added })
    return failure('BAD_REQUEST', `the network has ${LIMITS.notices} notices already`)
  }

  /** Clusters whose authority has not confirmed all of them. */
  missing(clusters: readonly ClusterId[]): readonly ClusterId[] {
    const count = this.#store.all().length
    if (count === 0) return []
    const rows = this.#sql.all<{ cluster: string }>('SELECT cluster FROM noticed WHERE count >= ?', count)
    const confirmed = new Set(rows.map(({ cluster }) => cluster))
    return clusters.filter((cluster) => !confirmed.has(cluster))
  }

  /** Never rejects; what was not confirmed is still `missing`. */
  async push(clusters: readonly ClusterId[], authorityOf: (cluster: ClusterId) => AuthorityApi): Promise<void> {
    const statements = this.#store.all()
    await Promise.all(
      this.missing(clusters).map(async (cluster) => {
        try {
          const answer = await authorityOf(cluster).notices(cluster, statements)
          if (answer.ok) this.#confirmed(cluster, statements.length)
        } catch (error) {
          console.warn('an authority was not reached', cluster, error)
        }
      }),
    )
  }

  #confirmed(cluster: ClusterId, count: number): void {
    this.#sql.run(
      `INSERT INTO noticed (cluster, count) VALUES (?, ?)
       ON CONFLICT (cluster) DO UPDATE SET count = max(count, excluded.count)`,
      cluster,
      count,
    )
  }
}
