/**
 * Refused attempts, counted by source (ID5). The limit bounds what a stranger can make the authority write, and tells it so; it never locks
 * out a node whose proof is right, for strangers may share an address with one.
 */
import type { ErrorCode } from '@baton/shared/errors'
import { LIMITS } from '@baton/shared/limits'
import type { Clock } from '@baton/shared/ports/clock'
import { type Failure, failure } from '@baton/shared/result'
import type { EventLog } from '../../adapters/event-log.ts'
import type { Sql } from '../../adapters/sql.ts'
import type { IdentityEvent } from './identity-events.ts'

export const ATTEMPT_TABLE =
  'CREATE TABLE attempts (source TEXT PRIMARY KEY, failures INTEGER NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID'

/** The row that counts for all sources together. */
const ALL = '*'

export class Attempts {
  readonly #sql: Sql
  readonly #clock: Clock
  readonly #events: EventLog

  constructor(sql: Sql, clock: Clock, events: EventLog) {
    this.#sql = sql
    this.#clock = clock
    this.#events = events
  }

  /** Records a refusal, as long as its source has not had too many; what to answer. */
  refused(source: string, event: IdentityEvent & { readonly code: ErrorCode }): Failure {
    const at = this.#clock.wallNow()
    return this.#sql.transaction(() => {
      const before = this.#failures(source, at)
      const recorded = this.#failures(ALL, at)
      if (before >= LIMITS.attemptsPerSource) {
        if (before === LIMITS.attemptsPerSource && recorded < LIMITS.attemptsRecorded) this.#limit(source, before, at)
        const minutes = Math.ceil(LIMITS.attemptWindowMs / 60_000)
        return failure('TOO_MANY_ATTEMPTS', `${event.why} (refused ${before} times within ${minutes} minutes)`)
      }
      if (recorded < LIMITS.attemptsRecorded) {
        this.#count(source, before + 1, at)
        this.#count(ALL, recorded + 1, at)
        this.#events.append(at, { ...event, evidence: { ...event.evidence, source } })
      }
      return failure(event.code, event.why)
    })
  }

  /** One event says that those which follow are not recorded. */
  #limit(source: string, failures: number, at: ReturnType<Clock['wallNow']>): void {
    this.#count(source, failures + 1, at)
    const event: IdentityEvent = {
      event: 'attempts-limited',
      who: source,
      why: `refused ${failures} times: further refusals in this window are not recorded`,
      code: 'TOO_MANY_ATTEMPTS',
      evidence: null,
    }
    this.#events.append(at, event)
  }

  #failures(source: string, at: number): number {
    type Row = { failures: number; since: number }
    const row = this.#sql.all<Row>('SELECT failures, since FROM attempts WHERE source = ?', source)[0]
    // A clock that was set back must not make a window endless.
    const open = row !== undefined && Math.abs(at - row.since) < LIMITS.attemptWindowMs
    return open ? row.failures : 0
  }

  #count(source: string, failures: number, at: number): void {
    this.#sql.run(
      `INSERT INTO attempts (source, failures, since) VALUES (?, ?, ?) ON CONFLICT (source) DO UPDATE SET
         since = CASE WHEN excluded.failures = 1 THEN excluded.since ELSE since END, failures = excluded.failures`,
      source,
      failures,
      at,
    )
    if (failures > 1) return
    this.#sql.run(
      'DELETE FROM attempts WHERE source IN (SELECT source FROM attempts ORDER BY since DESC LIMIT -1 OFFSET ?)',
      LIMITS.attemptSources,
    )
  }
}
