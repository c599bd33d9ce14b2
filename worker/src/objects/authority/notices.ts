/** Owner-signed notices at a cluster's authority: verified, stored, told to the sessions, and what follows from them (ID8). */
import type { RegistryInput } from '@baton/shared/core/registry/messages'
import type { Registry } from '@baton/shared/core/registry/types'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { NoticeBook, type RefusedNotice } from '@baton/shared/crypto/notice-book'
import { type Notice, peekNotice, type Revocations } from '@baton/shared/crypto/notices'
import { revokedInputs } from '@baton/shared/crypto/revoked-members'
import type { Jws, UnixMs } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'
import type { EventLog } from '../../adapters/event-log.ts'
import type { Sql } from '../../adapters/sql.ts'
import type { Config } from '../../env.ts'
import type { OwnerKeys } from '../authority-api.ts'
import { noticeEvent } from '../notice-event.ts'
import { NoticeStore } from '../notice-store.ts'

export interface TakenNotices {
  /** What was new. */
  readonly taken: readonly Jws[]
  /** What does not verify to its owner. */
  readonly refused: readonly RefusedNotice[]
}

export class Notices {
  readonly #clock: Clock
  readonly #store: NoticeStore
  readonly #book: NoticeBook

  constructor(sql: Sql, clock: Clock, { genesis, notices }: Pick<Config, 'genesis' | 'notices'>, events: EventLog) {
    this.#book = new NoticeBook(genesis, notices)
    this.#clock = clock
    this.#store = new NoticeStore(sql, events)
    for (const statement of this.#store.all()) {
      const read = peekNotice(statement)
      if (read.ok) this.#learn(read.value)
    }
  }

  get revocations(): Revocations {
    return this.#book.revocations
  }

  /** What statements are checked against, always as of now (ID1). */
  get trust(): Trust {
    return this.#book.trust
  }

  /** The same as plain data: what tokens of operators are checked against (ID1, ID7). */
  owners(): OwnerKeys {
    const { network, clusters, authorityKeys, ownerKeyEnds = [] } = this.trust
    return { network, clusters, authorityKeys, ownerKeyEnds }
  }

  /**
   * Takes in what is new and verifies. Any number of times, in any order, from anybody.
   * @param now as for `verifyNotice`: null when the directory has looked at that
   */
  async take(statements: readonly Jws[], now: UnixMs | null): Promise<TakenNotices> {
    const unknown = statements.filter((statement) => !this.#store.has(statement))
    const taken: Jws[] = []
    const { verified, refused } = await this.#book.verifyAll(unknown, now)
    for (const { statement, notice } of verified) {
      if (!this.#store.add(statement, this.#clock.wallNow(), noticeEvent(notice))) continue
      this.#learn(notice)
      taken.push(statement)
    }
    return { taken, refused }
  }

  /** What the registry must know: all of it, again at every start, so that a crash in between loses nothing. */
  inputsFor(registry: Registry): readonly RegistryInput[] {
    return revokedInputs(registry, this.revocations)
  }

  all(): readonly Jws[] {
    return this.#store.all()
  }

  get count(): number {
    return this.#store.count
  }

  /** Which keys of the authority count is in its configuration: here such a notice is only passed on. */
  #learn(notice: Notice): void {
    if (notice.kind !== 'authorityKeys') this.#book.add(notice)
  }
}
