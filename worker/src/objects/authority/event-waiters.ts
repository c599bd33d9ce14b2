/** Pages of the event log, and the requests that wait for the next event (long poll): bounded in number and time. */
import type { ChainedEvent } from '@baton/shared/core/registry/event-chain'
import { LIMITS } from '@baton/shared/limits'
import { type Result, success } from '@baton/shared/result'
import { readEvents } from '../../adapters/event-log.ts'
import type { Sql } from '../../adapters/sql.ts'
import type { EventsQuery, OperatorCall } from '../authority-api.ts'

export class EventWaiters {
  readonly #sql: Sql
  readonly #admit: (call: OperatorCall) => Result<null>
  readonly #waiting = new Set<() => void>()

  constructor(sql: Sql, admit: (call: OperatorCall) => Result<null>) {
    this.#sql = sql
    this.#admit = admit
  }

  /** ID7: whoever waited is let in anew, for what woke it may be its own revocation. */
  async page({ after, limit, waitMs }: EventsQuery, caller: OperatorCall): Promise<Result<readonly ChainedEvent[]>> {
    const read = () => success(readEvents(this.#sql, after, limit))
    const known = read()
    if (known.value.length > 0 || waitMs === 0) return known
    await this.#wait(waitMs)
    const admitted = this.#admit(caller)
    return admitted.ok ? read() : admitted
  }

  /** Resolves with the next event, or after `ms`; at once when too many wait already. */
  #wait(ms: number): Promise<void> {
    if (ms <= 0 || this.#waiting.size >= LIMITS.eventWaiters) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, Math.min(ms, LIMITS.eventWaitMs))
      this.#waiting.add(done)
    })
  }

  wake(): void {
    for (const done of [...this.#waiting]) done()
  }
}
