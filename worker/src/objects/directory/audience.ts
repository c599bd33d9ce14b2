/** The directory's audit, put together: what masters say goes in, and what follows is told to the authorities (NW4, NW5, RG6). */
import type { AuditSend, AuditStep } from '@baton/shared/core/audit/types'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { EventBudget } from '@baton/shared/event-budget'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, Ms } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { Clock } from '@baton/shared/ports/clock'
import { type Result, success } from '@baton/shared/result'
import type { Backstop } from '../../adapters/backstop.ts'
import { appendEvent } from '../../adapters/event-log.ts'
import type { Sql } from '../../adapters/sql.ts'
import type { AlertWebhook } from '../../env.ts'
import { AlertPost } from '../authority/alert-post.ts'
import type { AuthorityApi } from '../authority-api.ts'
import type { SessionOf } from '../directory-api.ts'
import { Audit } from './audit.ts'
import type { MasterList } from './master-list.ts'
import { Orders } from './orders.ts'
import { Reports, type Verified } from './reports.ts'

export interface AudienceParts {
  readonly sql: Sql
  readonly genesis: Genesis
  /** What the credentials in evidence are checked against, always as of now. */
  readonly trust: Trust
  readonly masters: MasterList
  readonly clock: Clock
  readonly backstop: Backstop
  /** Null: none is configured. */
  readonly webhook: AlertWebhook | null
  readonly authorityOf: (cluster: ClusterId) => Pick<AuthorityApi, 'order' | 'foreignSilence'>
  /** Keeps the object alive until the work is done; nothing else waits for it. */
  readonly meanwhile: (work: Promise<void>) => void
}

export class Audience {
  readonly reports: Reports
  readonly #parts: AudienceParts
  /** Of the findings and refused reports of a cluster. */
  readonly #budget = new EventBudget<ClusterId>({
    told: LIMITS.findingsPerMinute,
    windowMs: 60_000 as Ms,
    sources: LIMITS.clusters,
  })
  readonly #audit: Audit
  readonly #orders: Orders
  readonly #alerts: AlertPost

  constructor(parts: AudienceParts) {
    this.#parts = parts
    const { genesis, trust, masters, clock, authorityOf } = parts
    this.reports = new Reports(trust, masters)
    this.#alerts = new AlertPost({
      ...parts,
      network: genesis.network,
      cluster: null,
      now: () => clock.wallNow(),
    })
    this.#audit = new Audit({
      ...parts,
      budget: this.#budget,
      alert: (seq) => this.#alerts.enter(seq, 'too-many-suspects'),
    })
    this.#orders = new Orders({
      audit: this.#audit,
      clock,
      authorityOf,
      take: (input, notes) => void this.#take({ input }, notes),
    })
  }

  /** What a master has said, once it is known whether it verifies. What does not is an event, and changes nothing else. */
  hear(kind: string, from: SessionOf, said: Result<readonly Verified[]>): Result<null> {
    this.#tellLeftOut()
    if (!said.ok) {
      this.#refused(kind, from, said)
      return said
    }
    let answer: Result<null> = success(null)
    for (const verified of said.value) {
      const { rejected } = this.#take(verified)
      if (rejected === undefined) continue
      answer = { ok: false, ...rejected }
      this.#refused(kind, from, rejected)
    }
    return answer
  }

  /** The table has a new master: an order against the one before has ended (RG9). */
  masterChanged(): void {
    this.#follow(this.#audit.learnMasters())
  }

  tick(): void {
    this.#parts.meanwhile(this.#alerts.deliver())
    this.#tellLeftOut()
    this.#take({ input: { i: 'tick' } })
  }

  #take(verified: Verified, notes?: readonly object[]): AuditStep {
    const steps = this.#audit.take(verified, notes)
    this.#follow(steps)
    return steps.at(-1)!
  }

  #follow(steps: readonly AuditStep[]): void {
    const { clock, backstop, meanwhile } = this.#parts
    if (steps.some(({ events }) => events.length > 0)) meanwhile(this.#alerts.deliver())
    for (const send of steps.flatMap((done) => done.send)) this.#tell(send)
    const { againAfterMs } = this.#orders
    if (againAfterMs === null) return
    // Were this life to end before the authority has answered, the alarm brings it back.
    backstop.wakeAt(clock.wallNow() + againAfterMs)
    meanwhile(this.#orders.ask())
  }

  #tell(send: AuditSend): void {
    const { meanwhile, authorityOf } = this.#parts
    if (send.s === 'order') {
      meanwhile(this.#orders.deliver(send))
      return
    }
    // What an authority did not hear is said again while the silence lasts.
    const { cluster, reporters, clusters, silentForMs } = send
    const told = authorityOf(cluster).foreignSilence(cluster, { reporters, clusters, silentForMs })
    meanwhile(
      told.then(
        () => undefined,
        (error) => console.warn('an authority was not reached', cluster, error),
      ),
    )
  }

  #refused(
    kind: string,
    { cluster, node }: SessionOf,
    { code, why }: { readonly code: string; readonly why: string },
  ): void {
    if (!this.#budget.spend(cluster, this.#parts.clock.now())) return
    this.#append({ event: 'report-refused', kind, cluster, who: node, code, why })
  }

  #tellLeftOut(): void {
    for (const { source: cluster, events } of this.#budget.settle(this.#parts.clock.now())) {
      this.#append({ event: 'events-left-out', cluster, events })
    }
  }

  #append(event: object): void {
    const { sql, clock } = this.#parts
    sql.transaction(() => appendEvent(sql, clock.wallNow(), event))
  }
}
