/**
 * The audit machine over the directory's database. Reports are kept in memory only, since rows written are the dominant cost of the
 * platform: what is written is the order that stands, and every finding as an event (RG11).
 */
import { assert } from '@baton/shared/assert'
import { brokenInvariants } from '@baton/shared/core/audit/invariants'
import { createAudit, step } from '@baton/shared/core/audit/machine'
import type { AuditEvent, AuditState, AuditStep, AuditWrite, StandingOrder } from '@baton/shared/core/audit/types'
import type { EventBudget } from '@baton/shared/event-budget'
import type { Genesis } from '@baton/shared/genesis'
import { auditPolicyOf } from '@baton/shared/genesis-audit'
import type { ClusterId, Jws } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'
import { appendEvent } from '../../adapters/event-log.ts'
import { deleteMeta, readMeta, writeMeta } from '../../adapters/meta.ts'
import type { Sql } from '../../adapters/sql.ts'
import { reporterOf } from './evidence.ts'
import type { MasterList } from './master-list.ts'
import type { Verified } from './reports.ts'
import { SaidResults } from './said-results.ts'

const STANDING = 'standing-order'

export interface AuditParts {
  readonly sql: Sql
  readonly genesis: Genesis
  readonly masters: MasterList
  readonly clock: Clock
  readonly budget: EventBudget<ClusterId>
  /** Inside the transaction of the event. */
  readonly alert: (seq: number) => void
}

export class Audit {
  readonly #parts: AuditParts
  readonly #said = new SaidResults()
  #state: AuditState
  /** Of the master table that the machine knows. */
  #version = -1

  constructor(parts: AuditParts) {
    this.#parts = parts
    const { sql, genesis } = parts
    const stored = readMeta(sql, STANDING)
    const standing = stored === null ? null : (JSON.parse(stored) as StandingOrder)
    const clusters = genesis.clusters.map(({ cluster }) => cluster)
    this.#state = createAudit(clusters, auditPolicyOf(genesis), standing)
  }

  /** The order that has not ended. */
  get standing(): StandingOrder | null {
    return this.#state.standing
  }

  /** The authority has recorded the standing order, as far as this life of the directory knows. */
  get isTaken(): boolean {
    return this.#state.sentAt === null
  }

  /** Errors count against the master in office (NW5): the table is learned before anything that is said about its masters. */
  learnMasters(): readonly AuditStep[] {
    const { masters } = this.#parts
    const { version } = masters
    if (version === this.#version) return []
    this.#version = version
    return masters
      .all()
      .map((master) => this.#step({ input: { i: 'master', by: reporterOf(master), recovering: master.recovering } }))
  }

  /**
   * One verified input; what proves it goes into the event of a finding that it brings about. `notes` are events beside it.
   * Throws only on a broken invariant or a failing database: nothing is changed.
   */
  take(verified: Verified, notes: readonly object[] = []): readonly AuditStep[] {
    return [...this.learnMasters(), this.#step(verified, notes)]
  }

  #step({ input, evidence, statement }: Verified, notes: readonly object[] = []): AuditStep {
    const { sql, clock, budget } = this.#parts
    const now = clock.now()
    // Only lengths of time are measured with it, and none decides who is master.
    const done = step(this.#state, input, { now })
    const broken = brokenInvariants(this.#state, done)
    assert(broken.length === 0, broken.join('; '))
    if (input.i === 'report' && statement !== undefined) this.#said.keep(done.state, input, statement)
    const told = done.events.filter((event) => !isFinding(event) || budget.spend(event.by.cluster, now))
    const events = [
      ...this.#withEvidence(done.state, told, evidence),
      ...done.write.map(({ order }) => eventOf(order, this.#state.standing)),
      ...notes,
    ]
    if (events.length > 0 || done.write.length > 0) {
      sql.transaction(() => {
        for (const write of done.write) this.#write(write)
        for (const event of events) {
          const seq = appendEvent(sql, clock.wallNow(), event)
          if (isAlert(event)) this.#parts.alert(seq)
        }
      })
    }
    this.#state = done.state
    return done
  }

  /** Heights of one report rest on the same statements: they stand in the first event, and the others say which that is. */
  #withEvidence(state: AuditState, events: readonly AuditEvent[], given: object | undefined): readonly object[] {
    let shown: { readonly reports: readonly Jws[]; readonly in: object } | null = null
    return events.map((event) => {
      if (event.event !== 'result-mismatch' && event.event !== 'missed-votes') return withEvidence(event, given)
      const evidence = this.#said.behind(state, event)
      if (shown !== null && evidence.reports.every((statement) => shown?.reports.includes(statement))) {
        return withEvidence(event, { reportsIn: shown.in })
      }
      const at = event.event === 'result-mismatch' ? { height: event.height } : { upTo: event.upTo }
      shown ??= { reports: evidence.reports, in: { event: event.event, by: event.by, ...at } }
      return withEvidence(event, evidence)
    })
  }

  #write({ order }: AuditWrite): void {
    if (order === null) deleteMeta(this.#parts.sql, STANDING)
    else writeMeta(this.#parts.sql, STANDING, JSON.stringify(order))
  }
}

/** About one act or height: there may be many of them. */
type Finding = Extract<AuditEvent, { readonly by: { readonly cluster: ClusterId } }>

function isFinding(event: AuditEvent): event is Finding {
  return event.event !== 'threshold-passed' && event.event !== 'too-many-suspects'
}

function withEvidence(event: AuditEvent, evidence: object | undefined): object {
  if (isFinding(event)) return evidence === undefined ? event : { ...event, evidence }
  if (event.event !== 'too-many-suspects') return event
  const why = 'more than f clusters have passed the threshold of errors: no switch is ordered by itself'
  return { ...event, who: event.clusters.join(', '), why }
}

function isAlert(event: object): boolean {
  return 'event' in event && event.event === 'too-many-suspects'
}

function eventOf(order: StandingOrder | null, before: StandingOrder | null): object {
  return order === null ? { event: 'order-ended', ...before } : { event: 'order-given', ...order }
}
