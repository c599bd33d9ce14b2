/** Owner-signed notices of the network: taken in from anybody, told to every cluster's authority until each has confirmed (ID8). */
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { NoticeBook } from '@baton/shared/crypto/notice-book'
import { peekNotice, verifyNotice } from '@baton/shared/crypto/notices'
import { openWindow } from '@baton/shared/crypto/owner-keys'
import { STATEMENT_TYPES } from '@baton/shared/crypto/statement-types'
import { peekStatement, signStatement, typeOf } from '@baton/shared/crypto/statements'
import type { ClusterId, Jws, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { failure, type Result, success } from '@baton/shared/result'
import { EventLog } from '../../adapters/event-log.ts'
import type { Sql } from '../../adapters/sql.ts'
import type { Config } from '../../env.ts'
import type { AuthorityApi } from '../authority-api.ts'
import { noticeEvent } from '../notice-event.ts'
import { NoticeStore } from '../notice-store.ts'

export class NoticeBoard {
  readonly #sql: Sql
  readonly #store: NoticeStore
  #book: NoticeBook | undefined

  constructor(sql: Sql) {
    this.#sql = sql
    this.#store = new NoticeStore(sql, new EventLog(sql, () => {}))
  }

  all(): readonly Jws[] {
    return this.#store.all()
  }

  get count(): number {
    return this.#store.count
  }

  /** What statements are checked against (ID1): as configured, and with the owner keys that were recorded here. */
  trust(config: Config): Trust {
    return this.#bookOf(config).trust
  }

  /** Whether it was new. A repeat is a success. A rotation of an owner key is recorded here, once for each number (ID1). */
  async take(config: Config, statement: Jws, at: UnixMs): Promise<Result<{ readonly added: boolean }>> {
    const book = this.#bookOf(config)
    if (typeOf(statement) === STATEMENT_TYPES.ownerRotation) return this.#record(config, statement, at)
    if (this.#store.has(statement)) return success({ added: false })
    const notice = await verifyNotice(book.trust, statement, at)
    if (!notice.ok) return notice
    const added = this.#store.add(statement, at, noticeEvent(notice.value))
    if (added && notice.value.kind !== 'authorityKeys') book.add(notice.value)
    if (added || this.#store.has(statement)) return success({ added })
    return failure('BAD_REQUEST', `the network has ${LIMITS.notices} notices already`)
  }

  async #record(config: Config, rotation: Jws, at: UnixMs): Promise<Result<{ readonly added: boolean }>> {
    if (this.#recorded().includes(rotation)) return success({ added: false })
    const read = peekStatement('ownerRotation', rotation)
    if (!read.ok) return read
    const { network, cluster, until } = read.payload
    if (until <= at)
      return failure('STATEMENT_INVALID', 'the window of the rotation has ended: have the owner sign it anew')
    const open = openWindow(this.#bookOf(config).trust, cluster, at)
    if (open !== null) {
      const end = new Date(open.at).toISOString()
      return failure(
        'STATEMENT_INVALID',
        `a rotation of ${cluster} is under way until ${end}: the next one waits for its end`,
      )
    }
    const payload = { network, cluster, rotation }
    // It is verified as everybody will: with the authority's word around it, which is given out only when it is stored.
    return this.take(config, await signStatement('recordedRotation', payload, config.authority.privateKey), at)
  }

  #recorded(): readonly Jws[] {
    return this.#store.all().flatMap((statement) => {
      const read =
        typeOf(statement) === STATEMENT_TYPES.recordedRotation ? peekStatement('recordedRotation', statement) : null
      return read?.ok ? [read.payload.rotation] : []
    })
  }

  #bookOf({ genesis, notices }: Config): NoticeBook {
    if (this.#book !== undefined) return this.#book
    const book = new NoticeBook(genesis, notices)
    for (const statement of this.#store.all()) {
      const read = peekNotice(statement)
      if (read.ok && read.value.kind !== 'authorityKeys') book.add(read.value)
    }
    this.#book = book
    return book
  }

  /** Clusters whose authority has not confirmed all of them. */
  missing(clusters: readonly ClusterId[]): readonly ClusterId[] {
    const { count } = this.#store
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
