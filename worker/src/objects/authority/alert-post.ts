/**
 * Alerts on their way to the webhook. They are entered in the transaction of the event, so no crash loses one; they are
 * delivered beside everything else, a few times at most, and nothing waits for them.
 */
import type { AuthorityAlert } from '@baton/shared/core/registry/alerts'
import { LIMITS } from '@baton/shared/limits'
import { ALERT_SIGNATURE_HEADER, type AlertMessage, alertRetryMs, signAlert } from '@baton/shared/protocol/alert'
import type { Backstop } from '../../adapters/backstop.ts'
import type { Sql } from '../../adapters/sql.ts'
import type { AlertWebhook } from '../../env.ts'

export interface AlertPostParts {
  readonly sql: Sql
  readonly network: string
  /** Null: the sender is the network's directory. */
  readonly cluster: string | null
  /** Null: none is configured. */
  readonly webhook: AlertWebhook | null
  readonly backstop: Backstop
  readonly now: () => number
}

type Row = { seq: number; code: string; attempts: number; at: number; event: string }

export const ALERT_TABLE = `CREATE TABLE alerts (
  seq INTEGER PRIMARY KEY, code TEXT NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL
)`

export class AlertPost {
  readonly #parts: AlertPostParts
  #busy = false

  constructor(parts: AlertPostParts) {
    this.#parts = parts
  }

  /** Call inside the transaction that appends the event; null: it is no alert. */
  enter(seq: number, code: AuthorityAlert | null): void {
    const { sql, webhook, now } = this.#parts
    if (code === null || webhook === null) return
    sql.run('INSERT INTO alerts (seq, code, attempts, due) VALUES (?, ?, 0, ?)', seq, code, now())
    // The oldest have waited longest for a receiver that does not answer.
    sql.run(
      'DELETE FROM alerts WHERE seq NOT IN (SELECT seq FROM alerts ORDER BY seq DESC LIMIT ?)',
      LIMITS.alertsWaiting,
    )
  }

  /** Delivers what is due. Never rejects. */
  async deliver(): Promise<void> {
    const { webhook, sql } = this.#parts
    if (this.#busy || webhook === null) return
    if (this.#due() === null) return this.#wakeForNext()
    this.#busy = true
    // Were this life to end in the middle of an attempt, the alarm brings it back.
    this.#parts.backstop.wakeAt(this.#parts.now() + LIMITS.alertAttemptMs)
    try {
      for (let row = this.#due(); row !== null; row = this.#due()) {
        if (await this.#attempt(webhook, row)) sql.run('DELETE FROM alerts WHERE seq = ?', row.seq)
        else this.#postpone(row)
      }
    } catch (error) {
      console.error('alerts could not be delivered', error)
    } finally {
      this.#busy = false
    }
    this.#wakeForNext()
  }

  #wakeForNext(): void {
    const { sql } = this.#parts
    const next = sql.all<{ due: number | null }>('SELECT min(due) AS due FROM alerts')[0]?.due ?? null
    if (next !== null) this.#parts.backstop.wakeAt(next)
  }

  #due(): Row | null {
    const { sql, now } = this.#parts
    const query = `SELECT alerts.seq, code, attempts, at, event FROM alerts JOIN events ON events.seq = alerts.seq
      WHERE due <= ? ORDER BY alerts.seq LIMIT 1`
    return sql.all<Row>(query, now())[0] ?? null
  }

  #postpone({ seq, code, attempts }: Row): void {
    const { sql, now } = this.#parts
    const made = attempts + 1
    if (made >= LIMITS.alertAttempts) {
      console.error('the webhook has not taken an alert, it is given up', seq, code)
      sql.run('DELETE FROM alerts WHERE seq = ?', seq)
      return
    }
    sql.run('UPDATE alerts SET attempts = ?, due = ? WHERE seq = ?', made, now() + alertRetryMs(made), seq)
  }

  async #attempt({ url, secret }: AlertWebhook, { seq, code, at, event }: Row): Promise<boolean> {
    const { network, cluster } = this.#parts
    const { who, why } = JSON.parse(event) as { readonly who: string; readonly why: string }
    const message: AlertMessage = {
      format: 'baton-alert/1',
      id: cluster === null ? `${network}/${seq}` : `${network}/${cluster}/${seq}`,
      network,
      cluster,
      node: null,
      code: code as AuthorityAlert,
      raised: true,
      why: `${who}: ${why}`,
      at,
    }
    const body = JSON.stringify(message)
    try {
      const headers = { 'content-type': 'application/json', [ALERT_SIGNATURE_HEADER]: await signAlert(secret, body) }
      const signal = AbortSignal.timeout(LIMITS.alertAttemptMs)
      const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
      await answer.body?.cancel()
      return answer.ok
    } catch (error) {
      console.warn('the webhook was not reached', code, error)
      return false
    }
  }
}
