/** What was sent and not yet answered on one session: requests by number, reports with the time of their sending. */
import type { Instant } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'
import type { ControlReply } from '@baton/shared/ports/control-link'
import { REPORTS_AWAITED, REQUEST_MS } from './constants.ts'
import { unreachable } from './http-answer.ts'

interface Asked {
  readonly resolve: (reply: ControlReply) => void
  readonly timer: NodeJS.Timeout
}

export class Awaited {
  readonly #clock: Clock
  readonly #requests = new Map<number, Asked>()
  readonly #reports = new Map<number, Instant>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves with the reply, or as UNREACHABLE when it does not come in time. */
  reply(request: number): Promise<ControlReply> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.answered(request, unreachable(`no answer within ${REQUEST_MS} ms`))
      }, REQUEST_MS)
      this.#requests.set(request, { resolve, timer })
    })
  }

  answered(request: number, reply: ControlReply): void {
    const asked = this.#requests.get(request)
    if (asked === undefined) return
    this.#requests.delete(request)
    clearTimeout(asked.timer)
    asked.resolve(reply)
  }

  reported(report: number): void {
    if (this.#reports.size >= REPORTS_AWAITED) this.#reports.delete(this.#reports.keys().next().value!)
    this.#reports.set(report, this.#clock.now())
  }

  /** When the report was sent; the reports before it are answered with it. Null for one that is not awaited. */
  heard(report: number): Instant | null {
    const sentAt = this.#reports.get(report) ?? null
    for (const older of this.#reports.keys()) if (older <= report) this.#reports.delete(older)
    return sentAt
  }

  /** How long the oldest report has been without an answer, in ms; 0 when none is. */
  unheardFor(): number {
    const oldest = this.#reports.values().next().value
    return oldest === undefined ? 0 : this.#clock.now() - oldest
  }

  /** The session is gone: nothing will be answered any more. */
  abandon(why: string): void {
    this.#reports.clear()
    for (const request of [...this.#requests.keys()]) this.answered(request, unreachable(why))
  }
}
