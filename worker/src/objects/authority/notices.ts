/** Owner-signed notices at a cluster's authority: verified, stored, told to the sessions, and what follows from them (ID8). */
import type { RegistryInput } from '@baton/shared/core/registry/messages'
import type { Registry } from '@baton/shared/core/registry/types'
import { peekCertificate } from '@baton/shared/crypto/certificate-chain'
import { type Notice, peekNotice, Revocations, verifyNotice } from '@baton/shared/crypto/notices'
import type { Revocation } from '@baton/shared/crypto/statement-types'
import type { Genesis } from '@baton/shared/genesis'
import type { Jws, NodeId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { Clock } from '@baton/shared/ports/clock'
import type { EventLog } from '../../adapters/event-log.ts'
import type { Sql } from '../../adapters/sql.ts'
import { noticeEvent } from '../notice-event.ts'
import { NoticeStore } from '../notice-store.ts'

export class Notices {
  readonly #genesis: Genesis
  readonly #clock: Clock
  readonly #store: NoticeStore
  readonly revocations = new Revocations()

  constructor(sql: Sql, clock: Clock, genesis: Genesis, events: EventLog) {
    this.#genesis = genesis
    this.#clock = clock
    this.#store = new NoticeStore(sql, events)
    for (const statement of this.#store.all()) {
      const read = peekNotice(statement)
      if (read.ok) this.#learn(read.value)
    }
  }

  /** Takes in what is new and verifies; returns it. Any number of times, in any order, from anybody. */
  async take(statements: readonly Jws[]): Promise<readonly Jws[]> {
    const taken: Jws[] = []
    for (const statement of statements) {
      if (this.#store.has(statement)) continue
      const notice = await verifyNotice(this.#genesis, statement)
      if (!notice.ok) continue
      if (!this.#store.add(statement, this.#clock.wallNow(), noticeEvent(notice.value))) continue
      this.#learn(notice.value)
      taken.push(statement)
    }
    return taken
  }

  /** What the registry must know: all of it, again at every start, so that a crash in between loses nothing. */
  inputsFor(registry: Registry): readonly RegistryInput[] {
    if (registry.status === 'absent') return []
    return [...registry.members.values()].flatMap((member) => {
      const read = peekCertificate(member.certificate)
      const revocation = read.ok ? this.revocations.of(read.value) : null
      if (revocation === null || member.revoked === true) return []
      return [revokedInput(member.node, member.key, revocation)]
    })
  }

  all(): readonly Jws[] {
    return this.#store.all()
  }

  /** Which keys of the authority count is in its configuration: here such a notice is only passed on. */
  #learn(notice: Notice): void {
    if (notice.kind === 'revocation') this.revocations.add(notice.payload)
  }
}

function revokedInput(node: NodeId, key: Extract<RegistryInput, { i: 'revoked' }>['key'], revocation: Revocation) {
  const { id, cluster, reason } = revocation
  // One revocation of a token may be an order against several masters, one after the other: its id names the node too.
  return {
    i: 'revoked',
    id: `${id}:${node}`.slice(0, LIMITS.nonceCharacters),
    node,
    key,
    by: `owner of ${cluster}`,
    why: reason,
  } as const
}
